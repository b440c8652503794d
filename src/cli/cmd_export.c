/* `zhiyin export`: records as a table that spreadsheets open without running anything. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/records.h"
#include "text/csv.h"

typedef struct {
	const Object *object;
	GString *buffer;
	CsvWriter writer;
	FILE *file;
	gint64 n_rows;
} Export;

static gboolean flush(Export *export, GError **error)
{
	if (fwrite(export->buffer->str, 1, export->buffer->len, export->file) ==
	    export->buffer->len) {
		g_string_truncate(export->buffer, 0);
		return TRUE;
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL, "could not write: %s",
		    g_strerror(errno));
	return FALSE;
}

static void put_header(Export *export)
{
	csv_put_text(&export->writer, "id");
	for (gsize i = 0; i < export->object->n_fields; i++)
		csv_put_text(&export->writer, export->object->fields[i].name);
	csv_put_text(&export->writer, "created_at");
	csv_put_text(&export->writer, "updated_at");
	csv_end_row(&export->writer);
}

static gboolean put_row(DbRows *rows, gpointer data, GError **error)
{
	Export *export = data;
	int n = (int)export->object->n_fields;
	char time[CLOCK_TEXT_LENGTH + 1];

	for (int i = 0; i <= n; i++)
		csv_put_text(&export->writer, db_text(rows, i));
	for (int i = n + 1; i <= n + 2; i++)
		csv_put_text(&export->writer, clock_format(db_int(rows, i), time));
	csv_end_row(&export->writer);
	export->n_rows++;
	return export->buffer->len < 65536 || flush(export, error);
}

static gboolean write_table(Export *export, Store *store, const char *org_id, GError **error)
{
	Principal actor = principal_system(org_id);
	g_autoptr(Db) db = db_begin_read(store, error);

	if (!db)
		return FALSE;
	put_header(export);
	return record_each(db, &actor, export->object, put_row, export, error) &&
	       flush(export, error);
}

static gboolean export_to(Export *export, CommandRun *run, const char *path, GError **error)
{
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	gboolean ok;

	if (!store)
		return FALSE;
	if (g_str_equal(path, "-")) {
		export->file = run->out;
		return write_table(export, store, org_id, error);
	}
	export->file = g_fopen(part, "wb");
	if (!export->file) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "%s: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	ok = write_table(export, store, org_id, error);
	ok = fclose(export->file) == 0 && ok;
	if (ok && g_rename(part, path) == 0)
		return TRUE;
	if (error && !*error)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL, "%s: %s", path,
			    g_strerror(errno));
	g_unlink(part);
	return FALSE;
}

static gboolean export_run(CommandRun *run, GError **error)
{
	g_autoptr(GString) buffer = g_string_new(
		"\xEF\xBB\xBF"); /* spreadsheets take a table without it for Latin text */
	Export export = {.object = object_find(run->arguments[0]),
			 .buffer = buffer,
			 .writer = {.out = buffer}};
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	const char *path = command_text(run, "out");

	if (!export.object) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "there is no object '%s' (expected contacts or articles)",
			    run->arguments[0]);
		return FALSE;
	}
	if (!export_to(&export, run, path, error))
		return FALSE;
	if (g_str_equal(path, "-"))
		return TRUE;
	if (!run->json)
		return command_printf(run, error, "%" G_GINT64_FORMAT " rows: %s\n", export.n_rows,
				      path);
	json_object_begin(&w, NULL);
	json_put_int(&w, "rows", export.n_rows);
	json_put_string(&w, "out", path);
	json_object_end(&w);
	return print_json(run, out, error);
}

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "format",
	 .kind = OPTION_CHOICE,
	 .value_name = "csv",
	 .fallback = "csv",
	 .help = "form of the table"},
	{.name = "out",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .fallback = "-",
	 .help = "where it goes; - is standard output"},
	{0},
};

const Command command_export = {
	.name = "export",
	.group = COMMAND_GROUP_RECORDS,
	.summary = "Write all records of an object as a table.",
	.arguments = "OBJECT",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = options,
	.details = "A cell that a spreadsheet would take for a formula gets a ' in front.",
	.example = "zhiyin export contacts --data data/demo --format csv --out contacts.csv",
	.run = export_run,
};
