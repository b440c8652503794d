/*
 * Texts in and lines out, for commands that read many: CSV, TSV and XLSX with a text column, JSON
 * Lines, plain lines; "-" is standard input, JSON Lines. One row at a time, memory does not grow with
 * the file. A faulty row is named on standard error and left out (the first twenty by line, the rest
 * counted); with the flag --strict of the command it ends the run. Nothing good in the file ends with
 * INVALID.
 *
 * Ownership: rows and output belong to the caller; a row's members are valid until the next. Threads:
 * the main thread. Errors: those of input_open and table_open; INVALID "FILE:LINE: ..." for a fault.
 * Requires the option "strict" of the command.
 */
#pragma once

#include <jansson.h>

#include "cli/command.h"

typedef struct TextRows TextRows;

/* column: the text's name, borrowed. NULL with USAGE when path is NULL. */
TextRows *text_rows_open(const CommandRun *run, const char *path, const char *column,
			 GError **error);
void text_rows_free(TextRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextRows, text_rows_free)

/* FALSE at the end, and with error set on failure. */
gboolean text_rows_next(TextRows *rows, GError **error);
/* Valid UTF-8 without control characters (text_clean). */
const char *text_rows_text(const TextRows *rows);
/* The object of JSON Lines, else NULL. Borrowed. */
const json_t *text_rows_object(const TextRows *rows);
guint64 text_rows_line(const TextRows *rows);

/* A file under another name until it is committed; without a path, or "-", standard output. */
typedef struct TextOut TextOut;

TextOut *text_out_open(CommandRun *run, const char *path, GError **error);
gboolean text_out_write(TextOut *out, const GString *text, GError **error);
gboolean text_out_commit(TextOut *out, GError **error);
/* What was not committed is gone. */
void text_out_free(TextOut *out);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TextOut, text_out_free)
