/*
 * The first sheet of an XLSX workbook as a table. The archive is read by libzip, its XML by expat as a
 * stream: only the shared texts and the rows of one piece of 64 KiB are in memory. What an entry
 * unpacks to is counted while it is read, whatever the archive says of itself; a document type, which
 * could hold entities that multiply, ends the reading.
 */
#include <expat.h>
#include <math.h>
#include <string.h>
#include <zip.h>

#include "base/error.h"
#include "text/table_source.h"

enum {
	PIECE_BYTES = 65536,
	NUMBER_FORMATS_MAX = 100000,
	SHEET_CELL_MAX = 65536,
	DAYS_MAX = 2958465 /* 9999-12-31 */
};

/* ---- entries of the archive ----------------------------------------------------------------------------------- */

/* What entries share; a source of a table, or the reader of one small part. */
typedef struct {
	Table *table;
	zip_t *archive;
	guint64 n_packed, n_unpacked; /* of the archive; of what was read so far */
} Book;

static gboolean book_fault(const Book *book, int code, const char *message, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, code, "%s:1:1: %s", book->table->file, message);
	return FALSE;
}

typedef struct {
	Book *book;
	zip_file_t *file;
	XML_Parser parser;
	const char *fault; /* what a handler found, or NULL */
	gboolean end;
} Entry;

static void entry_close(Entry *entry)
{
	if (entry->file)
		zip_fclose(entry->file);
	if (entry->parser)
		XML_ParserFree(entry->parser);
	entry->file = NULL;
	entry->parser = NULL;
}

static void refuse_doctype(void *data, const char *name, const char *system, const char *public,
			   int internal)
{
	Entry *entry = data;

	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	entry->fault = "the workbook holds a document type, which no spreadsheet writes";
	XML_StopParser(entry->parser, XML_FALSE);
}

/* entry stands first in the handlers' data. FALSE without error when there is no such part. */
static gboolean entry_open(Entry *entry, Book *book, const char *name,
			   XML_StartElementHandler start, XML_EndElementHandler end,
			   XML_CharacterDataHandler text)
{
	*entry = (Entry){.book = book, .file = zip_fopen(book->archive, name, 0)};
	if (!entry->file)
		return FALSE;
	entry->parser = XML_ParserCreate(NULL);
	XML_SetUserData(entry->parser, entry);
	XML_SetElementHandler(entry->parser, start, end);
	XML_SetCharacterDataHandler(entry->parser, text);
	XML_SetStartDoctypeDeclHandler(entry->parser, refuse_doctype);
	return TRUE;
}

static gboolean entry_count(Book *book, guint64 n, GError **error)
{
	book->n_unpacked += n;
	if (book->n_unpacked <= TABLE_UNPACKED_MAX &&
	    (book->n_unpacked <= INPUT_RATIO_FREE ||
	     book->n_unpacked / INPUT_RATIO_MAX <= book->n_packed))
		return TRUE;
	return book_fault(book, ZHIYIN_ERROR_TOO_LARGE,
			  "the workbook unpacks to far more than its size", error);
}

/* One piece through the parser. */
static gboolean entry_feed(Entry *entry, GError **error)
{
	void *buffer = XML_GetBuffer(entry->parser, PIECE_BYTES);
	zip_int64_t n = buffer ? zip_fread(entry->file, buffer, PIECE_BYTES) : -1;
	enum XML_Status status;

	if (n < 0)
		return book_fault(entry->book, ZHIYIN_ERROR_INVALID, "the workbook is damaged",
				  error);
	if (!entry_count(entry->book, (guint64)n, error))
		return FALSE;
	entry->end = n == 0;
	status = XML_ParseBuffer(entry->parser, (int)n, entry->end);
	if (entry->fault)
		return book_fault(entry->book, ZHIYIN_ERROR_INVALID, entry->fault, error);
	return status == XML_STATUS_OK ||
	       book_fault(entry->book, ZHIYIN_ERROR_INVALID, "the workbook is damaged", error);
}

/* A whole part; a part that is not there is an empty one. */
static gboolean entry_read(Entry *entry, Book *book, const char *name,
			   XML_StartElementHandler start, XML_EndElementHandler end,
			   XML_CharacterDataHandler text, GError **error)
{
	gboolean ok = TRUE;

	if (!entry_open(entry, book, name, start, end, text))
		return TRUE;
	while (ok && !entry->end)
		ok = entry_feed(entry, error);
	entry_close(entry);
	return ok;
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (g_str_equal(*attributes, name))
			return attributes[1];
	return NULL;
}

