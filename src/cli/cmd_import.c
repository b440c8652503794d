/* `zhiyin import`: a table into records, in this process; taking it back; what was imported. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "crm/imports.h"

/* ---- options --------------------------------------------------------------------------------------------------- */

/* COLUMN=TARGET, parted at the last sign: targets hold none. */
static gboolean read_map(const CommandRun *run, json_t *map, GError **error)
{
	const char *const *given = command_list(run, "map");

	for (; *given; given++) {
		const char *sign = strrchr(*given, '=');
		g_autofree char *column = sign ? g_strndup(*given, (gsize)(sign - *given)) : NULL;

		if (!sign || !*column) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "--map %s: expected COLUMN=FIELD", *given);
			return FALSE;
		}
		json_object_set_new(map, column, json_string(sign + 1));
	}
	return TRUE;
}

static json_t *read_options(const CommandRun *run, GError **error)
{
	const char *group_by = command_text(run, "group-by");
	g_autoptr(json_t) options = json_pack(
		"{s:s, s:b, s:b}", "on_duplicate", command_text(run, "on-duplicate"), "strict",
		command_flag(run, "strict"), "create_related", command_flag(run, "create-related"));
	json_t *map = json_object();

	json_object_set_new(options, "map", map);
	if (group_by)
		json_object_set_new(options, "group_by", json_string(group_by));
	return read_map(run, map, error) ? g_steal_pointer(&options) : NULL;
}

/* ---- import ---------------------------------------------------------------------------------------------------- */

typedef struct {
	CommandRun *run;
	Imports imports;
	Progress *progress;
	char id[37];
} Importing;

static gboolean show_progress(gint64 n_done, gint64 n_rows, gpointer data, GError **error)
{
	Importing *importing = data;

	(void)error;
	if (!importing->progress)
		importing->progress =
			progress_new("importing", "rows", (guint64)n_rows, importing->run->quiet);
	progress_set(importing->progress, (guint64)n_done);
	return TRUE;
}

static int open_table(const char *path, GError **error)
{
	int fd = g_str_equal(path, "-") ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		g_set_error(error, ZHIYIN_ERROR,
			    errno == ENOENT ? ZHIYIN_ERROR_NOT_FOUND : ZHIYIN_ERROR_FORBIDDEN,
			    "%s: %s", path, g_strerror(errno));
	return fd;
}

/* The same command after a kill goes on with what it had begun. */
static gboolean take(Importing *importing, const json_t *options, GError **error)
{
	const char *path = importing->run->arguments[1];
	ImportSource source = {.name = g_str_equal(path, "-") ? "standard input" : path,
			       .fd = open_table(path, error)};
	char begun[37];
	gboolean ok;

	if (source.fd < 0)
		return FALSE;
	ok = import_take(&importing->imports, importing->run->arguments[0], &source, options,
			 importing->id, error) &&
	     import_find_begun(&importing->imports, importing->id, begun, error);
	if (source.fd > STDIN_FILENO)
		close(source.fd);
	if (!ok || !*begun)
		return ok;
	command_note(importing->run, "goes on with import %s", begun);
	ok = import_drop(&importing->imports, importing->id, error);
	g_strlcpy(importing->id, begun, sizeof(importing->id));
	return ok;
}

static gboolean import_all(Importing *importing, GString *out, GError **error)
{
	Imports *imports = &importing->imports;
	g_autoptr(Db) db = NULL;

	if (!import_run(imports, importing->id, show_progress, importing, error))
		return FALSE;
	db = db_begin_read(imports->store, error);
	return db && import_put(db, imports->actor, importing->id, TRUE, out, error);
}

static gboolean try_all(Importing *importing, GString *out, GError **error)
{
	gboolean ok = import_try(&importing->imports, importing->id, show_progress, importing, out,
				 error);

	import_drop(&importing->imports, importing->id, NULL);
	return ok;
}

