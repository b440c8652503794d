/* CSV: a table of documents with the rows they hold, faults with their exact place, limits, and a
 * round trip. */
#include "text/csv.h"

#include "base/error.h"
#include "support.h"

/* The document as "a|b / c|d"; bad rows as "!LINE:COLUMN message"; the error at the end as "ERROR
 * message". */
static char *read_with(const char *text, gsize n_bytes, const CsvOptions *options)
{
	g_autoptr(Input) input = input_new_bytes("f.csv", text, n_bytes, 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(CsvReader) reader = csv_open(input, options, &error);
	GString *out = g_string_new(NULL);
	CsvStep step = reader ? CSV_ROW : CSV_FAILED;

	for (guint i = 0; reader && i < csv_n_columns(reader); i++)
		g_string_append_printf(out, "%s%s", i ? "|" : "", csv_name(reader, i));
	while (reader && (step = csv_next(reader, &error)) >= CSV_ROW) {
		const CsvFault *fault = csv_fault(reader);

		g_assert_true((step == CSV_BAD_ROW) == (fault != NULL));
		g_string_append(out, " / ");
		for (guint i = 0; i < csv_n_cells(reader); i++)
			g_string_append_printf(out, "%s%s", i ? "|" : "",
					       csv_cell(reader, i, NULL));
		if (fault)
			g_string_append_printf(out, " !%d:%d %s", (int)fault->line,
					       (int)fault->column, fault->message);
	}
	g_assert_true((step == CSV_FAILED) == (error != NULL));
	if (error) {
		g_assert_cmpint(error_kind(error)->exit_code, ==, 3);
		g_string_append_printf(out, "ERROR %s", error->message);
	}
	return g_string_free(out, FALSE);
}

static char *read_text(const char *text)
{
	return read_with(text, strlen(text), NULL);
}

static void test_documents(void)
{
	static const char *const rows[][2] = {
		{"a,b\n1,2\n", "a|b / 1|2"},
		{"a,b\r\n1,2\r\n3,4", "a|b / 1|2 / 3|4"},
		{"a,b\r1,2\r3,4\r", "a|b / 1|2 / 3|4"},
		{"\xEF\xBB\xBF"
		 "a,b\n1,2",
		 "a|b / 1|2"},
		{"a;b;c,d\n1;2;3", "a|b|c,d / 1|2|3"},
		{"a\tb\n1,5\t2", "a|b / 1,5|2"},
		{"a|b\n1|2", "a|b / 1|2"},
		{"sep=;\r\na;b\n1;2", "a|b / 1|2"},
		{"text\nhello world\n\n\nx", "text / hello world / x"},
		{"a,b\n\"x, \"\"y\"\"\",\"\"\n", "a|b / x, \"y\"|"},
		{"a,b\n\"two\nlines\",\"\"\"\"\n1,2", "a|b / two\nlines|\" / 1|2"},
		{"a,b\n5\" pipe,he said \"hi\"\n", "a|b / 5\" pipe|he said \"hi\""},
		{" a , b \n 1 , 2 ", "a|b /  1 | 2 "},
		{"a,b\n1,2,,\n", "a|b / 1|2"},
		{"a\n\"\"\n", "a / "},
		{"姓名,电话\n张伟,\"138\"\n", "姓名|电话 / 张伟|138"},
		{"\n\na,b\n1,2", "a|b / 1|2"},
		{"\"a,b\",c\n1,2", "a,b|c / 1|2"},
		/* faulty rows */
		{"a,b\n1\n3,4\n",
		 "a|b / 1 !2:1 1 cell in this row, expected 2 as in the header / 3|4"},
		{"a,b\n张,2,3\n3,4\n",
		 "a|b / 张|2|3 !2:5 3 cells in this row, expected 2 as in the header / 3|4"},
		{"a,b\n\"x\"y,2\n3,4\n", "a|b / \"x\"y|2 !2:4 text behind a closing quote, "
					 "expected a delimiter or line end / 3|4"},
		{"a,b\n\"x\n张\"y,2\n3,4\n", "a|b / \"x\n张\"y|2 !3:3 text behind a closing quote, "
					     "expected a delimiter or line end / 3|4"},
		/* failures */
		{"", "ERROR f.csv:1:1: the file is empty, expected a header line with the names of "
		     "the columns"},
		{"\n\n", "ERROR f.csv:1:1: the file is empty, expected a header line with the "
			 "names of the columns"},
		{",,\n1,2,3", "ERROR f.csv:1:1: no column has a name, expected a header line with "
			      "the names of the columns"},
		{"a,b,a\n1,2,3",
		 "ERROR f.csv:1:5: the column name \"a\" stands twice, expected each name once"},
		{"{\"a\": 1}\n", "ERROR f.csv:1:1: this is JSON, expected a header line with the "
				 "names of the columns"},
		{"a,b\n1,2\n3,\"x\ny\n",
		 "a|b / 1|2ERROR f.csv:3:3: this quote is never closed, expected a closing \""},
		{"a,b\nx,\xFF\n",
		 "ERROR f.csv:2: byte 7 (0xFF) is not valid UTF-8, expected UTF-8 or GB18030 text"},
		{"PK\x03\x04 xxxxxxxxxxxxx", "ERROR f.csv:1: this is an Office or ZIP file (xlsx, "
					     "docx, zip), expected text in UTF-8 or GB18030"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *read = read_text(rows[i][0]);

		g_assert_cmpstr(read, ==, rows[i][1]);
	}
}

static void test_nul(void)
{
	static const char text[] = "a,b\n1\0x,2\n3,4\n";
	g_autofree char *read = read_with(text, sizeof(text) - 1, NULL);

	g_assert_cmpstr(read, ==, "a|b / 1|2 !2:2 a NUL character, expected text / 3|4");
}

static void test_options(void)
{
	g_autofree char *bare = read_with("1,2\n3,4\n", 8, &(CsvOptions){.no_header = TRUE});
	g_autofree char *twice = read_with("a,a\n3,4\n", 8, &(CsvOptions){.repeated_names = TRUE});
	g_autofree char *given = read_with("a,b;c\n1;2\n", 10, &(CsvOptions){.delimiter = ';'});

	g_assert_cmpstr(bare, ==, "1|2 / 1|2 / 3|4");
	g_assert_cmpstr(twice, ==, "a|a / 3|4");
	g_assert_cmpstr(given, ==, "a,b|c / 1|2");
}

static void test_columns(void)
{
	static const char text[] = "Name,E-Mail,name2\n张伟,\"a\nb\",\"c\"\n";
	g_autoptr(Input) input = input_new_bytes("f.csv", text, strlen(text), 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(CsvReader) reader = csv_open(input, NULL, &error);
	guint column = 9;
	gsize n;

	g_assert_no_error(error);
	g_assert_cmpint(csv_find(reader, "name"), ==, 0);
	g_assert_cmpint(csv_find(reader, "E-Mail"), ==, 1);
	g_assert_cmpint(csv_find(reader, ""), ==, -1);
	g_assert_cmpint(csv_delimiter(reader), ==, ',');
	g_assert_true(csv_get(reader, "name2", &column, &error));
	g_assert_cmpuint(column, ==, 2);
	g_assert_false(csv_get(reader, "phone", &column, &error));
	g_assert_cmpstr(error->message, ==,
			"f.csv:1:1: no column \"phone\", expected it among: Name, E-Mail, name2");
	g_clear_error(&error);
	g_assert_cmpint(csv_next(reader, &error), ==, CSV_ROW);
	g_assert_cmpuint(csv_line(reader), ==, 2);
	g_assert_cmpuint(csv_cell_line(reader, 2), ==, 3);
	g_assert_cmpuint(csv_cell_column(reader, 2), ==, 4);
	g_assert_cmpuint(csv_cell_column(reader, 1), ==, 4);
	g_assert_cmpstr(csv_cell(reader, 1, &n), ==, "a\nb");
	g_assert_cmpuint(n, ==, 3);
	g_assert_cmpstr(csv_cell(reader, 7, &n), ==, "");
	g_assert_cmpuint(n, ==, 0);
	g_assert_cmpint(csv_next(reader, &error), ==, CSV_END);
	g_assert_cmpint(csv_next(reader, &error), ==, CSV_END);
}

static char *repeat(const char *begin, const char *part, gsize n, const char *end)
{
	GString *text = g_string_new(begin);

	for (gsize i = 0; i < n; i++)
		g_string_append(text, part);
	g_string_append(text, end);
	return g_string_free(text, FALSE);
}

static void test_limits(void)
{
	g_autofree char *wide = repeat("", "c,", 4097, "c\n"),
			*long_cell = repeat("a,b\n1,", "x", CSV_CELL_MAX + 1, "\n");
	g_autofree char *fits = repeat("a,b\n1,", "x", CSV_CELL_MAX, "\n"),
			*endless = repeat("a,b\n1,\"", "xx\n", 3500000, "\n");
	g_autofree char *many = repeat("a,b\n", "1,2\n", 300000, "");
	g_autofree char *read_wide = read_text(wide), *read_long = read_text(long_cell),
			*read_fits = read_text(fits);
	g_autofree char *read_endless = read_text(endless), *read_many = read_text(many);

	g_assert_cmpstr(read_wide, ==,
			"ERROR f.csv:1:8193: more than 4096 columns, expected fewer");
	g_assert_cmpstr(read_long, ==,
			"a|bERROR f.csv:2:3: this cell is longer than 1 MiB, expected less (is a "
			"quote not closed?)");
	g_assert_cmpuint(strlen(read_fits), ==, strlen("a|b / 1|") + CSV_CELL_MAX);
	g_assert_cmpstr(read_endless, ==,
			"a|bERROR f.csv:2:1: this row is longer than 8 MiB, expected less (is a "
			"quote not closed?)");
	g_assert_cmpuint(strlen(read_many), ==, strlen("a|b") + 300000 * strlen(" / 1|2"));
}

/* Rows that straddle the buffer in every way read as if it were endless. */
static void test_straddle(void)
{
	for (gsize pad = 262144 - 28; pad < 262144 + 2; pad++) {
		g_autofree char *text = repeat("a,b\n", "x", pad, ",\"p\"\"q\r\n张\"\r\n1,2\r\n");
		g_autofree char *read = read_text(text);
		g_autofree char *expected = repeat("a|b / ", "x", pad, "|p\"q\r\n张 / 1|2");

		g_assert_cmpstr(read, ==, expected);
	}
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

static void test_write(void)
{
	g_autoptr(GString) out = g_string_new(NULL);
	CsvWriter writer = {.out = out}, all = {.out = out, .delimiter = ';', .quote_all = TRUE};
	static const char *const cells[] = {"a", "b,c", "d\"e", "f\ng", " h", NULL, "x=1", "张"};

	for (gsize i = 0; i < G_N_ELEMENTS(cells); i++)
		csv_put_text(&writer, cells[i]);
	csv_put_int(&writer, -5);
	csv_put_double(&writer, -0.1);
	csv_put_double(&writer, 1.0 / 3.0);
	csv_put_double(&writer, 1.0 / (double)out->allocated_len * 0.0 / 0.0);
	csv_end_row(&writer);
	csv_put_text(&all, "a\"b");
	csv_put_int(&all, 1);
	csv_end_row(&all);
	csv_put_text(&writer, "");
	csv_end_row(&writer);
	g_assert_cmpstr(out->str, ==,
			"a,\"b,c\",\"d\"\"e\",\"f\ng\",\" "
			"h\",,x=1,张,-5,-0.1,0.3333333333333333,\n\"a\"\"b\";1\n\"\"\n");
}

static void test_formulas(void)
{
	static const char *const dangerous[] = {"=1+1",
						"+1",
						"-1",
						"@SUM(A1)",
						"\t=1",
						"\r=1",
						"\n=1",
						"＝1",
						"＋1",
						"－1",
						"＠x",
						"  =1",
						"=cmd|' /C calc'!A0",
						"=HYPERLINK(\"http://x\")"};
	static const char *const harmless[] = {"", "1", "a=b", "'=1", "张", "1-2", "a@b.c", "（"};

	for (gsize i = 0; i < G_N_ELEMENTS(dangerous); i++) {
		g_autoptr(GString) out = g_string_new("h\n"), bare = g_string_new(NULL);
		CsvWriter writer = {.out = out}, program = {.out = bare, .bare = TRUE};
		g_autoptr(Input) input = NULL;
		g_autoptr(CsvReader) reader = NULL;

		csv_put_text(&writer, dangerous[i]);
		csv_end_row(&writer);
		csv_put_text(&program, dangerous[i]);
		g_assert_false(strchr(bare->str, '\'') && !strchr(dangerous[i], '\''));
		input = input_new_bytes("out", out->str, out->len, 0);
		reader = csv_open(input, &(CsvOptions){.delimiter = ','}, NULL);
		g_assert_cmpint(csv_next(reader, NULL), ==, CSV_ROW);
		g_assert_cmpint(csv_cell(reader, 0, NULL)[0], ==, '\'');
		g_assert_cmpstr(csv_unguard(csv_cell(reader, 0, NULL)), ==, dangerous[i]);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(harmless); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		CsvWriter writer = {.out = out};

		csv_put_text(&writer, harmless[i]);
		g_assert_cmpstr(out->str, ==, harmless[i]);
	}
	g_assert_cmpstr(csv_unguard("'tis"), ==, "'tis");
}

/* Whatever is written is read back, whatever the delimiter. */
static void check_round(const char *text, gsize n_bytes)
{
	static const char delimiters[] = ",;\t|";
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)n_bytes);

	for (const char *d = delimiters; *d; d++) {
		g_autoptr(GString) out = g_string_new("a,b,c\n");
		CsvWriter writer = {.out = out, .delimiter = *d, .quote_all = (n_bytes & 1) != 0};
		g_autoptr(Input) input = NULL;
		g_autoptr(CsvReader) reader = NULL;

		g_strdelimit(out->str, ",", *d);
		csv_put_text(&writer, valid);
		csv_put_text(&writer, "m");
		csv_put_text(&writer, valid);
		csv_end_row(&writer);
		input = input_new_bytes("out", out->str, out->len, 0);
		reader = csv_open(input, &(CsvOptions){.delimiter = *d}, NULL);
		g_assert_nonnull(reader);
		g_assert_cmpint(csv_next(reader, NULL), ==, CSV_ROW);
		g_assert_cmpstr(csv_unguard(csv_cell(reader, 0, NULL)), ==, csv_unguard(valid));
		g_assert_cmpstr(csv_cell(reader, 1, NULL), ==, "m");
		g_assert_cmpstr(csv_unguard(csv_cell(reader, 2, NULL)), ==, csv_unguard(valid));
		g_assert_cmpint(csv_next(reader, NULL), ==, CSV_END);
	}
}

static void test_round(void)
{
	support_foreach_nasty(check_round);
	support_foreach_noise(check_round, 500);
}

static void test_naughty(void)
{
	support_foreach_naughty(check_round);
}

/* Any bytes are read to an end without a crash, and the reader never hands out broken UTF-8. */
static void check_any(const char *text, gsize n_bytes)
{
	g_autofree char *read = read_with(text, n_bytes, &(CsvOptions){.repeated_names = TRUE});

	g_assert_true(g_utf8_validate(read, -1, NULL));
}

static void test_any(void)
{
	static const char alphabet[] = "ab,,\"\"\"\n\r;\t|x\0";
	g_autoptr(GRand) rand = g_rand_new_with_seed(3);

	support_foreach_nasty(check_any);
	support_foreach_noise(check_any, 500);
	for (int i = 0; i < 5000; i++) {
		char text[40];
		gsize n = (gsize)g_rand_int_range(rand, 0, 40);

		for (gsize k = 0; k < n; k++)
			text[k] = alphabet[g_rand_int_range(rand, 0, sizeof(alphabet) - 1)];
		check_any(text, n);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/csv/documents", test_documents);
	g_test_add_func("/csv/nul", test_nul);
	g_test_add_func("/csv/options", test_options);
	g_test_add_func("/csv/columns", test_columns);
	g_test_add_func("/csv/limits", test_limits);
	g_test_add_func("/csv/straddle", test_straddle);
	g_test_add_func("/csv/write", test_write);
	g_test_add_func("/csv/formulas", test_formulas);
	g_test_add_func("/csv/round", test_round);
	g_test_add_func("/csv/naughty", test_naughty);
	g_test_add_func("/csv/any-bytes", test_any);
	return g_test_run();
}
