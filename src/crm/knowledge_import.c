/* Reading and storing alternate in batches, so that a file of any length needs little memory and
 * short transactions. */
#include "crm/knowledge_import.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "crm/records.h"
#include "text/csv.h"
#include "text/input.h"
#include "text/markdown.h"
#include "text/normalise.h"

enum {
	BATCH = 64,
	STEP = 16,
	MAX_FAULTS = 100,
	TITLE_MAX_CHARS = 500,
	DOCUMENT_MAX_BYTES = 8 * 1024 * 1024,
	PIPE_MAX_BYTES = 256 * 1024 * 1024
};

void knowledge_import_clear(KnowledgeImport *import)
{
	g_clear_pointer(&import->faults, g_ptr_array_unref);
}

/* ---- storing ------------------------------------------------------------------------------------------------- */

typedef struct {
	const Principal *actor;
	const char *name;   /* of the file, for messages */
	const char *source; /* its base name, stored with the articles */
	KnowledgeImport *import;
	GPtrArray *fields; /* json_t: articles of this batch */
	guint64 lines[BATCH];
	guint n_stored;
	guint first_fault;   /* of this file among the import's */
	GArray *fault_lines; /* guint64: of the faults from there on */
} Batch;

/* Rows are read ahead of those that are stored, so a fault takes its place among the later ones. */
static void add_fault(Batch *batch, guint64 line, guint64 column, const char *message)
{
	GPtrArray *faults = batch->import->faults;
	guint at = batch->fault_lines->len;

	batch->import->n_failed++;
	while (at && g_array_index(batch->fault_lines, guint64, at - 1) > line)
		at--;
	if (batch->first_fault + at >= MAX_FAULTS)
		return;
	g_array_insert_val(batch->fault_lines, at, line);
	g_ptr_array_insert(faults, (int)(batch->first_fault + at),
			   g_strdup_printf("%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ": %s",
					   batch->name, line, column, message));
	if (faults->len > MAX_FAULTS)
		g_ptr_array_set_size(faults, MAX_FAULTS);
}

/* What a file says of an article, besides its title. */
static const char *const compared[] = {"body", "category", "url", "language"};

/* A language that the file does not name was found in the text, or set by staff. */
static gboolean same_value(const json_t *fields, const char *name, const char *stored)
{
	const char *given = json_member_string(fields, name);

	return g_strcmp0(given, stored) == 0 || (!given && g_str_equal(name, "language"));
}

