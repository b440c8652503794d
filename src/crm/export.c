/* A format is a row of functions; a record comes as its JSON, which JSON Lines pass on as it is. */
#include "crm/export.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/records.h"
#include "text/csv.h"
#include "text/xlsx_write.h"

enum { FLUSH_BYTES = 65536 };

typedef struct Export Export;

typedef struct {
	const char *name, *media;
	gboolean (*begin)(Export *export, GError **error);
	gboolean (*put)(Export *export, const char *json, gsize n_bytes, GError **error);
	gboolean (*end)(Export *export, GError **error);
} Format;

struct Export {
	const Format *format;
	const Object *object;
	const char *folder;
	FILE *out;
	GString *buffer;
	CsvWriter csv;
	XlsxWriter *xlsx;
	char *xlsx_path;
	GPtrArray *columns; /* char *: names of members, "custom.level" */
	gint64 n_rows;
};

static gboolean flush(Export *export, GError **error)
{
	if (fwrite(export->buffer->str, 1, export->buffer->len, export->out) ==
	    export->buffer->len) {
		g_string_truncate(export->buffer, 0);
		return TRUE;
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL, "could not write: %s",
		    g_strerror(errno));
	return FALSE;
}

/* ---- columns --------------------------------------------------------------------------------------------------- */

static void add_column(Export *export, const char *name)
{
	g_ptr_array_add(export->columns, g_strdup(name));
}

static void all_columns(Export *export)
{
	const Object *object = export->object;
	gboolean invented = object->flags & OBJECT_INVENTED;

	add_column(export, "id");
	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		g_autofree char *inside = g_strconcat("custom.", field->name, NULL);

		if (!invented || !g_str_equal(field->name, "custom"))
			add_column(export,
				   field->flags & FIELD_CUSTOM && !invented ? inside : field->name);
	}
	add_column(export, "created_at");
	if (!(object->flags & OBJECT_LOG))
		add_column(export, "updated_at");
}

static void find_columns(Export *export, const char *fields)
{
	g_auto(GStrv) names = fields && *fields ? g_strsplit(fields, ",", -1) : NULL;

	for (char **name = names; name && *name; name++)
		add_column(export, g_strstrip(*name));
	if (!names)
		all_columns(export);
}

/* The member of a record; those of custom that have a column of their own leave it. */
static json_t *take_member(json_t *record, const char *column)
{
	json_t *custom = json_object_get(record, "custom"), *value;

	if (!g_str_has_prefix(column, "custom."))
		return json_incref(json_object_get(record, column));
	value = json_incref(json_object_get(custom, column + strlen("custom.")));
	json_object_del(custom, column + strlen("custom."));
	return value;
}

/* In the order of the columns; "custom" last, so that it holds what is left. The caller drops it. */
static json_t *row_of(const Export *export, json_t *record)
{
	json_t *row = json_array();
	int custom = -1;

	for (guint i = 0; i < export->columns->len; i++) {
		json_t *value = NULL;

		if (g_str_equal(export->columns->pdata[i], "custom"))
			custom = (int)i;
		else
			value = take_member(record, export->columns->pdata[i]);
		json_array_append_new(row, value ? value : json_null());
	}
	if (custom >= 0 && json_object_size(json_object_get(record, "custom")))
		json_array_set(row, (gsize)custom, json_object_get(record, "custom"));
	return row;
}

/* NULL for what has no text. The caller frees it. */
static char *cell_text(const json_t *value)
{
	if (json_is_null(value) || (json_is_array(value) && !json_array_size(value)))
		return NULL;
	if (json_is_string(value))
		return strdup(json_string_value(value));
	return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
}

/* ---- CSV ------------------------------------------------------------------------------------------------------- */

static gboolean csv_begin(Export *export, GError **error)
{
	(void)error;
	/* spreadsheets take a table without it for Latin text */
	g_string_append(export->buffer, "\xEF\xBB\xBF");
	export->csv.out = export->buffer;
	for (guint i = 0; i < export->columns->len; i++)
		csv_put_text(&export->csv, export->columns->pdata[i]);
	csv_end_row(&export->csv);
	return TRUE;
}

static gboolean csv_put(Export *export, const char *json, gsize n_bytes, GError **error)
{
	g_autoptr(json_t) record = json_parse(json, n_bytes, error);
	g_autoptr(json_t) row = record ? row_of(export, record) : NULL;
	gsize i;
	json_t *value;

	json_array_foreach(row, i, value)
	{
		char *text = cell_text(value);

		csv_put_text(&export->csv, text);
		free(text);
	}
	csv_end_row(&export->csv);
	return row != NULL;
}

static gboolean text_end(Export *export, GError **error)
{
	return flush(export, error);
}

/* ---- JSON Lines ------------------------------------------------------------------------------------------------ */

static gboolean jsonl_begin(Export *export, GError **error)
{
	(void)export;
	(void)error;
	return TRUE;
}

static gboolean jsonl_put(Export *export, const char *json, gsize n_bytes, GError **error)
{
	(void)error;
	g_string_append_len(export->buffer, json, (gssize)n_bytes);
	g_string_append_c(export->buffer, '\n');
	return TRUE;
}

/* ---- XLSX ------------------------------------------------------------------------------------------------------ */

static gboolean xlsx_begin(Export *export, GError **error)
{
	g_autofree char *path = g_build_filename(export->folder, ".export-XXXXXX", NULL);
	int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "%s: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	close(fd);
	export->xlsx_path = g_steal_pointer(&path);
	export->xlsx = xlsx_writer_new(export->xlsx_path, export->folder, error);
	for (guint i = 0; export->xlsx && i < export->columns->len; i++)
		if (!xlsx_put_text(export->xlsx, export->columns->pdata[i], error))
			return FALSE;
	if (export->xlsx)
		xlsx_end_row(export->xlsx);
	return export->xlsx != NULL;
}