static void note_faults(const CommandRun *run, const json_t *result)
{
	const json_t *errors = json_object_get(result, "errors");
	gsize i;
	json_t *fault;

	json_array_foreach(errors, i, fault)
	{
		const char *column = json_member_string(fault, "column");

		if (i == 20) {
			command_note(run, "… (--json lists the first 1,000)");
			return;
		}
		command_note(run, "%s:%" JSON_INTEGER_FORMAT ": %s%s%s", run->arguments[1],
			     json_integer_value(json_object_get(fault, "line")),
			     column ? column : "", column ? " " : "",
			     json_member_string(fault, "message"));
	}
}

static gint64 count_of(const json_t *result, const char *name)
{
	return json_integer_value(json_object_get(result, name));
}

static gboolean report(CommandRun *run, GString *out, double seconds, GError **error)
{
	g_autoptr(json_t) result = json_parse(out->str, out->len, error);
	g_autofree char *text = NULL;

	if (!result)
		return FALSE;
	json_object_set_new(result, "seconds", json_real(seconds));
	if (command_flag(run, "dry-run"))
		json_object_set_new(result, "import_id", json_null());
	if (run->json) {
		text = json_dumps(result, JSON_COMPACT | JSON_REAL_PRECISION(6));
		return command_printf(run, error, "%s\n", text);
	}
	note_faults(run, result);
	return command_printf(
		run, error,
		"%" G_GINT64_FORMAT " rows: %" G_GINT64_FORMAT " created, %" G_GINT64_FORMAT
		" updated, %" G_GINT64_FORMAT " skipped, %" G_GINT64_FORMAT
		" failed; %s %s (%.2f s)\n",
		count_of(result, "rows"), count_of(result, "created"), count_of(result, "updated"),
		count_of(result, "skipped"), count_of(result, "failed"),
		command_flag(run, "dry-run") ? "nothing was stored" : "import",
		command_flag(run, "dry-run") ? "" : json_member_string(result, "import_id"),
		seconds);
}

static gboolean import_command_run(CommandRun *run, GError **error)
{
	gint64 begun = clock_monotonic_us();
	g_autoptr(json_t) options = read_options(run, error);
	g_autoptr(GString) out = g_string_new(NULL);
	char org_id[37];
	g_autoptr(Store) store = options ? open_store(run, org_id, error) : NULL;
	Principal actor;
	Importing importing = {.run = run};
	gboolean ok;

	if (!store)
		return FALSE;
	actor = principal_system(org_id);
	importing.imports = (Imports){store, config_string(run->config, SETTING_DATA), &actor};
	if (!take(&importing, options, error))
		return FALSE;
	ok = command_flag(run, "dry-run") ? try_all(&importing, out, error)
					  : import_all(&importing, out, error);
	progress_free(importing.progress);
	if (!ok) /* what has begun stays, to be gone on with */
		import_drop(&importing.imports, importing.id, NULL);
	return ok &&
	       report(run, out, (double)(clock_monotonic_us() - begun) / G_USEC_PER_SEC, error);
}

/* ---- revert, list, show ---------------------------------------------------------------------------------------- */

static gboolean show_reverted(gint64 n_done, gint64 n_rows, gpointer data, GError **error)
{
	Importing *importing = data;

	(void)error;
	if (!importing->progress)
		importing->progress = progress_new("taking back", "records", (guint64)n_rows,
						   importing->run->quiet);
	progress_set(importing->progress, (guint64)n_done);
	return TRUE;
}

static gboolean print_import(CommandRun *run, Store *store, const char *org_id, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) import = NULL;
	Principal actor = principal_system(org_id);

	if (!db || !import_put(db, &actor, run->arguments[0], TRUE, out, error))
		return FALSE;
	if (run->json)
		return print_json(run, out, error);
	import = json_parse(out->str, out->len, error);
	return import && command_printf(run, error,
					"%s  %s  %s  %s: %" G_GINT64_FORMAT
					" rows, %" G_GINT64_FORMAT " created, %" G_GINT64_FORMAT
					" updated, %" G_GINT64_FORMAT " failed, %" G_GINT64_FORMAT
					" taken back, %" G_GINT64_FORMAT " kept\n",
					run->arguments[0], json_member_string(import, "state"),
					json_member_string(import, "object"),
					json_member_string(import, "file_name"),
					count_of(import, "rows"), count_of(import, "created"),
					count_of(import, "updated"), count_of(import, "failed"),
					count_of(import, "reverted"), count_of(import, "kept"));
}