/* The article of the same source and title: its id, and whether nothing changed. */
static gboolean article_find(Db *db, const Principal *actor, const json_t *fields, char ret_id[37],
			     gboolean *ret_same, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT id, body, category, url, language FROM articles WHERE org_id = $1 "
			 "AND title "
			 "= $2 AND source = $3 AND "
			 "deleted_at IS NULL LIMIT 1",
			 error, "sss", actor->org_id, json_member_string(fields, "title"),
			 json_member_string(fields, "source"));

	if (!rows)
		return FALSE;
	*ret_id = '\0';
	*ret_same = FALSE;
	if (db_next(rows, &failed)) {
		g_strlcpy(ret_id, db_text(rows, 0), 37);
		*ret_same = TRUE;
		for (int i = 0; i < (int)G_N_ELEMENTS(compared); i++)
			*ret_same &= same_value(fields, compared[i], db_text(rows, i + 1));
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* What the file no longer says of an article goes. */
static void clear_missing(json_t *fields)
{
	static const char *const names[] = {"category", "url"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (!json_object_get(fields, names[i]))
			json_object_set_new(fields, names[i], json_null());
}

static gboolean article_store(Db *db, Batch *batch, json_t *fields, GError **error)
{
	char id[37];
	gboolean same;

	if (!article_find(db, batch->actor, fields, id, &same, error))
		return FALSE;
	if (same) {
		batch->import->n_unchanged++;
		return TRUE;
	}
	if (*id) {
		batch->import->n_updated++;
		clear_missing(fields);
		return record_patch(db, batch->actor, &OBJECT_ARTICLE, id, fields, NULL, NULL,
				    error);
	}
	batch->import->n_created++;
	return record_create(db, batch->actor, &OBJECT_ARTICLE, fields, id, NULL, error);
}

static gboolean is_row_fault(const GError *error)
{
	return g_error_matches(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE) ||
	       g_error_matches(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
}

/* Validation fails before anything is written, so a faulty row leaves nothing behind and its
 * neighbours stay. */
static BulkStep batch_step(Db *db, gpointer data, GError **error)
{
	Batch *batch = data;

	for (int i = 0; i < STEP && batch->n_stored < batch->fields->len; i++, batch->n_stored++) {
		g_autoptr(GError) failed = NULL;
		KnowledgeImport before = *batch->import;

		if (article_store(db, batch, g_ptr_array_index(batch->fields, batch->n_stored),
				  &failed))
			continue;
		if (!is_row_fault(failed)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return BULK_FAILED;
		}
		*batch->import = before;
		add_fault(batch, batch->lines[batch->n_stored], 1, failed->message);
	}
	return batch->n_stored < batch->fields->len ? BULK_MORE : BULK_DONE;
}

static void batch_add(Batch *batch, json_t *fields, guint64 line)
{
	json_object_set_new(fields, "source", json_string(batch->source));
	batch->lines[batch->fields->len] = line;
	g_ptr_array_add(batch->fields, fields);
}

static gboolean batch_flush(Store *store, Batch *batch, GError **error)
{
	gboolean ok = !batch->fields->len || store_write_bulk(store, batch_step, batch, error);

	g_ptr_array_set_size(batch->fields, 0);
	batch->n_stored = 0;
	return ok;
}

static void json_free(gpointer json)
{
	json_decref(json);
}

/* ---- FAQ tables ---------------------------------------------------------------------------------------------- */

typedef struct {
	int question, answer, category, url, language;
} FaqColumns;

static int find_any(const CsvReader *reader, const char *names)
{
	g_auto(GStrv) list = g_strsplit(names, "|", -1);

	for (char **name = list; *name; name++)
		if (csv_find(reader, *name) >= 0)
			return csv_find(reader, *name);
	return -1;
}

static gboolean faq_columns(const CsvReader *reader, const char *name, FaqColumns *columns,
			    GError **error)
{
	*columns = (FaqColumns){.question = find_any(reader, "question|title|问题|标题|q"),
				.answer = find_any(reader, "answer|body|答案|回答|a"),
				.category = find_any(reader, "category|分类|类别"),
				.url = find_any(reader, "url|链接|网址"),
				.language = find_any(reader, "language|语言")};
	if (columns->question >= 0 && columns->answer >= 0)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s:1:1: an FAQ table needs the columns question and answer (category and url "
		    "if you like)",
		    name);
	return FALSE;
}

/* Cells lose the white space around them, as the stored fields do: else a file would differ from what
 * it has made. */
static void set_cell(json_t *fields, const char *name, const CsvReader *reader, int column)
{
	const char *cell = column >= 0 ? csv_cell(reader, (guint)column, NULL) : "";
	g_autofree char *text = g_strstrip(g_strdup(csv_unguard(cell)));

	if (*text)
		json_object_set_new(fields, name, json_string(text));
}

static json_t *faq_fields(const CsvReader *reader, const FaqColumns *columns)
{
	json_t *fields = json_object();

	json_object_set_new(fields, "kind", json_string("faq"));
	set_cell(fields, "title", reader, columns->question);
	set_cell(fields, "body", reader, columns->answer);
	set_cell(fields, "category", reader, columns->category);
	set_cell(fields, "url", reader, columns->url);
	set_cell(fields, "language", reader, columns->language);
	return fields;
}

/* A question may stand in a table once: the second one would overwrite the first. */
static void add_row(Batch *batch, GHashTable *seen, const CsvReader *reader,
		    const FaqColumns *columns)
{
	g_autoptr(json_t) fields = faq_fields(reader, columns);
	const char *title = json_member_string(fields, "title");
	guint64 line = csv_line(reader);
	const guint64 *first = title ? g_hash_table_lookup(seen, title) : NULL;

	if (first) {
		g_autofree char *fault = g_strdup_printf(
			"the same question stands in line %" G_GUINT64_FORMAT, *first);

		add_fault(batch, line, csv_cell_column(reader, (guint)columns->question), fault);
		return;
	}
	if (title)
		g_hash_table_insert(seen, g_strdup(title), g_memdup2(&line, sizeof(line)));
	batch_add(batch, g_steal_pointer(&fields), line);
}

static gboolean import_faq(Store *store, Input *input, Batch *batch,
			   KnowledgeImportProgress progress, gpointer data, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(CsvReader) reader = csv_open(input, NULL, error);
	FaqColumns columns;
	CsvStep step;

	if (!reader || !faq_columns(reader, batch->name, &columns, error))
		return FALSE;
	while ((step = csv_next(reader, error)) != CSV_END) {
		const CsvFault *fault = csv_fault(reader);

		if (step == CSV_FAILED)
			return FALSE;
		batch->import->n_rows++;
		if (step == CSV_BAD_ROW)
			add_fault(batch, fault->line, fault->column, fault->message);
		else
			add_row(batch, seen, reader, &columns);
		if (batch->fields->len == BATCH && !batch_flush(store, batch, error))
			return FALSE;
		if (progress && batch->import->n_rows % BATCH == 0)
			progress(batch->import->n_rows, data);
	}
	return batch_flush(store, batch, error);
}

/* ---- documents ------------------------------------------------------------------------------- */

/* The text of a document; NULL with INVALID when nothing stands in it. */
static char *document_text(Input *input, const char *name, GError **error)
{
	g_autofree char *text = input_load_rest(input, NULL, error);
	g_autofree char *clean = text ? text_clean(text, -1) : NULL;

	if (!clean || clean[strspn(clean, " \t\r\n")])
		return g_steal_pointer(&clean);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s:1:1: the file is empty, expected a text", name);
	return NULL;
}

static gboolean import_document(Store *store, Input *input, Batch *batch, GError **error)
{
	g_autofree char *text = document_text(input, batch->name, error);
	g_autofree char *heading = NULL, *title = NULL;
	json_t *fields;

	if (!text)
		return FALSE;
	batch->import->n_rows++;
	heading = markdown_title(text, batch->source);
	title = g_utf8_substring(heading, 0, MIN(g_utf8_strlen(heading, -1), TITLE_MAX_CHARS));
	fields = json_object();
	json_object_set_new(fields, "kind", json_string("document"));
	json_object_set_new(fields, "title", json_string(g_strstrip(title)));
	json_object_set_new(fields, "body", json_string(text));
	batch_add(batch, fields, 1);
	return batch_flush(store, batch, error);
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Where a file's text comes from; it can be opened again and again, since a file is read once to see
 * whether it is whole, and then to store it. */
typedef struct {
	const char *name, *path;
	const char *text; /* NULL: read from path */
	gsize n_bytes;
	char *loaded; /* owns text where it was read from what can be read once only */
} Source;

static void source_free(Source *source)
{
	g_free(source->loaded);
	g_free(source);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)

static Source *source_new(const char *path, GError **error)
{
	g_autoptr(Source) source = g_new0(Source, 1);
	gboolean standard_input = g_str_equal(path, "-");

	*source = (Source){.name = standard_input ? "standard input" : path, .path = path};
	if (!standard_input &&
	    (g_file_test(path, G_FILE_TEST_IS_REGULAR) || !g_file_test(path, G_FILE_TEST_EXISTS)))
		return g_steal_pointer(&source);
	source->loaded = input_load(path, PIPE_MAX_BYTES, &source->n_bytes, error);
	source->text = source->loaded;
	return source->loaded ? g_steal_pointer(&source) : NULL;
}

static Input *source_open(const Source *source, guint64 max_bytes, GError **error)
{
	return source->text
		       ? input_new_bytes(source->name, source->text, source->n_bytes, max_bytes)
		       : input_open(source->path, max_bytes, error);
}

static gboolean name_ends(const char *name, const char *endings)
{
	g_autofree char *plain = g_ascii_strdown(name, -1);
	g_auto(GStrv) list = g_strsplit(endings, "|", -1);

	if (g_str_has_suffix(plain, ".gz"))
		plain[strlen(plain) - 3] = '\0';
	for (char **ending = list; *ending; ending++)
		if (g_str_has_suffix(plain, *ending))
			return TRUE;
	return FALSE;
}

/* Standard input has no name to tell by: a header with a question or an answer makes a table. */
static gboolean has_faq_header(const Source *source)
{
	g_autoptr(Input) input = source_open(source, 0, NULL);
	g_autoptr(CsvReader) reader = input ? csv_open(input, NULL, NULL) : NULL;
	FaqColumns columns;

	if (!reader)
		return FALSE;
	faq_columns(reader, source->name, &columns, NULL);
	return columns.question >= 0 || columns.answer >= 0;
}

/* Reads the whole table without storing anything. */
static gboolean check_table(const Source *source, GError **error)
{
	g_autoptr(Input) input = source_open(source, 0, error);
	g_autoptr(CsvReader) reader = input ? csv_open(input, NULL, error) : NULL;
	FaqColumns columns;
	CsvStep step;

	if (!reader || !faq_columns(reader, source->name, &columns, error))
		return FALSE;
	do {
		step = csv_next(reader, error);
	} while (step == CSV_ROW || step == CSV_BAD_ROW);
	return step == CSV_END;
}

typedef enum { KIND_TABLE, KIND_DOCUMENT, KIND_UNKNOWN } SourceKind;

static SourceKind source_kind(const Source *source)
{
	if (source->path && g_str_equal(source->path, "-"))
		return has_faq_header(source) ? KIND_TABLE : KIND_DOCUMENT;
	if (name_ends(source->name, ".csv|.tsv"))
		return KIND_TABLE;
	return name_ends(source->name, ".md|.markdown|.txt") ? KIND_DOCUMENT : KIND_UNKNOWN;
}

static gboolean fail_unknown(const Source *source, GError **error)
{
	g_autoptr(Input) input = source_open(source, 0, error);

	if (input) /* there is such a file */
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s: this kind of file is not understood yet (expected .csv or .tsv "
			    "with question and answer, .md or .txt)",
			    source->name);
	return FALSE;
}

/* Could it be imported? Reads everything and stores nothing. */
static gboolean source_check(const Source *source, GError **error)
{
	g_autoptr(Input) input = NULL;
	g_autofree char *text = NULL;

	if (source_kind(source) == KIND_TABLE)
		return check_table(source, error);
	if (source_kind(source) == KIND_UNKNOWN)
		return fail_unknown(source, error);
	input = source_open(source, DOCUMENT_MAX_BYTES, error);
	text = input ? document_text(input, source->name, error) : NULL;
	return text != NULL;
}

/* What source_check() has found good. */
static gboolean source_import(Store *store, const Principal *actor, const Source *source,
			      KnowledgeImport *import, KnowledgeImportProgress progress,
			      gpointer data, GError **error)
{
	g_autofree char *base = g_filename_display_basename(source->name);
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(json_free);
	g_autoptr(GArray) fault_lines = g_array_new(FALSE, FALSE, sizeof(guint64));
	gboolean table = source_kind(source) == KIND_TABLE;
	g_autoptr(Input) input = source_open(source, table ? 0 : DOCUMENT_MAX_BYTES, error);
	Batch batch = {.actor = actor,
		       .name = source->name,
		       .source = base,
		       .import = import,
		       .fields = fields,
		       .fault_lines = fault_lines};

	if (!import->faults)
		import->faults = g_ptr_array_new_with_free_func(g_free);
	batch.first_fault = import->faults->len;
	if (!input)
		return FALSE;
	return table ? import_faq(store, input, &batch, progress, data, error)
		     : import_document(store, input, &batch, error);
}

gboolean knowledge_import_files(Store *store, const Principal *actor, const char *const *paths,
				KnowledgeImport *import, KnowledgeImportProgress progress,
				gpointer data, GError **error)
{
	g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func((GDestroyNotify)source_free);

	for (; *paths; paths++) {
		Source *source = source_new(*paths, error);

		if (!source)
			return FALSE;
		g_ptr_array_add(sources, source);
		if (!source_check(source, error))
			return FALSE;
	}
	for (guint i = 0; i < sources->len; i++)
		if (!source_import(store, actor, g_ptr_array_index(sources, i), import, progress,
				   data, error))
			return FALSE;
	return TRUE;
}

gboolean knowledge_import_text(Store *store, const Principal *actor, const char *name,
			       const char *text, gsize n_bytes, KnowledgeImport *import,
			       GError **error)
{
	Source source = {.name = name, .text = text, .n_bytes = n_bytes};

	return source_check(&source, error) &&
	       source_import(store, actor, &source, import, NULL, NULL, error);
}
