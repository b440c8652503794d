/*
 * CSV. A row is parsed where it lies in the read buffer, which grows until the row is whole; a row
 * that turns out to be cut is parsed again from its beginning after more was read (the buffer
 * doubles, so that happens a few times at most). Nothing is changed in the buffer before the row is
 * whole; only cells with doubled quotes are copied.
 */
#include "text/csv.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "text/normalise.h"

#define BUFFER_START (256 * 1024)
#define BUFFER_MAX (CSV_ROW_MAX + BUFFER_START)

typedef struct {
	gsize text; /* offset into buffer, or into copies */
	gsize n;
	gsize raw; /* offset into buffer where the cell begins, quote included */
	gsize bol; /* offset where its line begins */
	guint64 line;
	gboolean copied;
} Cell;

struct CsvReader {
	Input *input;
	char delimiter;
	gboolean stops[256]; /* bytes that end an unquoted cell */
	GPtrArray *names;    /* char * */
	GHashTable *by_name; /* name -> GUINT_TO_POINTER(column + 1); keys borrowed from names */

	char *buffer; /* [start, stop) not parsed yet; room bytes, one more behind */
	gsize start, stop, room;
	gboolean end;
	guint64 line; /* at start */

	GArray *cells; /* Cell of the present row */
	GString *copies;
	guint64 row_line;
	CsvFault fault;
	gboolean has_fault;
	gboolean
		replay; /* the present row is handed out by the next csv_next: first row without header */
};

typedef enum { PARSE_FAILED, PARSE_MORE, PARSE_END, PARSE_ROW } Parse;

/* A place in the buffer while a row is parsed. */
typedef struct {
	gsize at;
	gsize bol;
	guint64 line;
} Place;

/* ---- faults -------------------------------------------------------------------------------------------------- */

static guint64 column_at(const CsvReader *r, gsize bol, gsize at)
{
	guint64 column = 1;

	for (gsize i = bol; i < at; i++)
		column += ((guchar)r->buffer[i] & 0xC0) != 0x80;
	return column;
}

static void set_error(const CsvReader *r, guint64 line, guint64 column, const char *message,
		      GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ": %s", input_name(r->input),
		    line, column, message);
}

static Parse parse_failed(const CsvReader *r, const Place *place, const char *message,
			  GError **error)
{
	set_error(r, place->line, column_at(r, place->bol, place->at), message, error);
	return PARSE_FAILED;
}

/* The first fault of a row is the one to tell. */
static void row_fault(CsvReader *r, guint64 line, guint64 column, char *message)
{
	if (r->has_fault) {
		g_free(message);
		return;
	}
	g_free(r->fault.message);
	r->fault = (CsvFault){line, column, message};
	r->has_fault = TRUE;
}

/* ---- buffer -------------------------------------------------------------------------------------------------- */

/* Reads more behind stop; offsets into the buffer change. */
static gboolean buffer_fill(CsvReader *r, GError **error)
{
	gssize n;

	memmove(r->buffer, r->buffer + r->start, r->stop - r->start);
	r->stop -= r->start;
	r->start = 0;
	if (r->stop + 8 > r->room) {
		r->room = MIN(r->room * 2, BUFFER_MAX);
		r->buffer = g_realloc(r->buffer, r->room + 1);
	}
	while (!r->end && r->stop + 8 <= r->room) {
		n = input_read(r->input, r->buffer + r->stop, r->room - r->stop, error);
		if (n < 0)
			return FALSE;
		r->end = n == 0;
		r->stop += (gsize)n;
	}
	r->buffer[r->stop] = '\0';
	return TRUE;
}

/* ---- one cell ------------------------------------------------------------------------------------------------ */

static void parse_unquoted(CsvReader *r, Place *place, Cell *cell)
{
	gsize at = place->at;

	while (at < r->stop && !r->stops[(guchar)r->buffer[at]])
		at++;
	cell->n = at - cell->text;
	place->at = at;
}

/* From the first to the last byte between the quotes; n_doubled of them are quotes to be dropped.
 */
static void copy_quoted(CsvReader *r, Cell *cell, gsize from, gsize to)
{
	cell->text = r->copies->len;
	cell->copied = TRUE;
	while (from < to) {
		const char *quote = memchr(r->buffer + from, '"', to - from);
		gsize next = quote ? (gsize)(quote - r->buffer) + 1 : to;

		g_string_append_len(r->copies, r->buffer + from, (gssize)(next - from));
		from = quote ? next + 1 : to;
	}
	cell->n = r->copies->len - cell->text;
	g_string_append_c(r->copies, '\0');
}

