/* A table in any form, or the parts of a workbook (sheet, shared texts, styles, workbook, relations; one
 * behind the other, parted by 0x1E): reading ends, columns have names of their own, cells are valid text,
 * rows stand in order. */
#include "text/table.h"

#include <zip.h>

#include "base/error.h"
#include "fuzz/file.h"

static const char *const parts[] = {"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml",
				    "xl/styles.xml", "xl/workbook.xml",
				    "xl/_rels/workbook.xml.rels"};

/* The parts as an archive; the caller frees it. */
static GByteArray *workbook(FuzzInput input)
{
	zip_error_t failed;
	zip_source_t *whole = zip_source_buffer_create(NULL, 0, 0, &failed);
	zip_t *archive = zip_open_from_source(whole, ZIP_TRUNCATE, &failed);
	GByteArray *bytes = g_byte_array_new();
	zip_stat_t size;

	g_assert_nonnull(archive);
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++) {
		FuzzInput part = fuzz_until(&input, '\x1e');
		gint64 at;

		if (!part.n && i < 3)
			continue;
		if (!part.n)
			part = (FuzzInput){"<x/>", 4};
		at = zip_file_add(archive, parts[i], zip_source_buffer(archive, part.at, part.n, 0),
				  0);
		g_assert_cmpint(at, >=, 0);
		zip_set_file_compression(archive, (zip_uint64_t)at, ZIP_CM_STORE, 0);
	}
	zip_source_keep(whole);
	g_assert_cmpint(zip_close(archive), ==, 0);
	g_assert_cmpint(zip_source_stat(whole, &size), ==, 0);
	g_byte_array_set_size(bytes, (guint)size.size);
	g_assert_cmpint(zip_source_open(whole), ==, 0);
	g_assert_cmpint(zip_source_read(whole, bytes->data, size.size), ==, (gint64)size.size);
	zip_source_close(whole);
	zip_source_free(whole);
	return bytes;
}

static void check_names(const Table *table)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	g_assert_cmpuint(table_n_columns(table), <=, CSV_COLUMNS_MAX);
	for (guint i = 0; i < table_n_columns(table); i++) {
		g_assert_true(g_utf8_validate(table_name(table, i), -1, NULL));
		g_assert_true(table_format(table) == TABLE_CSV || /* which may leave names out */
			      g_hash_table_add(seen, (gpointer)(gsize)table_name(table, i)));
	}
}

static void read_rows(Table *table)
{
	g_autoptr(GError) error = NULL;
	guint64 before = 0;
	CsvStep step;

	while ((step = table_next(table, &error)) >= CSV_ROW) {
		g_assert_true((step == CSV_BAD_ROW) == (table_fault(table) != NULL));
		g_assert_cmpuint(table_line(table), >=, before);
		/* a workbook numbers its rows itself */
		before = table_format(table) == TABLE_XLSX ? 0 : table_line(table);
		for (guint i = 0; i <= table_n_columns(table); i++)
			g_assert_true(g_utf8_validate(table_cell(table, i), -1, NULL));
	}
	g_assert_true((step == CSV_FAILED) == (error != NULL));
	check_names(table);
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	gboolean is_book = fuzz_byte(&input) & 1;
	g_autoptr(GByteArray) book = is_book ? workbook(input) : NULL;
	g_auto(FuzzFile) file =
		book ? fuzz_file(book->data, book->len) : fuzz_file(input.at, input.n);
	g_autoptr(GError) error = NULL;
	g_autoptr(Table) table = table_open(file.path, "table", &error);

	if (!table) {
		g_assert_true(g_error_matches(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID) ||
			      g_error_matches(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE));
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return 0;
	}
	check_names(table);
	read_rows(table);
	return 0;
}