/* Elements may carry a prefix ("x:row"). */
static const char *local_name(const char *name)
{
	const char *colon = strchr(name, ':');

	return colon ? colon + 1 : name;
}

/* ---- which sheet ----------------------------------------------------------------------------------------------- */

typedef struct {
	Entry entry;
	char *sheet_id; /* r:id of the first one */
	char *target;	/* its part */
	gboolean since_1904;
} Outline;

static void outline_start(void *data, const char *name, const char **attributes)
{
	Outline *outline = data;
	const char *local = local_name(name), *id, *flag;

	if (g_str_equal(local, "sheet") && !outline->sheet_id) {
		id = attribute(attributes, "r:id");
		outline->sheet_id = g_strdup(id ? id : "rId1");
	} else if (g_str_equal(local, "workbookPr")) {
		flag = attribute(attributes, "date1904");
		outline->since_1904 = flag && (*flag == '1' || *flag == 't');
	} else if (g_str_equal(local, "Relationship") &&
		   g_strcmp0(attribute(attributes, "Id"), outline->sheet_id) == 0) {
		g_free(outline->target);
		outline->target = g_strdup(attribute(attributes, "Target"));
	}
}

static char *sheet_part(const Outline *outline)
{
	const char *target = outline->target ? outline->target : "worksheets/sheet1.xml";

	return *target == '/' ? g_strdup(target + 1) : g_strconcat("xl/", target, NULL);
}

/* ---- which cells are dates ------------------------------------------------------------------------------------ */

typedef struct {
	Entry entry;
	GHashTable *formats; /* number of a format of its own -> is it one of dates? */
	GArray *dates;	     /* gboolean by style */
	gboolean in_cells;
} Styles;

/* "yyyy\-mm\-dd" but not "[Red]0.00" and not "0 \"days\"". */
static gboolean is_date_format(const char *code)
{
	char closing = 0;

	for (const char *c = code; *c; c++) {
		if (closing) {
			if (*c == closing)
				closing = 0;
		} else if (*c == '"') {
			closing = '"';
		} else if (*c == '[' && !strchr("hms", g_ascii_tolower(c[1]))) {
			closing = ']';
		} else if (*c == '\\' && c[1]) {
			c++;
		} else if (strchr("ymdhs", g_ascii_tolower(*c))) {
			return TRUE;
		}
	}
	return FALSE;
}

static gboolean is_known_date(int format)
{
	return (format >= 14 && format <= 22) || (format >= 27 && format <= 36) ||
	       (format >= 45 && format <= 47) || (format >= 50 && format <= 58);
}

static void styles_start(void *data, const char *name, const char **attributes)
{
	Styles *styles = data;
	const char *local = local_name(name), *id = attribute(attributes, "numFmtId");
	int format = id ? (int)g_ascii_strtoll(id, NULL, 10) : 0;
	const char *code = attribute(attributes, "formatCode");
	gboolean is_date;

	if (g_str_equal(local, "cellXfs")) {
		styles->in_cells = TRUE;
	} else if (g_str_equal(local, "numFmt") && code) {
		if (g_hash_table_size(styles->formats) < NUMBER_FORMATS_MAX)
			g_hash_table_insert(styles->formats, GINT_TO_POINTER(format),
					    GINT_TO_POINTER(is_date_format(code) ? 1 : 2));
	} else if (g_str_equal(local, "xf") && styles->in_cells &&
		   styles->dates->len < NUMBER_FORMATS_MAX) {
		int own = GPOINTER_TO_INT(
			g_hash_table_lookup(styles->formats, GINT_TO_POINTER(format)));

		is_date = own ? own == 1 : is_known_date(format);
		g_array_append_val(styles->dates, is_date);
	}
}

static void styles_end(void *data, const char *name)
{
	Styles *styles = data;

	if (g_str_equal(local_name(name), "cellXfs"))
		styles->in_cells = FALSE;
}

/* ---- shared texts ---------------------------------------------------------------------------------------------- */

