/* A thin face for libxlsxwriter, so that no other file knows it. */
#include "text/xlsx_write.h"

#include <xlsxwriter.h>

#include "base/error.h"

struct XlsxWriter {
	lxw_workbook *workbook; /* NULL when it is finished */
	lxw_worksheet *sheet;
	lxw_row_t row;
	lxw_col_t column;
};

XlsxWriter *xlsx_writer_new(const char *path, const char *folder, GError **error)
{
	g_autofree char *tmp = g_strdup(folder);
	lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = tmp};
	lxw_workbook *workbook = workbook_new_opt(path, &options);
	lxw_worksheet *sheet = workbook ? workbook_add_worksheet(workbook, NULL) : NULL;
	XlsxWriter *writer;

	if (!sheet) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "the workbook could not be begun");
		return NULL;
	}
	writer = g_new0(XlsxWriter, 1);
	writer->workbook = workbook;
	writer->sheet = sheet;
	return writer;
}

static gboolean settle(XlsxWriter *writer, lxw_error code, GError **error)
{
	writer->column++;
	if (code == LXW_NO_ERROR)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
		    "row %u, column %u: %s (CSV and JSON Lines have no such limit)",
		    writer->row + 1, (guint)writer->column, lxw_strerror(code));
	return FALSE;
}

gboolean xlsx_put_text(XlsxWriter *writer, const char *text, GError **error)
{
	return settle(writer,
		      text && *text ? worksheet_write_string(writer->sheet, writer->row,
							     writer->column, text, NULL)
				    : LXW_NO_ERROR,
		      error);
}

gboolean xlsx_put_number(XlsxWriter *writer, double number, GError **error)
{
	return settle(
		writer,
		worksheet_write_number(writer->sheet, writer->row, writer->column, number, NULL),
		error);
}

gboolean xlsx_put_boolean(XlsxWriter *writer, gboolean value, GError **error)
{
	return settle(
		writer,
		worksheet_write_boolean(writer->sheet, writer->row, writer->column, value, NULL),
		error);
}

void xlsx_end_row(XlsxWriter *writer)
{
	writer->row++;
	writer->column = 0;
}

gboolean xlsx_finish(XlsxWriter *writer, GError **error)
{
	lxw_error code = workbook_close(writer->workbook);

	writer->workbook = NULL;
	if (code == LXW_NO_ERROR)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL, "the workbook: %s",
		    lxw_strerror(code));
	return FALSE;
}

void xlsx_writer_free(XlsxWriter *writer)
{
	if (!writer)
		return;
	if (writer->workbook)
		workbook_close(writer->workbook);
	g_free(writer);
}
