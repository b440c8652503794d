/* `zhiyin export`: records as a table that spreadsheets open without running anything. */
#include <errno.h>
#include <glib/gstdio.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/export.h"
#include "crm/schema.h"

typedef struct {
	CommandRun *run;
	Store *store;
	Principal actor;
	const Object *object;
	ExportQuery query;
	gint64 n_rows;
} Export;

static gboolean write_table(Export *export, FILE *out, GError **error)
{
	const char *data = config_string(export->run->config, SETTING_DATA);
	g_autoptr(Db) db = db_begin_read(export->store, error);

	if (!db)
		return FALSE;
	export->object = schema_object(db, export->actor.org_id, export->run->arguments[0], NULL);
	if (export->object)
		return export_write(db, &export->actor, export->object, &export->query, data, out,
				    &export->n_rows, error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "there is no object '%s'",
		    export->run->arguments[0]);
	return FALSE;
}

/* A file that is there is replaced as a whole or not at all. */
static gboolean write_file(Export *export, const char *path, GError **error)
{
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	FILE *file = g_fopen(part, "wbe");
	gboolean ok;

	if (!file) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "%s: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	ok = write_table(export, file, error);
	ok = fclose(file) == 0 && ok;
	if (ok && g_rename(part, path) == 0)
		return TRUE;
	if (error && !*error)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL, "%s: %s", path,
			    g_strerror(errno));
	g_unlink(part);
	return FALSE;
}

static gboolean audit(Db *db, gpointer data, GError **error)
{
	const Export *export = data;

	return export_audit(db, &export->actor, export->object, &export->query, export->n_rows,
			    error);
}

static gboolean report(const Export *export, const char *path, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (g_str_equal(path, "-"))
		return TRUE;
	if (!export->run->json)
		return command_printf(export->run, error, "%" G_GINT64_FORMAT " rows: %s\n",
				      export->n_rows, path);
	json_object_begin(&w, NULL);
	json_put_int(&w, "rows", export->n_rows);
	json_put_string(&w, "out", path);
	json_object_end(&w);
	return print_json(export->run, out, error);
}

static gboolean export_run(CommandRun *run, GError **error)
{
	const char *path = command_text(run, "out");
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	Export export = {.run = run,
			 .store = store,
			 .query = {.format = command_text(run, "format"),
				   .filter = command_text(run, "filter"),
				   .q = command_text(run, "search"),
				   .order_by = command_text(run, "order-by"),
				   .fields = command_text(run, "fields")}};

	if (!store)
		return FALSE;
	export.actor = principal_system(org_id);
	return (g_str_equal(path, "-") ? write_table(&export, run->out, error)
				       : write_file(&export, path, error)) &&
	       store_write(store, audit, &export, error) && report(&export, path, error);
}

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "format",
	 .kind = OPTION_CHOICE,
	 .value_name = "csv|jsonl|xlsx",
	 .fallback = "csv",
	 .help = "form of the table"},
	{.name = "out",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .fallback = "-",
	 .help = "where it goes; - is standard output"},
	{.name = "filter",
	 .kind = OPTION_TEXT,
	 .value_name = "FILTER",
	 .help = "only these: company.industry = retail AND created_at > 2026-01-01"},
	{.name = "search",
	 .kind = OPTION_TEXT,
	 .value_name = "WORDS",
	 .help = "only those that hold these words, newest first"},
	{.name = "order-by",
	 .kind = OPTION_TEXT,
	 .value_name = "FIELD",
	 .help = "in this order; newest first when not given"},
	{.name = "fields",
	 .kind = OPTION_TEXT,
	 .value_name = "NAMES",
	 .help = "only these columns, comma-separated"},
	{0},
};

const Command command_export = {
	.name = "export",
	.group = COMMAND_GROUP_RECORDS,
	.summary = "Write records of an object as a table.",
	.arguments = "OBJECT",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = options,
	.details = "In CSV a cell that a spreadsheet would take for a formula gets a ' in front. "
		   "What is "
		   "exported can be imported.",
	.example = "zhiyin export contacts --data data/demo --format csv --out contacts.csv",
	.run = export_run,
};