typedef struct {
	Entry entry;
	GString *bytes;	  /* all texts, each with its NUL */
	GArray *begins;	  /* gsize: where each begins */
	gboolean in_text; /* inside <t>, and not of a reading aid <rPh> */
	gboolean in_aid;
} Texts;

static void texts_start(void *data, const char *name, const char **attributes)
{
	Texts *texts = data;
	const char *local = local_name(name);

	(void)attributes;
	if (g_str_equal(local, "si"))
		g_array_append_val(texts->begins, texts->bytes->len);
	else if (g_str_equal(local, "rPh"))
		texts->in_aid = TRUE;
	else if (g_str_equal(local, "t"))
		texts->in_text = !texts->in_aid;
}

static void texts_end(void *data, const char *name)
{
	Texts *texts = data;
	const char *local = local_name(name);

	if (g_str_equal(local, "si"))
		g_string_append_c(texts->bytes, '\0');
	else if (g_str_equal(local, "rPh"))
		texts->in_aid = FALSE;
	else if (g_str_equal(local, "t"))
		texts->in_text = FALSE;
}

static void texts_add(void *data, const char *text, int n)
{
	Texts *texts = data;

	if (!texts->in_text)
		return;
	if (texts->bytes->len + (gsize)n > TABLE_TEXTS_MAX) {
		texts->entry.fault = "the workbook holds more text than fits into memory";
		XML_StopParser(texts->entry.parser, XML_FALSE);
		return;
	}
	g_string_append_len(texts->bytes, text, n);
}

/* ---- the sheet ------------------------------------------------------------------------------------------------- */

/* A row that is read: texts one behind the other, and where each cell's begins. */
typedef struct {
	guint64 number;
	GString *bytes;
	GArray *columns;  /* guint32 */
	GArray *begins;	  /* gsize */
	char *fault;	  /* or NULL */
	guint32 fault_at; /* its column, from 0 */
} SheetRow;

typedef struct {
	Entry entry;
	Book book;
	Texts texts;
	GArray *dates;
	gboolean since_1904;
	GQueue rows;	/* SheetRow, read ahead */
	SheetRow *now;	/* given out */
	SheetRow *open; /* being read */
	guint32 column; /* of the open cell */
	char type[12];
	guint style;
	GString *value; /* of the open cell */
	gboolean in_value, has_formula, has_value;
	guint width; /* columns of the header */
} Sheet;

static void row_free(SheetRow *row)
{
	if (!row)
		return;
	g_string_free(row->bytes, TRUE);
	g_array_unref(row->columns);
	g_array_unref(row->begins);
	g_free(row->fault);
	g_free(row);
}

static SheetRow *row_new(guint64 number)
{
	SheetRow *row = g_new0(SheetRow, 1);

	row->number = number;
	row->bytes = g_string_new(NULL);
	row->columns = g_array_new(FALSE, FALSE, sizeof(guint32));
	row->begins = g_array_new(FALSE, FALSE, sizeof(gsize));
	return row;
}

static void row_fault(Sheet *sheet, const char *message)
{
	if (sheet->open->fault)
		return;
	sheet->open->fault = g_strdup(message);
	sheet->open->fault_at = sheet->column;
}

/* "BC12" -> 54. Without a place a cell follows the one before. */
static guint32 cell_column(const char *place, guint32 next)
{
	guint32 column = 0;

	if (!place || !g_ascii_isalpha(*place))
		return next;
	for (; g_ascii_isalpha(*place) && column < CSV_COLUMNS_MAX; place++)
		column = column * 26 + (guint32)(g_ascii_toupper(*place) - 'A') + 1;
	return column - 1;
}

static void cell_start(Sheet *sheet, const char **attributes)
{
	const char *type = attribute(attributes, "t"), *style = attribute(attributes, "s");
	guint32 next = sheet->open->columns->len ? g_array_index(sheet->open->columns, guint32,
								 sheet->open->columns->len - 1) +
							   1
						 : 0;

	sheet->column = cell_column(attribute(attributes, "r"), next);
	g_strlcpy(sheet->type, type ? type : "n", sizeof(sheet->type));
	sheet->style = style ? (guint)g_ascii_strtoull(style, NULL, 10) : 0;
	sheet->has_formula = sheet->has_value = FALSE;
	g_string_truncate(sheet->value, 0);
	if (sheet->column < CSV_COLUMNS_MAX)
		return;
	sheet->entry.fault = "a row has more cells than are allowed";
	XML_StopParser(sheet->entry.parser, XML_FALSE);
}