/* Counts the line ends of buffer[from, to), which lies inside quotes. */
static void count_lines(const CsvReader *r, Place *place, gsize from, gsize to)
{
	for (gsize i = from; i < to; i++) {
		gboolean is_end =
			r->buffer[i] == '\n' || (r->buffer[i] == '\r' && r->buffer[i + 1] != '\n');

		if (is_end) {
			place->line++;
			place->bol = i + 1;
		}
	}
}

/* place stands on the opening quote. */
static Parse parse_quoted(CsvReader *r, Place *place, Cell *cell, GError **error)
{
	gsize from = place->at + 1, at = from;
	gboolean doubled = FALSE;

	for (;;) {
		const char *quote = memchr(r->buffer + at, '"', r->stop - at);

		if (!quote)
			return r->end ? parse_failed(
						r, place,
						"this quote is never closed, expected a closing \"",
						error)
				      : PARSE_MORE;
		at = (gsize)(quote - r->buffer) + 1;
		if (at == r->stop && !r->end)
			return PARSE_MORE;
		if (at == r->stop || r->buffer[at] != '"')
			break;
		doubled = TRUE;
		at++;
	}
	count_lines(r, place, from, at - 1);
	place->at = at;
	if (doubled) {
		copy_quoted(r, cell, from, at - 1);
	} else {
		cell->text = from;
		cell->n = at - 1 - from;
	}
	return PARSE_ROW;
}

static gboolean at_stop(const CsvReader *r, gsize at)
{
	return at == r->stop || r->stops[(guchar)r->buffer[at]];
}

/* Anything between the cell and its delimiter is a fault of the row; the cell then is what stands
 * there, quotes included. */
static void parse_rest(CsvReader *r, Place *place, Cell *cell)
{
	while (!at_stop(r, place->at) || (place->at < r->stop && r->buffer[place->at] == '\0')) {
		const char *what =
			r->buffer[place->at] == '\0'
				? "a NUL character, expected text"
				: "text behind a closing quote, expected a delimiter or line end";

		row_fault(r, place->line, column_at(r, place->bol, place->at), g_strdup(what));
		while (!at_stop(r, place->at) ||
		       (place->at < r->stop && r->buffer[place->at] == '\0'))
			place->at++;
		cell->text = cell->raw;
		cell->n = place->at - cell->raw;
		cell->copied = FALSE;
	}
}

static Parse parse_cell(CsvReader *r, Place *place, GError **error)
{
	Cell cell = {.text = place->at, .raw = place->at, .bol = place->bol, .line = place->line};
	Place start = *place;

	if (place->at < r->stop && r->buffer[place->at] == '"') {
		Parse parse = parse_quoted(r, place, &cell, error);

		if (parse != PARSE_ROW)
			return parse;
	} else {
		parse_unquoted(r, place, &cell);
	}
	parse_rest(r, place, &cell);
	if (place->at == r->stop && !r->end)
		return PARSE_MORE;
	if (cell.n > CSV_CELL_MAX)
		return parse_failed(
			r, &start,
			"this cell is longer than 1 MiB, expected less (is a quote not closed?)",
			error);
	if (r->cells->len >= CSV_COLUMNS_MAX)
		return parse_failed(r, &start, "more than 4096 columns, expected fewer", error);
	g_array_append_val(r->cells, cell);
	return PARSE_ROW;
}

/* ---- one row ------------------------------------------------------------------------------------------------- */

/* place stands on what ended a cell. TRUE when it was a delimiter; else the place moves to the next
 * line. */
static gboolean parse_delimiter(const CsvReader *r, Place *place)
{
	char c;

	if (place->at == r->stop)
		return FALSE;
	c = r->buffer[place->at++];
	if (c == r->delimiter)
		return TRUE;
	place->at += c == '\r' && place->at < r->stop && r->buffer[place->at] == '\n';
	place->bol = place->at;
	place->line++;
	return FALSE;
}

static Parse parse_row(CsvReader *r, GError **error)
{
	Place place = {r->start, r->start, r->line};
	Parse parse;

	g_array_set_size(r->cells, 0);
	g_string_truncate(r->copies, 0);
	r->has_fault = FALSE;
	r->row_line = r->line;
	if (r->start == r->stop)
		return r->end ? PARSE_END : PARSE_MORE;
	do {
		parse = parse_cell(r, &place, error);
		if (parse != PARSE_ROW)
			return parse;
		/* CR may be half of CR LF */
		if (place.at + 1 == r->stop && r->buffer[place.at] == '\r' && !r->end)
			return PARSE_MORE;
	} while (parse_delimiter(r, &place));
	r->start = place.at;
	r->line = place.line;
	return PARSE_ROW;
}

