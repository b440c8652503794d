/* Rows that were read and written read back the same, with any delimiter and quoting; faults and places
 * lie within the file. */
#include "text/csv.h"

#include "base/error.h"
#include "fuzz/fuzz.h"

static const char delimiters[] = {0, ',', ';', '\t', '|'};

static void check_cells(const CsvReader *reader, guint64 n_lines)
{
	for (guint i = 0; i < csv_n_cells(reader); i++) {
		gsize n;
		const char *cell = csv_cell(reader, i, &n);

		g_assert_cmpint(cell[n], ==, '\0');
		g_assert_cmpuint(n, <=, CSV_CELL_MAX);
		g_assert_cmpuint(csv_cell_line(reader, i), >=, csv_line(reader));
		g_assert_cmpuint(csv_cell_line(reader, i), <=, n_lines);
		g_assert_cmpuint(csv_cell_column(reader, i), >=, 1);
	}
	g_assert_cmpstr(csv_cell(reader, csv_n_cells(reader), NULL), ==, "");
}

static void copy_row(const CsvReader *reader, CsvWriter *writer, GString *cells)
{
	for (guint i = 0; i < csv_n_cells(reader); i++) {
		const char *cell = csv_cell(reader, i, NULL);

		g_assert_true(g_utf8_validate(cell, -1, NULL));
		csv_put_text(writer, cell);
		g_string_append_printf(cells, "%s%c", cell, 1);
	}
	csv_end_row(writer);
	g_string_append_c(cells, 2);
}

/* A row in front, so that no cell begins the file and is taken for what files begin with. */
static void lead(const CsvReader *reader, CsvWriter *writer)
{
	for (guint i = 0; i < csv_n_columns(reader); i++)
		csv_put_text(writer, "lead");
	csv_end_row(writer);
}

/* Reads the bytes to the end or the fault, writes the good rows, and notes their cells. */
static void read_table(const char *bytes, gsize n, const CsvOptions *options, gboolean leads,
		       CsvWriter *writer, GString *cells)
{
	g_autoptr(Input) input = input_new_bytes("table", bytes, n, 0);
	g_autoptr(GError) error = NULL;
	g_autoptr(CsvReader) reader = csv_open(input, options, &error);
	CsvStep step = reader ? CSV_END : CSV_FAILED;

	if (reader && !leads)
		lead(reader, writer);
	else if (reader)
		g_assert_cmpint(csv_next(reader, NULL), ==, CSV_ROW);
	while (reader && (step = csv_next(reader, &error)) >= CSV_ROW) {
		check_cells(reader, n + 1);
		g_assert_true((step == CSV_BAD_ROW) == (csv_fault(reader) != NULL));
		if (step == CSV_ROW) {
			g_assert_cmpuint(csv_n_cells(reader), ==, csv_n_columns(reader));
			copy_row(reader, writer, cells);
		}
	}
	g_assert_true((step == CSV_FAILED) == (error != NULL));
	if (error)
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

/* No cell that a spreadsheet could take for a formula. */
static void check_guard(const char *written)
{
	const CsvOptions options = {.delimiter = ',', .no_header = TRUE, .repeated_names = TRUE};
	g_autoptr(Input) input = input_new_bytes("table", written, strlen(written), 0);
	g_autoptr(CsvReader) reader = csv_open(input, &options, NULL);

	while (reader && csv_next(reader, NULL) == CSV_ROW)
		for (guint i = 0; i < csv_n_cells(reader); i++) {
			const char *cell = csv_cell(reader, i, NULL);

			g_assert_false(*cell && strchr("=+-@\t\r\n", *cell));
		}
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	guint8 knobs = fuzz_byte(&input);
	CsvOptions options = {.delimiter = delimiters[knobs % 5],
			      .no_header = knobs & 32,
			      .repeated_names = TRUE};
	const CsvOptions plain = {
		.delimiter = delimiters[1 + knobs / 64], .no_header = TRUE, .repeated_names = TRUE};
	g_autoptr(GString) out = g_string_new(NULL), cells = g_string_new(NULL);
	g_autoptr(GString) again = g_string_new(NULL), cells_again = g_string_new(NULL);
	g_autoptr(GString) guarded = g_string_new(NULL), ignored = g_string_new(NULL);
	CsvWriter writer = {.out = out,
			    .delimiter = plain.delimiter,
			    .quote_all = knobs & 16,
			    .bare = TRUE},
		  writer_again = {.out = again, .bare = TRUE}, writer_guarded = {.out = guarded};

	read_table(input.at, input.n, &options, FALSE, &writer, cells);
	read_table(out->str, out->len, &plain, TRUE, &writer_again, cells_again);
	g_assert_cmpstr(cells_again->str, ==, cells->str);
	read_table(input.at, input.n, &options, FALSE, &writer_guarded, ignored);
	check_guard(guarded->str);
	return 0;
}