static void sheet_start(void *data, const char *name, const char **attributes)
{
	Sheet *sheet = data;
	const char *local = local_name(name), *number;

	if (g_str_equal(local, "row")) {
		number = attribute(attributes, "r");
		row_free(sheet->open);
		sheet->open = row_new(number ? g_ascii_strtoull(number, NULL, 10) : 0);
	} else if (!sheet->open) {
		return;
	} else if (g_str_equal(local, "c")) {
		cell_start(sheet, attributes);
	} else if (g_str_equal(local, "v") || g_str_equal(local, "t")) {
		sheet->in_value = sheet->has_value = TRUE;
	} else if (g_str_equal(local, "f")) {
		sheet->has_formula = TRUE;
	}
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

/* Days since 1900-01-01 as day 1 (with a 29 February 1900 that never was), or since 1904. FALSE: before
 * or behind all dates. */
static gboolean append_date(GString *out, double serial, gboolean since_1904)
{
	double days = floor(serial);
	gint64 seconds = (gint64)round((serial - days) * 86400), day;
	GDate date;

	if (days < 0 || days > DAYS_MAX)
		return FALSE;
	day = (gint64)days + (since_1904 ? 1462 : 0);
	if (seconds == 86400) {
		seconds = 0;
		day++;
	}
	if (day > DAYS_MAX)
		return FALSE;
	if (day < 1) { /* a time of day alone */
		g_string_append_printf(out, "%02d:%02d:%02d", (int)(seconds / 3600),
				       (int)(seconds / 60 % 60), (int)(seconds % 60));
		return TRUE;
	}
	g_date_clear(&date, 1);
	g_date_set_dmy(&date, 31, G_DATE_DECEMBER, 1899);
	g_date_add_days(&date, (guint)(day > 59 ? day - 1 : day));
	g_string_append_printf(out, "%04d-%02d-%02d", g_date_get_year(&date),
			       (int)g_date_get_month(&date), g_date_get_day(&date));
	if (seconds)
		g_string_append_printf(out, " %02d:%02d:%02d", (int)(seconds / 3600),
				       (int)(seconds / 60 % 60), (int)(seconds % 60));
	return TRUE;
}

static void append_number(Sheet *sheet, GString *out)
{
	char *end, buffer[G_ASCII_DTOSTR_BUF_SIZE];
	double number = g_ascii_strtod(sheet->value->str, &end);

	if (end == sheet->value->str || *end || !isfinite(number)) {
		row_fault(sheet, "the cell holds no number");
	} else if (sheet->style < sheet->dates->len &&
		   g_array_index(sheet->dates, gboolean, sheet->style)) {
		if (!append_date(out, number, sheet->since_1904))
			row_fault(sheet, "the cell holds a date that no calendar has");
	} else if (number == floor(number) && fabs(number) < 1e15) {
		g_string_append_printf(out, "%.0f", number);
	} else { /* 15 digits are what a spreadsheet shows */
		g_ascii_formatd(buffer, sizeof(buffer), "%.15g", number);
		g_string_append(out, buffer);
	}
}

static void append_shared(Sheet *sheet, GString *out)
{
	guint64 index;

	if (g_ascii_string_to_unsigned(sheet->value->str, 10, 0, G_MAXUINT32, &index, NULL) &&
	    index < sheet->texts.begins->len)
		g_string_append(out, sheet->texts.bytes->str +
					     g_array_index(sheet->texts.begins, gsize, index));
	else
		row_fault(sheet, "the cell names a text that is not there");
}

static void append_text(Sheet *sheet, GString *out)
{
	g_string_append(out, sheet->value->str);
}

static void append_boolean(Sheet *sheet, GString *out)
{
	g_string_append(out, *sheet->value->str == '1' ? "true" : "false");
}

static void append_error(Sheet *sheet, GString *out)
{
	(void)out;
	row_fault(sheet, "the cell holds an error of its formula");
}

static const struct {
	const char *type;
	void (*append)(Sheet *sheet, GString *out);
} cell_types[] = {{"s", append_shared}, {"n", append_number}, {"inlineStr", append_text},
		  {"str", append_text}, {"d", append_text},   {"b", append_boolean},
		  {"e", append_error}};

static void cell_end(Sheet *sheet)
{
	SheetRow *row = sheet->open;
	gsize begin = row->bytes->len;

	if (sheet->has_formula && !sheet->has_value)
		row_fault(sheet, "the cell holds a formula without its value");
	for (gsize i = 0; sheet->has_value && i < G_N_ELEMENTS(cell_types); i++)
		if (g_str_equal(cell_types[i].type, sheet->type))
			cell_types[i].append(sheet, row->bytes);
	if (row->bytes->len == begin)
		return;
	g_string_append_c(row->bytes, '\0');
	g_array_append_val(row->columns, sheet->column);
	g_array_append_val(row->begins, begin);
}

static void sheet_end(void *data, const char *name)
{
	Sheet *sheet = data;
	const char *local = local_name(name);

	if (!sheet->open)
		return;
	if (g_str_equal(local, "v") || g_str_equal(local, "t"))
		sheet->in_value = FALSE;
	else if (g_str_equal(local, "c"))
		cell_end(sheet);
	else if (g_str_equal(local, "row"))
		g_queue_push_tail(&sheet->rows, g_steal_pointer(&sheet->open));
}

static void sheet_text(void *data, const char *text, int n)
{
	Sheet *sheet = data;

	if (!sheet->in_value)
		return;
	if (sheet->value->len + (gsize)n <= SHEET_CELL_MAX) {
		g_string_append_len(sheet->value, text, n);
		return;
	}
	sheet->entry.fault = "a cell holds more than 64 KiB";
	XML_StopParser(sheet->entry.parser, XML_FALSE);
}

/* ---- the table ------------------------------------------------------------------------------------------------- */

static void sheet_close(gpointer data)
{
	Sheet *sheet = data;
	SheetRow *row;

	entry_close(&sheet->entry);
	if (sheet->book.archive)
		zip_discard(sheet->book.archive);
	while ((row = g_queue_pop_head(&sheet->rows)))
		row_free(row);
	row_free(sheet->now);
	row_free(sheet->open);
	g_string_free(sheet->texts.bytes, TRUE);
	g_array_unref(sheet->texts.begins);
	g_array_unref(sheet->dates);
	g_string_free(sheet->value, TRUE);
	g_free(sheet);
}

/* The next row that is not empty into now; FALSE at the end, or with error. */
static gboolean sheet_read(Sheet *sheet, GError **error)
{
	g_clear_pointer(&sheet->now, row_free);
	for (;;) {
		sheet->now = g_queue_pop_head(&sheet->rows);
		if (sheet->now && (sheet->now->columns->len || sheet->now->fault))
			return TRUE;
		g_clear_pointer(&sheet->now, row_free);
		if (sheet->rows.length)
			continue;
		if (sheet->entry.end || !entry_feed(&sheet->entry, error))
			return FALSE;
	}
}

static const char *row_cell(const SheetRow *row, guint i)
{
	return row->bytes->str + g_array_index(row->begins, gsize, i);
}

/* What the header's cells call their columns, NULL where they call one nothing. NULL with error when two
 * are called the same. */
static GPtrArray *header_names(const Table *table, const SheetRow *row, GHashTable *taken,
			       GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < row->columns->len; i++) {
		guint32 column = g_array_index(row->columns, guint32, i);
		g_autofree char *name = g_strstrip(g_strdup(row_cell(row, i)));

		if (!*name)
			continue;
		if (names->len <= column)
			g_ptr_array_set_size(names, (int)column + 1);
		if (names->pdata[column] || !g_hash_table_add(taken, name)) {
			table_fail(table, row->number, column + 1,
				   "the header names a column twice", error);
			return NULL;
		}
		names->pdata[column] = g_steal_pointer(&name);
	}
	return g_steal_pointer(&names);
}

