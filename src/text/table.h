/*
 * Tables that people bring, whatever their form: CSV and its relatives (csv.h), the first sheet of an
 * XLSX workbook, JSON Lines, vCard 3 and 4. Read as a stream of rows of cells under named columns;
 * every cell is text, whatever it was: dates of a workbook as "2026-11-25" or "2026-11-25 08:00:00",
 * numbers in their shortest form, lists and objects of JSON as JSON.
 *
 * JSON Lines and vCard name their columns as they come: table_n_columns() may rise with a row.
 * Errors: INVALID "FILE:LINE:COLUMN: what is wrong", TOO_LARGE, and those of input_read: faults of
 * structure, behind which nothing is read. A row that is faulty alone is handed out as CSV_BAD_ROW
 * with its fault. Limits: those of csv.h; a workbook unpacks to at most TABLE_UNPACKED_MAX bytes and
 * INPUT_RATIO_MAX times its size, its shared texts to at most TABLE_TEXTS_MAX.
 * Ownership: cells are valid until the next table_next. Threads: a table belongs to one thread at a
 * time. Does not compute formulas: the value that was stored with one counts.
 */
#pragma once

#include "text/csv.h"

#define TABLE_UNPACKED_MAX (G_GUINT64_CONSTANT(4) << 30)
#define TABLE_TEXTS_MAX (256 * 1024 * 1024)

typedef enum { TABLE_CSV, TABLE_XLSX, TABLE_JSONL, TABLE_VCARD, TABLE_N_FORMATS } TableFormat;

typedef struct Table Table;

const char *table_format_name(TableFormat format);
/* name is the file's own and stands in messages; path is where it lies, "-" standard input (which is put into
 * a temporary file first). The format is known by the first bytes. */
Table *table_open(const char *path, const char *name, GError **error);
void table_close(Table *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_close)

TableFormat table_format(const Table *table);
guint table_n_columns(const Table *table);
const char *table_name(const Table *table, guint column);

/* error is set on CSV_FAILED only. */
CsvStep table_next(Table *table, GError **error);
/* "" when the row has no such cell. */
const char *table_cell(const Table *table, guint column);
/* The line (of a workbook: the row) where the present row begins. */
guint64 table_line(const Table *table);
/* What is wrong with a CSV_BAD_ROW, else NULL. */
const CsvFault *table_fault(const Table *table);
