/*
 * Tables as text: RFC 4180 and its relatives (comma, semicolon, tab or bar; LF, CR LF or CR), read
 * as a stream, written safely.
 *
 * Reading: quoted cells may hold delimiters, line ends and doubled quotes; a quote inside an
 * unquoted cell is itself; blank lines and empty cells behind the last column are skipped; the
 * delimiter is guessed from the header line, or named by a first line "sep=;". Names lose white
 * space around them. A row that is ragged or misquoted or holds NUL is handed out as CSV_BAD_ROW
 * with its fault, and reading goes on behind it; where no next row can be trusted, csv_next fails.
 * Errors: INVALID "FILE:LINE:COLUMN: what is wrong, expected what" (column = character in its line,
 * from 1): empty file, no header, repeated names, JSON in place of a table, unclosed quote, a limit
 * below. Besides those of input_read. Ownership: a reader borrows its input and owns the cells;
 * cells are valid until the next csv_next. Threads: a reader belongs to one thread at a time. Does
 * not interpret cells and does not read quotes behind spaces.
 *
 * Writing: csv_put_* append to a GString. Text that a spreadsheet could take for a formula (first
 * sign = + - @, their full-width forms, tab, CR or LF, also behind spaces) gets a ' in front;
 * csv_unguard takes it off again.
 */
#pragma once

#include <glib.h>

#include "text/input.h"

#define CSV_CELL_MAX (1024 * 1024)
#define CSV_ROW_MAX (8 * 1024 * 1024)
#define CSV_COLUMNS_MAX 4096

typedef struct {
	char delimiter;		 /* 0 = guess */
	gboolean no_header;	 /* the first line is a row; columns are named "1", "2", ... */
	gboolean repeated_names; /* allowed; csv_find finds the first */
} CsvOptions;

typedef struct {
	guint64 line;
	guint64 column;
	char *message; /* "3 cells, expected 5 as in the header" */
} CsvFault;

typedef enum { CSV_FAILED, CSV_END, CSV_ROW, CSV_BAD_ROW } CsvStep;

typedef struct CsvReader CsvReader;

/* Reads the header. options NULL = all defaults. */
CsvReader *csv_open(Input *input, const CsvOptions *options, GError **error);
void csv_close(CsvReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CsvReader, csv_close)

guint csv_n_columns(const CsvReader *reader);
const char *csv_name(const CsvReader *reader, guint column);
/* Position of the column, exactly so named (else, ignoring ASCII case); -1 when there is none. */
int csv_find(const CsvReader *reader, const char *name);
/* As csv_find, but a missing column is INVALID with the names that there are. */
gboolean csv_get(const CsvReader *reader, const char *name, guint *ret_column, GError **error);
char csv_delimiter(const CsvReader *reader);

/* error is set on CSV_FAILED only. */
CsvStep csv_next(CsvReader *reader, GError **error);
/* Of the present row: cells it has, which on a bad row may be more or fewer than columns. */
guint csv_n_cells(const CsvReader *reader);
/* NUL-terminated UTF-8; "" when the row has no such cell. ret_n may be NULL. */
const char *csv_cell(const CsvReader *reader, guint column, gsize *ret_n);
/* Where the cell stands in the file. */
guint64 csv_cell_line(const CsvReader *reader, guint column);
guint64 csv_cell_column(const CsvReader *reader, guint column);
/* The line the present row begins at. */
guint64 csv_line(const CsvReader *reader);
/* What is wrong with a CSV_BAD_ROW, else NULL. */
const CsvFault *csv_fault(const CsvReader *reader);

typedef struct {
	GString *out;	    /* borrowed */
	char delimiter;	    /* 0 = comma */
	gboolean quote_all; /* text cells always quoted, else only when needed */
	gboolean bare;	    /* no formula guard: for programs, never for spreadsheets */
	guint n_cells;	    /* private: cells in this row so far */
} CsvWriter;

void csv_put_text(CsvWriter *writer, const char *text); /* NULL = empty */
void csv_put_int(CsvWriter *writer, gint64 value);
void csv_put_double(CsvWriter *writer,
		    double value); /* shortest form that reads back; not finite = empty */
/* LF. */
void csv_end_row(CsvWriter *writer);

/* text without the ' that the guard put in front of a formula sign; points into text. */
const char *csv_unguard(const char *text);
