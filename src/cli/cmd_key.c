/* `zhiyin key create`: an API key for a program, shown once. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/users.h"

typedef struct {
	Principal actor;
	const char *name;
	guint scopes;
	char *key;
} NewKey;

static gboolean make_key(Db *db, gpointer data, GError **error)
{
	NewKey *fresh = data;

	return key_create(db, &fresh->actor, fresh->name, fresh->scopes, &fresh->key, error);
}

static gboolean key_create_run(CommandRun *run, GError **error)
{
	NewKey fresh = {.name = command_text(run, "name")};
	char org_id[37];
	g_autoptr(Store) store = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *key = NULL;
	JsonWriter w = json_writer(out);

	if (!scopes_parse(command_text(run, "scope"), &fresh.scopes, error))
		return FALSE;
	store = open_store(run, org_id, error);
	if (!store)
		return FALSE;
	fresh.actor = principal_system(org_id);
	if (!store_write(store, make_key, &fresh, error))
		return FALSE;
	key = fresh.key;
	if (!run->json)
		return command_printf(run, error, "%s\n", key);
	json_object_begin(&w, NULL);
	json_put_string(&w, "key", key);
	json_put_string(&w, "name", fresh.name);
	json_put_string(&w, "scope", command_text(run, "scope"));
	json_object_end(&w);
	return print_json(run, out, error);
}

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "name",
	 .kind = OPTION_TEXT,
	 .value_name = "NAME",
	 .fallback = "key",
	 .help = "what the key is for"},
	{.name = "scope",
	 .kind = OPTION_TEXT,
	 .value_name = "SCOPES",
	 .fallback = "all",
	 .help = "all, or some of read,write,admin,chat"},
	{0},
};

const Command command_key_create = {
	.name = "key create",
	.group = COMMAND_GROUP_SERVER,
	.summary = "Make an API key; it is shown once.",
	.arguments = "",
	.settings = settings,
	.options = options,
	.details = "Programs send it as Authorization: Bearer KEY. Only its hash is stored.",
	.example = "zhiyin key create --data data/demo --name website --scope read,chat",
	.run = key_create_run,
};