/* Every column up to the last named one; those without a name are called by their number, or by the
 * next one that is free. */
static gboolean sheet_header(Table *table, Sheet *sheet, GError **error)
{
	g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) names = NULL;

	if (!sheet_read(sheet, error))
		return error && *error
			       ? FALSE
			       : book_fault(&sheet->book, ZHIYIN_ERROR_INVALID,
					    "the first sheet is empty, expected a header", error);
	names = header_names(table, sheet->now, taken, error);
	if (!names)
		return FALSE;
	for (guint i = 0, number = 1; i < names->len; i++, number++) {
		g_autofree char *free_name = g_strdup_printf("%u", number);

		while (!names->pdata[i] && g_hash_table_contains(taken, free_name)) {
			g_free(free_name);
			free_name = g_strdup_printf("%u", ++number);
		}
		table_column(table, names->pdata[i] ? names->pdata[i] : free_name);
	}
	sheet->width = table->names->len;
	return TRUE;
}

static gboolean book_open(Book *book, Table *table, const char *path, GError **error)
{
	zip_stat_t part;
	zip_int64_t n;

	book->table = table;
	book->archive = zip_open(path, ZIP_RDONLY, NULL);
	if (!book->archive)
		return book_fault(book, ZHIYIN_ERROR_INVALID, "the workbook is damaged", error);
	n = zip_get_num_entries(book->archive, 0);
	for (zip_int64_t i = 0; i < n; i++)
		if (zip_stat_index(book->archive, (zip_uint64_t)i, 0, &part) == 0)
			book->n_packed += part.comp_size;
	return zip_name_locate(book->archive, "xl/workbook.xml", 0) >= 0 ||
	       book_fault(book, ZHIYIN_ERROR_INVALID,
			  "the archive is no workbook, expected XLSX or a table as text", error);
}

