/* `zhiyin key create|list|revoke`: API keys for programs; a key is shown once. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/keys.h"

enum { DAY_MS = 86400000, DAYS_MAX = 36500, DATE_LENGTH = 10 };

/* ---- create ---------------------------------------------------------------------------------- */

typedef struct {
	Principal actor;
	NewKey fresh;
	char id[37];
	char *key;
} Making;

static gboolean make_key(Db *db, gpointer data, GError **error)
{
	Making *making = data;

	return key_create(db, &making->actor, &making->fresh, making->id, &making->key, error);
}

/* "90d": so many days from now; "2027-01-31": until the end of that day, UTC; or a time. */
static gboolean parse_end(const char *text, gint64 *ret_at, GError **error)
{
	g_autofree char *number = g_strndup(text, strlen(text) - (*text ? 1 : 0));
	g_autofree char *midnight = g_strconcat(text, "T00:00:00Z", NULL);
	gint64 days;

	if (g_str_has_suffix(text, "d") &&
	    g_ascii_string_to_signed(number, 10, 1, DAYS_MAX, &days, NULL)) {
		*ret_at = clock_now_ms() + days * DAY_MS;
		return TRUE;
	}
	if (strlen(text) == DATE_LENGTH && clock_parse(midnight, ret_at)) {
		*ret_at += DAY_MS;
		return TRUE;
	}
	if (clock_parse(text, ret_at))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
		    "--expires: expected days (90d), a date (2027-01-31) or a time "
		    "(2027-01-31T12:00:00Z), not '%s'",
		    text);
	return FALSE;
}

static gboolean print_new(CommandRun *run, const Making *making, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!run->json)
		return command_printf(run, error, "%s\n", making->key);
	json_object_begin(&w, NULL);
	json_put_string(&w, "key", making->key);
	json_put_string(&w, "id", making->id);
	json_put_string(&w, "name", making->fresh.name);
	json_put_string(&w, "scope", command_text(run, "scope"));
	json_put_time(&w, "expires_at", making->fresh.expires_at);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean key_create_run(CommandRun *run, GError **error)
{
	Making making = {.fresh = {.name = command_text(run, "name"),
				   .per_minute = (guint)command_int(run, "per-minute")}};
	const char *end = command_text(run, "expires");
	char org_id[37];
	g_autoptr(Store) store = NULL;
	g_autofree char *key = NULL;

	if (!scopes_parse(command_text(run, "scope"), &making.fresh.scopes, error) ||
	    (end && !parse_end(end, &making.fresh.expires_at, error)))
		return FALSE;
	store = open_store(run, org_id, error);
	if (!store)
		return FALSE;
	making.actor = principal_system(org_id);
	if (!store_write(store, make_key, &making, error))
		return FALSE;
	key = making.key;
	return print_new(run, &making, error);
}

/* ---- list ------------------------------------------------------------------------------------ */

typedef struct {
	CommandRun *run;
	JsonWriter w; /* of a list; with --json */
	GError *error;
} Listing;

static void put_key(const Key *key, const char *scopes, JsonWriter *w)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", key->id);
	json_put_string(w, "name", key->name);
	json_put_string(w, "scope", scopes);
	json_put_string(w, "state", key->state);
	json_put_time(w, "created_at", key->created_at);
	json_put_time(w, "expires_at", key->expires_at);
	json_put_time(w, "revoked_at", key->revoked_at);
	json_put_time(w, "used_at", key->used_at);
	json_put_int(w, "per_minute", key->per_minute);
	json_object_end(w);
}

static void list_key(const Key *key, gpointer data)
{
	Listing *listing = data;
	g_autofree char *scopes = scopes_text(key->scopes);
	char created[CLOCK_TEXT_LENGTH + 1],
		end[CLOCK_TEXT_LENGTH + 1] = "never", used[CLOCK_TEXT_LENGTH + 1] = "never";

	if (listing->run->json) {
		put_key(key, scopes, &listing->w);
		return;
	}
	if (key->expires_at)
		clock_format(key->expires_at, end);
	if (key->used_at)
		clock_format(key->used_at, used);
	if (!listing->error)
		command_printf(listing->run, &listing->error,
			       "%s  %-7s  %-16s  since %.10s  until %-16.16s  used %-16.16s  %s\n",
			       key->id, key->state, scopes, clock_format(key->created_at, created),
			       end, used, key->name);
}

static gboolean key_list_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	g_autoptr(Db) db = store ? db_begin_read(store, error) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	Listing listing = {.run = run, .w = json_writer(out)};

	if (!db)
		return FALSE;
	json_object_begin(&listing.w, NULL);
	json_array_begin(&listing.w, "keys");
	if (!key_each(db, org_id, list_key, &listing, error))
		return FALSE;
	json_array_end(&listing.w);
	json_object_end(&listing.w);
	if (listing.error) {
		g_propagate_error(error, listing.error);
		return FALSE;
	}
	return !run->json || print_json(run, out, error);
}

/* ---- revoke ---------------------------------------------------------------------------------- */

typedef struct {
	Principal actor;
	char *const *ids;
} Revoking;

/* All or none. */
static gboolean revoke_keys(Db *db, gpointer data, GError **error)
{
	const Revoking *revoking = data;

	for (gsize i = 0; revoking->ids[i]; i++)
		if (!key_revoke(db, &revoking->actor, revoking->ids[i], error))
			return FALSE;
	return TRUE;
}

static gboolean key_revoke_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	Revoking revoking = {.ids = run->arguments};

	if (!store)
		return FALSE;
	revoking.actor = principal_system(org_id);
	if (!store_write(store, revoke_keys, &revoking, error))
		return FALSE;
	if (!run->json)
		return TRUE;
	json_object_begin(&w, NULL);
	json_put_int(&w, "revoked", run->n_arguments);
	json_object_end(&w);
	return print_json(run, out, error);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};
static const CommandOption create_options[] = {
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
	{.name = "expires",
	 .kind = OPTION_TEXT,
	 .value_name = "WHEN",
	 .help = "90d, or 2027-01-31: until the end of that day (UTC); never when not given"},
	{.name = "per-minute",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "0",
	 .min = 0,
	 .max = 1000000,
	 .help = "requests that it may make in a minute; 0 = no limit"},
	{0},
};

const Command command_key_create = {
	.name = "key create",
	.group = COMMAND_GROUP_SERVER,
	.summary = "Make an API key; it is shown once.",
	.arguments = "",
	.settings = settings,
	.options = create_options,
	.details = "Programs send it as Authorization: Bearer KEY. Only its hash is stored.",
	.example = "zhiyin key create --data data/demo --name website --scope read,chat --expires "
		   "90d",
	.run = key_create_run,
};

const Command command_key_list = {
	.name = "key list",
	.group = COMMAND_GROUP_SERVER,
	.summary = "List the API keys, never the secrets.",
	.arguments = "",
	.settings = settings,
	.example = "zhiyin key list --data data/demo",
	.run = key_list_run,
};

const Command command_key_revoke = {
	.name = "key revoke",
	.group = COMMAND_GROUP_SERVER,
	.summary = "Revoke API keys by their ids; they open nothing from now on.",
	.arguments = "ID...",
	.min_arguments = 1,
	.max_arguments = G_MAXUINT,
	.settings = settings,
	.example = "zhiyin key revoke 01997cbb-5a5e-7000-8000-000000000000 --data data/demo",
	.run = key_revoke_run,
};