static gboolean is_blank(const CsvReader *r)
{
	const Cell *cell = &g_array_index(r->cells, Cell, 0);

	return r->cells->len == 1 && cell->n == 0 && cell->text == cell->raw && !cell->copied;
}

/* Every cell gets its NUL: on the delimiter or quote behind it, which has been looked at for the
 * last time. */
static void finish_cells(CsvReader *r)
{
	for (guint i = 0; i < r->cells->len; i++) {
		const Cell *cell = &g_array_index(r->cells, Cell, i);

		if (!cell->copied)
			r->buffer[cell->text + cell->n] = '\0';
	}
}

/* The next row that is not blank, whole in the buffer. */
static Parse read_row(CsvReader *r, GError **error)
{
	for (;;) {
		Parse parse = parse_row(r, error);

		if (parse == PARSE_ROW && is_blank(r))
			continue;
		if (parse != PARSE_MORE) {
			if (parse == PARSE_ROW)
				finish_cells(r);
			return parse;
		}
		if (r->stop - r->start >= CSV_ROW_MAX) {
			set_error(r, r->line, 1,
				  "this row is longer than 8 MiB, expected less (is a quote not "
				  "closed?)",
				  error);
			return PARSE_FAILED;
		}
		if (!buffer_fill(r, error))
			return PARSE_FAILED;
	}
}

/* ---- header -------------------------------------------------------------------------------------------------- */

static char guess_delimiter(const char *text, gsize n)
{
	static const char candidates[] = ",\t;|";
	guint counts[sizeof(candidates) - 1] = {0};
	gboolean quoted = FALSE;
	gsize best = 0;

	for (gsize i = 0; i < n && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
		const char *candidate = text[i] ? strchr(candidates, text[i]) : NULL;

		if (text[i] == '"')
			quoted = !quoted;
		else if (candidate && !quoted)
			counts[candidate - candidates]++;
	}
	for (gsize i = 1; i < G_N_ELEMENTS(counts); i++)
		if (counts[i] > counts[best])
			best = i;
	return candidates[best];
}

/* Excel's own first line: sep=; */
static gboolean read_separator(CsvReader *r)
{
	const char *at = r->buffer + r->start;
	gsize n = r->stop - r->start;

	if (n < 6 || g_ascii_strncasecmp(at, "sep=", 4) != 0 || (at[5] != '\n' && at[5] != '\r'))
		return FALSE;
	r->delimiter = at[4];
	r->start += n > 6 && at[5] == '\r' && at[6] == '\n' ? 7 : 6;
	r->line++;
	return TRUE;
}

static void set_delimiter(CsvReader *r, const CsvOptions *options)
{
	while (r->start < r->stop && (r->buffer[r->start] == '\n' || r->buffer[r->start] == '\r')) {
		r->line += r->buffer[r->start] == '\n' || r->buffer[r->start + 1] != '\n';
		r->start++;
	}
	if (!read_separator(r))
		r->delimiter = guess_delimiter(r->buffer + r->start, r->stop - r->start);
	if (options && options->delimiter)
		r->delimiter = options->delimiter;
	r->stops[(guchar)r->delimiter] = TRUE;
	r->stops['\n'] = r->stops['\r'] = r->stops['\0'] = TRUE;
}

static gboolean header_is_json(const CsvReader *r)
{
	const char *text = r->buffer + r->start;
	gsize n = r->stop - r->start;

	return n > 2 && ((text[0] == '{' && (text[1] == '"' || g_ascii_isspace(text[1]))) ||
			 (text[0] == '[' && text[1] == '{'));
}

static gboolean add_name(CsvReader *r, const CsvOptions *options, guint column, GError **error)
{
	char *name = options && options->no_header
			     ? g_strdup_printf("%u", column + 1)
			     : g_strstrip(text_clean(csv_cell(r, column, NULL), -1));
	g_autofree char *message = NULL;

	g_ptr_array_add(r->names, name);
	if (*name == '\0' || !g_hash_table_contains(r->by_name, name)) {
		if (*name)
			g_hash_table_insert(r->by_name, name, GUINT_TO_POINTER(column + 1));
		return TRUE;
	}
	if (options && options->repeated_names)
		return TRUE;
	message = g_strdup_printf("the column name \"%s\" stands twice, expected each name once",
				  name);
	set_error(r, csv_cell_line(r, column), csv_cell_column(r, column), message, error);
	return FALSE;
}

