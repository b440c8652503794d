/* Tables of every form as one: cells by name, faults of rows and of structure. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "text/table.h"
#include "text/xlsx_write.h"

typedef struct {
	char *folder, *path;
} Fixture;

static Fixture fixture_new(const char *text)
{
	Fixture f = {.folder = g_dir_make_tmp("table-XXXXXX", NULL)};

	f.path = g_build_filename(f.folder, "t", NULL);
	if (text)
		g_assert_true(g_file_set_contents(f.path, text, -1, NULL));
	return f;
}

static void fixture_clear(Fixture *f)
{
	g_unlink(f->path);
	g_rmdir(f->folder);
	g_free(f->path);
	g_free(f->folder);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

static const char *cell(const Table *table, const char *name)
{
	for (guint i = 0; i < table_n_columns(table); i++)
		if (g_str_equal(table_name(table, i), name))
			return table_cell(table, i);
	return NULL;
}

static void test_csv(void)
{
	g_auto(Fixture) f = fixture_new("a,b\n1,'=x\nonly\n\"2\n\",3\n");
	g_autoptr(Table) table = table_open(f.path, "t.csv", NULL);

	g_assert_cmpint(table_format(table), ==, TABLE_CSV);
	g_assert_cmpint(table_next(table, NULL), ==, CSV_ROW);
	g_assert_cmpstr(cell(table, "b"), ==, "=x"); /* without the guard */
	g_assert_cmpint(table_next(table, NULL), ==, CSV_BAD_ROW);
	g_assert_cmpuint(table_fault(table)->line, ==, 3);
	g_assert_cmpint(table_next(table, NULL), ==, CSV_ROW);
	g_assert_cmpstr(cell(table, "a"), ==, "2\n");
	g_assert_cmpuint(table_line(table), ==, 4);
	g_assert_null(table_fault(table));
	g_assert_cmpint(table_next(table, NULL), ==, CSV_END);
}

static void test_jsonl(void)
{
	g_auto(Fixture) f =
		fixture_new("{\"a\":\"x\",\"n\":1.5}\n\n[1]\n{\"b\":[1,{\"c\":null}],\"a\":null}");
	g_autoptr(Table) table = table_open(f.path, "t.jsonl", NULL);

	g_assert_cmpint(table_format(table), ==, TABLE_JSONL);
	g_assert_cmpuint(table_n_columns(table), ==, 0);
	g_assert_cmpint(table_next(table, NULL), ==, CSV_ROW);
	g_assert_cmpstr(cell(table, "a"), ==, "x");
	g_assert_cmpstr(cell(table, "n"), ==, "1.5");
	g_assert_cmpint(table_next(table, NULL), ==, CSV_BAD_ROW);
	g_assert_cmpint(table_next(table, NULL), ==, CSV_ROW);
	g_assert_cmpuint(table_n_columns(table), ==, 3);
	g_assert_cmpstr(cell(table, "a"), ==, "");
	g_assert_cmpstr(cell(table, "b"), ==, "[1,{\"c\":null}]");
	g_assert_cmpint(table_next(table, NULL), ==, CSV_END);
}

static void test_vcard(void)
{
	g_auto(Fixture) f =
		fixture_new("BEGIN:VCARD\r\nVERSION:4.0\r\nN:Lee;Ann;;;\r\n"
			    "EMAIL;TYPE=\"a:b\":a@\r\n b.example\r\nTEL:tel:+1-555\r\n"
			    "ADR:;;1 Road;Town;;;GB\r\nNOTE:a\\,b\\nc\r\nEND:VCARD\r\n");
	g_autoptr(Table) table = table_open(f.path, "t.vcf", NULL);

	g_assert_cmpint(table_format(table), ==, TABLE_VCARD);
	g_assert_cmpint(table_next(table, NULL), ==, CSV_ROW);
	g_assert_cmpstr(cell(table, "name"), ==, "Ann Lee");
	g_assert_cmpstr(cell(table, "email"), ==, "a@b.example");
	g_assert_cmpstr(cell(table, "phone"), ==, "+1-555");
	g_assert_cmpstr(cell(table, "address"), ==, "1 Road Town GB");
	g_assert_cmpstr(cell(table, "note"), ==, "a,b\nc");
	g_assert_cmpuint(table_line(table), ==, 1);
	g_assert_cmpint(table_next(table, NULL), ==, CSV_END);
}

static void test_workbook_that_we_write(void)
{
	g_auto(Fixture) f = fixture_new(NULL);
	g_autoptr(XlsxWriter) writer = xlsx_writer_new(f.path, f.folder, NULL);
	g_autoptr(Table) table = NULL;

	g_assert_true(xlsx_put_text(writer, "名", NULL) && xlsx_put_text(writer, "n", NULL) &&
		      xlsx_put_text(writer, "b", NULL));
	xlsx_end_row(writer);
	for (int i = 0; i < 1000; i++) {
		g_assert_true(xlsx_put_text(writer, i ? "=1+1" : NULL, NULL) &&
			      xlsx_put_number(writer, i / 4., NULL) &&
			      xlsx_put_boolean(writer, i % 2, NULL));
		xlsx_end_row(writer);
	}
	g_assert_true(xlsx_finish(writer, NULL));
	table = table_open(f.path, "t.xlsx", NULL);
	g_assert_cmpint(table_format(table), ==, TABLE_XLSX);
	for (int i = 0; i < 1000; i++) {
		g_autofree char *number = g_strdup_printf("%g", i / 4.);

		g_assert_cmpint(table_next(table, NULL), ==, CSV_ROW);
		g_assert_cmpuint(table_line(table), ==, (guint64)i + 2);
		g_assert_cmpstr(cell(table, "名"), ==, i ? "=1+1" : "");
		g_assert_cmpstr(cell(table, "n"), ==, number);
		g_assert_cmpstr(cell(table, "b"), ==, i % 2 ? "true" : "false");
	}
	g_assert_cmpint(table_next(table, NULL), ==, CSV_END);
}

static void test_a_cell_too_long_to_write(void)
{
	g_auto(Fixture) f = fixture_new(NULL);
	g_autoptr(XlsxWriter) writer = xlsx_writer_new(f.path, f.folder, NULL);
	g_autofree char *text = g_strnfill(40000, 'x');
	g_autoptr(GError) error = NULL;

	g_assert_false(xlsx_put_text(writer, text, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE);
}

static void test_faults_of_structure(void)
{
	static const char *const texts[] = {"", "{\n", "BEGIN:VCARD\n", "a,a\n", "PK\3\4nothing"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_auto(Fixture) f = fixture_new(texts[i]);
		g_autoptr(GError) error = NULL;
		g_autoptr(Table) table = table_open(f.path, "t.x", &error);

		if (table)
			g_assert_cmpint(table_next(table, &error), ==, CSV_FAILED);
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
		g_assert_true(g_str_has_prefix(error->message, "t.x:"));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/table/csv", test_csv);
	g_test_add_func("/table/jsonl", test_jsonl);
	g_test_add_func("/table/vcard", test_vcard);
	g_test_add_func("/table/workbook-that-we-write", test_workbook_that_we_write);
	g_test_add_func("/table/a-cell-too-long-to-write", test_a_cell_too_long_to_write);
	g_test_add_func("/table/faults-of-structure", test_faults_of_structure);
	return g_test_run();
}
