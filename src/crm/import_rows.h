/*
 * Rows of a table as documents of records: cells by their mapping, several rows as one record where
 * they are grouped. What has to be looked up in the store is left for the transaction. Private to
 * crm/import*.c. Threads: a reader belongs to one thread at a time.
 */
#pragma once

#include "crm/import_map.h"
#include "text/table.h"

typedef struct {
	guint64 line;
	char *column; /* name, or NULL */
	char *message;
} ImportFault;

typedef struct {
	guint column; /* of the map: what and by which field */
	char *text;
	int item; /* of the lines it belongs to; -1 = the record itself */
} ImportLookup;

typedef struct {
	guint64 line;  /* of its first row */
	guint n_rows;  /* that it consists of */
	gsize n_bytes; /* of its cells */
	char *group;   /* or NULL */
	char *id;      /* of the record to update, or NULL */
	json_t *fields;
	GArray *lookups; /* ImportLookup */
	GArray *faults;	 /* ImportFault */
} ImportRow;

ImportRow *import_row_new(guint64 line);
void import_row_free(ImportRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportRow, import_row_free)
/* Texts are copied. */
void import_row_fault(ImportRow *row, guint64 line, const char *column, const char *message);

void import_row_look_up(ImportRow *row, guint column, const char *text, int item);

typedef struct ImportReader ImportReader;

/* group_by: a column, or NULL. The map and the zone outlive the reader, which takes the table. */
ImportReader *import_reader_new(Table *table, const ImportMap *map, const Object *object,
				const char *group_by);
void import_reader_free(ImportReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportReader, import_reader_free)
/* The next record; NULL at the end, or with error. The caller frees it. */
ImportRow *import_reader_next(ImportReader *reader, GError **error);
/* Passes over rows of the table. */
gboolean import_reader_skip(ImportReader *reader, gint64 n_rows, GError **error);