static gboolean read_names(CsvReader *r, const CsvOptions *options, GError **error)
{
	for (guint i = 0; i < r->cells->len; i++)
		if (!add_name(r, options, i, error))
			return FALSE;
	if (g_hash_table_size(r->by_name) > 0)
		return TRUE;
	set_error(r, r->row_line, 1,
		  "no column has a name, expected a header line with the names of the columns",
		  error);
	return FALSE;
}

static gboolean read_header(CsvReader *r, const CsvOptions *options, GError **error)
{
	Parse parse;

	if (!buffer_fill(r, error))
		return FALSE;
	set_delimiter(r, options);
	if (header_is_json(r)) {
		set_error(r, r->line, 1,
			  "this is JSON, expected a header line with the names of the columns",
			  error);
		return FALSE;
	}
	parse = read_row(r, error);
	if (parse == PARSE_END)
		set_error(r, 1, 1,
			  "the file is empty, expected a header line with the names of the columns",
			  error);
	else if (parse == PARSE_ROW && r->has_fault)
		set_error(r, r->fault.line, r->fault.column, r->fault.message, error);
	if (parse != PARSE_ROW || r->has_fault)
		return FALSE;
	r->replay = options && options->no_header;
	return read_names(r, options, error);
}

CsvReader *csv_open(Input *input, const CsvOptions *options, GError **error)
{
	g_autoptr(CsvReader) reader = g_new0(CsvReader, 1);

	reader->input = input;
	reader->names = g_ptr_array_new_with_free_func(g_free);
	reader->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	reader->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	reader->copies = g_string_new(NULL);
	reader->room = BUFFER_START;
	reader->buffer = g_malloc(reader->room + 1);
	reader->line = 1;
	return read_header(reader, options, error) ? g_steal_pointer(&reader) : NULL;
}

void csv_close(CsvReader *reader)
{
	if (!reader)
		return;
	g_hash_table_unref(reader->by_name);
	g_ptr_array_unref(reader->names);
	g_array_unref(reader->cells);
	g_string_free(reader->copies, TRUE);
	g_free(reader->fault.message);
	g_free(reader->buffer);
	g_free(reader);
}

/* ---- asking -------------------------------------------------------------------------------------------------- */

guint csv_n_columns(const CsvReader *reader)
{
	return reader->names->len;
}

const char *csv_name(const CsvReader *reader, guint column)
{
	return g_ptr_array_index(reader->names, column);
}

char csv_delimiter(const CsvReader *reader)
{
	return reader->delimiter;
}

int csv_find(const CsvReader *reader, const char *name)
{
	guint found = GPOINTER_TO_UINT(g_hash_table_lookup(reader->by_name, name));

	if (found)
		return (int)found - 1;
	for (guint i = 0; i < reader->names->len; i++)
		if (*name && g_ascii_strcasecmp(name, csv_name(reader, i)) == 0)
			return (int)i;
	return -1;
}