static gboolean sheet_parts(Sheet *sheet, GError **error)
{
	Outline outline = {.since_1904 = FALSE};
	Styles styles = {.formats = g_hash_table_new(NULL, NULL), .dates = sheet->dates};
	g_autofree char *part = NULL;
	gboolean ok = entry_read(&outline.entry, &sheet->book, "xl/workbook.xml", outline_start,
				 NULL, NULL, error) &&
		      entry_read(&outline.entry, &sheet->book, "xl/_rels/workbook.xml.rels",
				 outline_start, NULL, NULL, error) &&
		      entry_read(&styles.entry, &sheet->book, "xl/styles.xml", styles_start,
				 styles_end, NULL, error) &&
		      entry_read(&sheet->texts.entry, &sheet->book, "xl/sharedStrings.xml",
				 texts_start, texts_end, texts_add, error);

	g_hash_table_unref(styles.formats);
	sheet->since_1904 = outline.since_1904;
	part = sheet_part(&outline);
	g_free(outline.sheet_id);
	g_free(outline.target);
	if (!ok)
		return FALSE;
	return entry_open(&sheet->entry, &sheet->book, part, sheet_start, sheet_end, sheet_text) ||
	       book_fault(&sheet->book, ZHIYIN_ERROR_INVALID, "the workbook has no sheet", error);
}

static gpointer sheet_open(Table *table, const char *path, GError **error)
{
	Sheet *sheet = g_new0(Sheet, 1);
	g_autoptr(GError) failed = NULL;

	sheet->texts.bytes = g_string_new(NULL);
	sheet->texts.begins = g_array_new(FALSE, FALSE, sizeof(gsize));
	sheet->dates = g_array_new(FALSE, FALSE, sizeof(gboolean));
	sheet->value = g_string_new(NULL);
	if (book_open(&sheet->book, table, path, &failed) && sheet_parts(sheet, &failed) &&
	    sheet_header(table, sheet, &failed))
		return sheet;
	g_propagate_error(error, g_steal_pointer(&failed));
	sheet_close(sheet);
	return NULL;
}

static CsvStep sheet_next(Table *table, gpointer data, GError **error)
{
	Sheet *sheet = data;
	g_autoptr(GError) failed = NULL;
	const SheetRow *row;

	if (!sheet_read(sheet, &failed)) {
		if (!failed)
			return CSV_END;
		g_propagate_error(error, g_steal_pointer(&failed));
		return CSV_FAILED;
	}
	row = sheet->now;
	table->line = row->number ? row->number : table->line + 1;
	for (guint i = 0; i < row->columns->len; i++) {
		guint32 column = g_array_index(row->columns, guint32, i);

		if (column < sheet->width)
			table_set(table, column, row_cell(row, i));
		else
			table_set_fault(table, column + 1, "a cell behind the last named column");
	}
	if (row->fault)
		table_set_fault(table, row->fault_at + 1, row->fault);
	return CSV_ROW;
}

const TableKind table_xlsx = {"xlsx", sheet_open, sheet_close, sheet_next};