static gboolean revert_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	Principal actor;
	Importing importing = {.run = run};
	gboolean ok;

	if (!store)
		return FALSE;
	actor = principal_system(org_id);
	importing.imports = (Imports){store, config_string(run->config, SETTING_DATA), &actor};
	ok = import_revert(&importing.imports, run->arguments[0], show_reverted, &importing, error);
	progress_free(importing.progress);
	return ok && print_import(run, store, org_id, error);
}

static gboolean show_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);

	return store && print_import(run, store, org_id, error);
}

static gboolean list_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	g_autoptr(Db) db = store ? db_begin_read(store, error) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) list = NULL;
	gsize i;
	json_t *import;
	Principal actor = principal_system(db ? org_id : "");

	if (!db || !import_list(db, &actor, 1000, NULL, out, error))
		return FALSE;
	if (run->json)
		return print_json(run, out, error);
	list = json_parse(out->str, out->len, error);
	json_array_foreach(json_object_get(list, "items"), i, import)
	{
		if (!command_printf(run, error, "%s  %-9s  %-10s  %8" G_GINT64_FORMAT "  %s\n",
				    json_member_string(import, "id"),
				    json_member_string(import, "state"),
				    json_member_string(import, "object"), count_of(import, "rows"),
				    json_member_string(import, "file_name")))
			return FALSE;
	}
	if (list && !i)
		command_note(run, "there is no import yet (zhiyin import OBJECT FILE begins one)");
	return list != NULL;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "map",
	 .kind = OPTION_LIST,
	 .value_name = "COLUMN=FIELD",
	 .help = "what a column means: a field, RELATION.FIELD, custom.NAME, items.quantity, or "
		 "nothing to leave it out"},
	{.name = "on-duplicate",
	 .kind = OPTION_CHOICE,
	 .value_name = "skip|update|create",
	 .fallback = "skip",
	 .help = "what to do with a record that is there already"},
	{.name = "create-related",
	 .kind = OPTION_FLAG,
	 .help = "make related records that are not there"},
	{.name = "group-by",
	 .kind = OPTION_TEXT,
	 .value_name = "COLUMN",
	 .help = "rows with the same value are one record, each a line of it"},
	{.name = "strict",
	 .kind = OPTION_FLAG,
	 .help = "all rows or none, and no column without a meaning"},
	{.name = "dry-run", .kind = OPTION_FLAG, .help = "say what would be done, store nothing"},
	{0},
};

const Command command_import = {
	.name = "import",
	.group = COMMAND_GROUP_RECORDS,
	.summary = "Import a table (CSV, XLSX, JSON Lines, vCard) as records of an object.",
	.arguments = "OBJECT FILE",
	.min_arguments = 2,
	.max_arguments = 2,
	.settings = settings,
	.options = options,
	.details =
		"Columns are known by their names and by what stands in them. Doubles are found by "
		"e-mail, then phone (people), domain, then name (companies), and unique fields. "
		"Faulty rows are left out and listed. A command that was killed goes on when it "
		"is given again. - is standard input.",
	.example = "zhiyin import contacts people.csv --data data/demo --map firm=company.name",
	.run = import_command_run,
};

const Command command_import_revert = {
	.name = "import revert",
	.group = COMMAND_GROUP_RECORDS,
	.summary = "Take an import back, but for records that were changed since.",
	.arguments = "ID",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.example = "zhiyin import revert 01997cbb-5a5e-7000-8000-000000000000 --data data/demo",
	.run = revert_run,
};

const Command command_import_list = {
	.name = "import list",
	.group = COMMAND_GROUP_RECORDS,
	.summary = "List the imports, newest first.",
	.arguments = "",
	.settings = settings,
	.example = "zhiyin import list --data data/demo",
	.run = list_run,
};

const Command command_import_show = {
	.name = "import show",
	.group = COMMAND_GROUP_RECORDS,
	.summary = "Show how an import went, with its faulty rows.",
	.arguments = "ID",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.example = "zhiyin import show 01997cbb-5a5e-7000-8000-000000000000 --data data/demo",
	.run = show_run,
};