gboolean csv_get(const CsvReader *reader, const char *name, guint *ret_column, GError **error)
{
	int found = csv_find(reader, name);
	g_autoptr(GString) names = NULL;
	g_autofree char *message = NULL;

	if (found >= 0) {
		*ret_column = (guint)found;
		return TRUE;
	}
	names = g_string_new(NULL);
	for (guint i = 0; i < reader->names->len && names->len < 200; i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", csv_name(reader, i));
	message = g_strdup_printf("no column \"%s\", expected it among: %s", name, names->str);
	set_error(reader, 1, 1, message, error);
	return FALSE;
}

guint csv_n_cells(const CsvReader *reader)
{
	return reader->cells->len;
}

const char *csv_cell(const CsvReader *reader, guint column, gsize *ret_n)
{
	const Cell *cell =
		column < reader->cells->len ? &g_array_index(reader->cells, Cell, column) : NULL;

	if (ret_n)
		*ret_n = cell ? cell->n : 0;
	if (!cell)
		return "";
	return (cell->copied ? reader->copies->str : reader->buffer) + cell->text;
}

guint64 csv_cell_line(const CsvReader *reader, guint column)
{
	return column < reader->cells->len ? g_array_index(reader->cells, Cell, column).line
					   : reader->row_line;
}

guint64 csv_cell_column(const CsvReader *reader, guint column)
{
	const Cell *cell =
		column < reader->cells->len ? &g_array_index(reader->cells, Cell, column) : NULL;

	return cell ? column_at(reader, cell->bol, cell->raw) : 1;
}

guint64 csv_line(const CsvReader *reader)
{
	return reader->row_line;
}

const CsvFault *csv_fault(const CsvReader *reader)
{
	return reader->has_fault ? &reader->fault : NULL;
}

/* ---- rows ---------------------------------------------------------------------------------------------------- */

/* Empty cells behind the last column, as some programs write them, are no fault and are dropped. */
static void check_ragged(CsvReader *r)
{
	guint n = r->cells->len, expected = r->names->len;
	guint odd;

	while (n > expected && g_array_index(r->cells, Cell, n - 1).n == 0)
		n--;
	g_array_set_size(r->cells, n);
	odd = n > expected ? expected
			   : n - 1; /* the first cell too many, or the last one there is */
	if (n != expected)
		row_fault(
			r, csv_cell_line(r, odd), csv_cell_column(r, odd),
			n == 1 ? g_strdup_printf("1 cell in this row, expected %u as in the header",
						 expected)
			       : g_strdup_printf(
					 "%u cells in this row, expected %u as in the header", n,
					 expected));
}

CsvStep csv_next(CsvReader *reader, GError **error)
{
	if (!reader->replay) {
		Parse parse = read_row(reader, error);

		if (parse != PARSE_ROW)
			return parse == PARSE_END ? CSV_END : CSV_FAILED;
	}
	reader->replay = FALSE;
	check_ragged(reader);
	return reader->has_fault ? CSV_BAD_ROW : CSV_ROW;
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

/* text begins with what a spreadsheet may take for a formula. */
static gboolean is_formula(const char *text)
{
	static const char *const wide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
					   "\xEF\xBC\xA0"}; /* ＝ ＋ － ＠ */

	text += strspn(text, " ");
	if (*text && strchr("=+-@\t\r\n", *text))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(wide); i++)
		if (g_str_has_prefix(text, wide[i]))
			return TRUE;
	return FALSE;
}

static char writer_delimiter(const CsvWriter *writer)
{
	return writer->delimiter ? writer->delimiter : ',';
}

static void begin_cell(CsvWriter *writer)
{
	if (writer->n_cells++)
		g_string_append_c(writer->out, writer_delimiter(writer));
}

static gboolean needs_quotes(const CsvWriter *writer, const char *text)
{
	gsize n = strlen(text);

	if (n == 0)
		return FALSE;
	return strpbrk(text, "\"\r\n") || strchr(text, writer_delimiter(writer)) ||
	       text[0] == ' ' || text[n - 1] == ' ';
}

void csv_put_text(CsvWriter *writer, const char *text)
{
	const char *quote;

	begin_cell(writer);
	if (!text)
		text = "";
	if (!writer->quote_all && !needs_quotes(writer, text)) {
		g_string_append(writer->out, !writer->bare && is_formula(text) ? "'" : "");
		g_string_append(writer->out, text);
		return;
	}
	g_string_append(writer->out, !writer->bare && is_formula(text) ? "\"'" : "\"");
	while ((quote = strchr(text, '"'))) {
		g_string_append_len(writer->out, text, quote - text + 1);
		g_string_append_c(writer->out, '"');
		text = quote + 1;
	}
	g_string_append(writer->out, text);
	g_string_append_c(writer->out, '"');
}

void csv_put_int(CsvWriter *writer, gint64 value)
{
	begin_cell(writer);
	g_string_append_printf(writer->out, "%" G_GINT64_FORMAT, value);
}

void csv_put_double(CsvWriter *writer, double value)
{
	char digits[G_ASCII_DTOSTR_BUF_SIZE];

	begin_cell(writer);
	if (!isfinite(value))
		return;
	for (int precision = 15; precision <= 17; precision++) {
		char format[8];

		g_snprintf(format, sizeof(format), "%%.%dg", precision);
		g_ascii_formatd(digits, sizeof(digits), format, value);
		if (g_ascii_strtod(digits, NULL) == value)
			break;
	}
	g_string_append(writer->out, digits);
}

void csv_end_row(CsvWriter *writer)
{
	/* One empty cell would be a blank line, which is no row. */
	if (writer->n_cells == 1 &&
	    (writer->out->len == 0 || writer->out->str[writer->out->len - 1] == '\n'))
		g_string_append(writer->out, "\"\"");
	g_string_append_c(writer->out, '\n');
	writer->n_cells = 0;
}

const char *csv_unguard(const char *text)
{
	return text[0] == '\'' && is_formula(text + 1) ? text + 1 : text;
}
