/* `zhiyin user add|list|deactivate|reset`: staff, where nobody can log in as an administrator. */
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/users.h"

typedef struct {
	CommandRun *run;
	Principal actor;
	const char *email;
	char id[37];
	char *token;
	gint64 n_records;
} Work;

/* The user with that address, of this organisation. */
static gboolean find_user(Db *db, Work *work, const char *email, char ret_id[37], GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(User) user = user_find_email(db, email, &failed);

	if (user && g_str_equal(user->org_id, work->actor.org_id)) {
		g_strlcpy(ret_id, user->id, 37);
		return TRUE;
	}
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "there is no user with the address '%s'", email);
	return FALSE;
}

static gboolean add(Db *db, gpointer data, GError **error)
{
	Work *work = data;
	NewUser fresh = {.email = work->email,
			 .name = command_text(work->run, "name"),
			 .role = command_text(work->run, "role"),
			 .language = command_text(work->run, "language")};

	if (!fresh.name)
		fresh.name = work->email;
	return user_invite(db, &work->actor, &fresh, work->id, &work->token, error);
}

static gboolean reset(Db *db, gpointer data, GError **error)
{
	Work *work = data;

	return find_user(db, work, work->email, work->id, error) &&
	       user_reset(db, &work->actor, work->id, command_flag(work->run, "totp"), &work->token,
			  error);
}

static gboolean deactivate(Db *db, gpointer data, GError **error)
{
	Work *work = data;
	const char *heir = command_text(work->run, "hand-over-to");
	char heir_id[37];

	return find_user(db, work, work->email, work->id, error) &&
	       (!heir || find_user(db, work, heir, heir_id, error)) &&
	       user_deactivate(db, &work->actor, work->id, heir ? heir_id : NULL, &work->n_records,
			       error);
}

static gboolean run_work(CommandRun *run, StoreWork function, Work *work, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);

	if (!store)
		return FALSE;
	*work = (Work){.run = run, .actor = principal_system(org_id), .email = run->arguments[0]};
	return store_write(store, function, work, error);
}

/* The link by which a password is set. */
static gboolean print_link(CommandRun *run, const Work *work, GError **error)
{
	const char *base = config_string(run->config, SETTING_PUBLIC_URL);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *link =
		g_strdup_printf("%s/console/welcome#%s", base ? base : "", work->token);
	JsonWriter w = json_writer(out);

	if (!run->json)
		return command_printf(run, error, "%s\n", link);
	json_object_begin(&w, NULL);
	json_put_string(&w, "id", work->id);
	json_put_string(&w, "email", work->email);
	json_put_string(&w, "token", work->token);
	json_put_string(&w, "link", link);
	json_put_int(&w, "expires_in_days", USER_LINK_DAYS);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean link_run(CommandRun *run, StoreWork function, GError **error)
{
	Work work = {0};
	gboolean done = run_work(run, function, &work, error) && print_link(run, &work, error);

	g_free(work.token);
	return done;
}

static gboolean user_add_run(CommandRun *run, GError **error)
{
	return link_run(run, add, error);
}

static gboolean user_reset_run(CommandRun *run, GError **error)
{
	return link_run(run, reset, error);
}

static gboolean user_deactivate_run(CommandRun *run, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	Work work;

	if (!run_work(run, deactivate, &work, error))
		return FALSE;
	if (!run->json)
		return TRUE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "id", work.id);
	json_put_int(&w, "handed_over", work.n_records);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean print_users(CommandRun *run, const json_t *page, GError **error)
{
	const json_t *items = json_object_get(page, "items");
	json_t *user;
	gsize i;

	json_array_foreach(items, i, user)
	{
		if (!command_printf(
			    run, error, "%s  %-11s  %-12s  %s  %s\n",
			    json_member_string(user, "id"), json_member_string(user, "state"),
			    json_member_string(user, "role"), json_member_string(user, "email"),
			    json_member_string(user, "name")))
			return FALSE;
	}
	return TRUE;
}

static gboolean user_list_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	g_autoptr(Db) db = store ? db_begin_read(store, error) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) page = NULL;

	if (!db || !user_list(db, org_id, out, error))
		return FALSE;
	if (run->json)
		return print_json(run, out, error);
	page = json_parse(out->str, out->len, error);
	return page && print_users(run, page, error);
}

static const Setting settings[] = {SETTING_DATA, SETTING_PUBLIC_URL, N_SETTINGS};
static const CommandOption add_options[] = {
	{.name = "name",
	 .kind = OPTION_TEXT,
	 .value_name = "NAME",
	 .help = "as colleagues see it; the address when not given"},
	{.name = "role",
	 .kind = OPTION_TEXT,
	 .value_name = "ROLE",
	 .fallback = "agent",
	 .help = "admin, manager, agent, read_only or one of your own"},
	{.name = "language",
	 .kind = OPTION_CHOICE,
	 .value_name = "zh|en",
	 .fallback = "zh",
	 .help = "of the console"},
	{0},
};
static const CommandOption reset_options[] = {
	{.name = "totp", .kind = OPTION_FLAG, .help = "turn the second factor off as well"},
	{0},
};
static const CommandOption deactivate_options[] = {
	{.name = "hand-over-to",
	 .kind = OPTION_TEXT,
	 .value_name = "EMAIL",
	 .help = "who gets the records; they stay as they are when not given"},
	{0},
};

#define LINK_DETAILS "The link sets a password, works once and for seven days. Hand it on yourself."

const Command command_user_add = {
	.name = "user add",
	.group = COMMAND_GROUP_SERVER,
	.summary = "Invite somebody; prints the link that sets the password.",
	.arguments = "EMAIL",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = add_options,
	.details = LINK_DETAILS,
	.example = "zhiyin user add mei@qimu.example --role manager --data data/demo",
	.run = user_add_run,
};

const Command command_user_list = {
	.name = "user list",
	.group = COMMAND_GROUP_SERVER,
	.summary = "List the staff with roles and states.",
	.arguments = "",
	.settings = settings,
	.example = "zhiyin user list --data data/demo",
	.run = user_list_run,
};

const Command command_user_deactivate = {
	.name = "user deactivate",
	.group = COMMAND_GROUP_SERVER,
	.summary = "Let somebody in no more; all sessions end.",
	.arguments = "EMAIL",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = deactivate_options,
	.example = "zhiyin user deactivate mei@qimu.example --data data/demo",
	.run = user_deactivate_run,
};

const Command command_user_reset = {
	.name = "user reset",
	.group = COMMAND_GROUP_SERVER,
	.summary = "Print a link that sets another password.",
	.arguments = "EMAIL",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = reset_options,
	.details = LINK_DETAILS,
	.example = "zhiyin user reset admin@qimu.example --data data/demo",
	.run = user_reset_run,
};
