/*
 * A workbook of one sheet, written row by row in constant memory (libxlsxwriter keeps the sheet in a
 * temporary file). Texts are texts: nothing is ever a formula.
 * Errors: UNPROCESSABLE past what the format holds (1,048,576 rows, 16,384 columns, 32,767 characters
 * a cell), STORAGE_FULL and UNAVAILABLE. Ownership: the caller's; the file is whole only after
 * xlsx_finish. Threads: one at a time.
 */
#pragma once

#include <glib.h>

typedef struct XlsxWriter XlsxWriter;

/* path: of the workbook, replaced; folder: for what is temporary. */
XlsxWriter *xlsx_writer_new(const char *path, const char *folder, GError **error);
/* Into the next cell of the row. */
gboolean xlsx_put_text(XlsxWriter *writer, const char *text, GError **error); /* NULL = empty */
gboolean xlsx_put_number(XlsxWriter *writer, double number, GError **error);
gboolean xlsx_put_boolean(XlsxWriter *writer, gboolean value, GError **error);
void xlsx_end_row(XlsxWriter *writer);
gboolean xlsx_finish(XlsxWriter *writer, GError **error);
void xlsx_writer_free(XlsxWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(XlsxWriter, xlsx_writer_free)