static gboolean xlsx_put_cell(Export *export, const json_t *value, GError **error)
{
	char *text;
	gboolean ok;

	if (json_is_number(value))
		return xlsx_put_number(export->xlsx, json_number_value(value), error);
	if (json_is_boolean(value))
		return xlsx_put_boolean(export->xlsx, json_is_true(value), error);
	text = cell_text(value);
	ok = xlsx_put_text(export->xlsx, text, error);
	free(text);
	return ok;
}

static gboolean xlsx_put(Export *export, const char *json, gsize n_bytes, GError **error)
{
	g_autoptr(json_t) record = json_parse(json, n_bytes, error);
	g_autoptr(json_t) row = record ? row_of(export, record) : NULL;
	gsize i;
	json_t *value;

	json_array_foreach(row, i, value) if (!xlsx_put_cell(export, value, error)) return FALSE;
	xlsx_end_row(export->xlsx);
	return row != NULL;
}

static gboolean xlsx_end(Export *export, GError **error)
{
	FILE *file;
	gboolean ok = TRUE;

	if (!xlsx_finish(export->xlsx, error))
		return FALSE;
	file = g_fopen(export->xlsx_path, "rbe");
	if (!file) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "%s: %s",
			    export->xlsx_path, g_strerror(errno));
		return FALSE;
	}
	g_string_set_size(export->buffer, FLUSH_BYTES);
	do {
		g_string_set_size(export->buffer, FLUSH_BYTES);
		g_string_set_size(export->buffer, fread(export->buffer->str, 1, FLUSH_BYTES, file));
		if (!export->buffer->len)
			break;
		ok = flush(export, error);
	} while (ok);
	fclose(file);
	return ok;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static const Format formats[] = {
	{"csv", "text/csv; charset=utf-8", csv_begin, csv_put, text_end},
	{"jsonl", "application/x-ndjson", jsonl_begin, jsonl_put, text_end},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", xlsx_begin,
	 xlsx_put, xlsx_end},
};

static const Format *find_format(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(formats); i++)
		if (g_str_equal(formats[i].name, name))
			return &formats[i];
	return NULL;
}

const char *export_media(const char *format)
{
	const Format *found = find_format(format);

	return found ? found->media : NULL;
}

static gboolean put_record(const char *json, gsize n_bytes, gpointer data, GError **error)
{
	Export *export = data;

	export->n_rows++;
	return export->format->put(export, json, n_bytes, error) &&
	       (export->buffer->len < FLUSH_BYTES || flush(export, error));
}

static void export_clear(Export *export)
{
	xlsx_writer_free(export->xlsx);
	if (export->xlsx_path)
		g_unlink(export->xlsx_path);
	g_free(export->xlsx_path);
	g_string_free(export->buffer, TRUE);
	g_ptr_array_unref(export->columns);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Export, export_clear)

/* Only the members of custom that have columns are asked for as such: the view knows custom alone. */
static char *view_fields(const char *fields)
{
	g_auto(GStrv) names = fields && *fields ? g_strsplit(fields, ",", -1) : NULL;
	GString *view = names ? g_string_new(NULL) : NULL;

	for (char **name = names; name && *name; name++) {
		g_strstrip(*name);
		g_string_append_printf(view, "%s%s", view->len ? "," : "",
				       g_str_has_prefix(*name, "custom.") ? "custom" : *name);
	}
	return view ? g_string_free(view, FALSE) : NULL;
}

gboolean export_write(Db *db, const Principal *principal, const Object *object,
		      const ExportQuery *query, const char *folder, FILE *out, gint64 *ret_n_rows,
		      GError **error)
{
	g_auto(Export) export = {.format = find_format(query->format),
				 .object = object,
				 .folder = folder,
				 .out = out,
				 .buffer = g_string_sized_new(2 * FLUSH_BYTES),
				 .columns = g_ptr_array_new_with_free_func(g_free)};
	g_autofree char *fields = view_fields(query->fields);
	g_autoptr(RecordView) view = NULL;
	RecordQuery list = {.filter = query->filter, .order_by = query->order_by, .q = query->q};

	if (!export.format) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "format: expected csv, jsonl or xlsx");
		return FALSE;
	}
	view = record_view_new(db, principal, object, fields, NULL, error);
	if (!view)
		return FALSE;
	list.view = view;
	find_columns(&export, query->fields);
	if (!export.format->begin(&export, error) ||
	    !record_walk(db, principal, object, &list, put_record, &export, error) ||
	    !export.format->end(&export, error))
		return FALSE;
	if (ret_n_rows)
		*ret_n_rows = export.n_rows;
	return TRUE;
}

gboolean export_audit(Db *db, const Principal *principal, const Object *object,
		      const ExportQuery *query, gint64 n_rows, GError **error)
{
	g_autoptr(GString) detail = g_string_new(NULL);
	JsonWriter w = json_writer(detail);

	json_object_begin(&w, NULL);
	json_put_string(&w, "format", query->format);
	json_put_int(&w, "rows", n_rows);
	json_put_string(&w, "filter", query->filter);
	json_put_string(&w, "q", query->q);
	json_put_string(&w, "fields", query->fields);
	json_object_end(&w);
	return audit_add(db, principal, "export", object->plural, "*", detail->str, error);
}
