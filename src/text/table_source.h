/* What the forms of a table have in common. Private to table*.c and xlsx.c of the text layer. */
#pragma once

#include "text/lines.h"
#include "text/table.h"

typedef struct {
	const char *name;
	/* Opens the file and names the columns that are known by then; NULL with error. */
	gpointer (*open)(Table *table, const char *path, GError **error);
	void (*close)(gpointer source);
	/* Sets line and cells, or fault. */
	CsvStep (*next)(Table *table, gpointer source, GError **error);
} TableKind;

struct Table {
	const TableKind *kind;
	char *file;   /* its name in messages */
	int spool_fd; /* where standard input was put, or -1 */
	gpointer source;
	GPtrArray *names;
	GHashTable *by_name; /* name -> column + 1 */
	GPtrArray *cells;    /* const char *, borrowed from the source; NULL where there is none */
	guint64 line;
	CsvFault fault; /* message NULL: none */
};

extern const TableKind table_csv, table_xlsx, table_jsonl, table_vcard;

/* The column of that name, made where it is new; -1 past CSV_COLUMNS_MAX. */
int table_column(Table *table, const char *name);
/* text is borrowed. */
void table_set(Table *table, guint column, const char *text);
/* Marks the present row; the first fault counts. */
void table_set_fault(Table *table, guint64 column, const char *message);
/* INVALID "FILE:LINE:COLUMN: message"; returns CSV_FAILED. */
CsvStep table_fail(const Table *table, guint64 line, guint64 column, const char *message,
		   GError **error);
