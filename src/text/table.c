/* One face for every form of table; the forms are rows, and CSV is a thin one. */
#include "text/table.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "text/table_source.h"

static const TableKind *const kinds[TABLE_N_FORMATS] = {
	[TABLE_CSV] = &table_csv,
	[TABLE_XLSX] = &table_xlsx,
	[TABLE_JSONL] = &table_jsonl,
	[TABLE_VCARD] = &table_vcard,
};

const char *table_format_name(TableFormat format)
{
	return kinds[format]->name;
}

/* ---- for the forms ------------------------------------------------------------------------------------------- */

int table_column(Table *table, const char *name)
{
	guint known = GPOINTER_TO_UINT(g_hash_table_lookup(table->by_name, name));
	char *own;

	if (known)
		return (int)known - 1;
	if (table->names->len >= CSV_COLUMNS_MAX)
		return -1;
	own = g_strdup(name);
	g_ptr_array_add(table->names, own);
	g_ptr_array_add(table->cells, NULL);
	g_hash_table_insert(table->by_name, own, GUINT_TO_POINTER(table->names->len));
	return (int)table->names->len - 1;
}

void table_set(Table *table, guint column, const char *text)
{
	table->cells->pdata[column] = (gpointer)(guintptr)text;
}

void table_set_fault(Table *table, guint64 column, const char *message)
{
	if (table->fault.message)
		return;
	table->fault = (CsvFault){table->line, column, g_strdup(message)};
}

CsvStep table_fail(const Table *table, guint64 line, guint64 column, const char *message,
		   GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ": %s", table->file, line, column,
		    message);
	return CSV_FAILED;
}

/* ---- opening ------------------------------------------------------------------------------------------------- */

static gboolean is_archive(const char *path)
{
	char first[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gssize n = fd < 0 ? 0 : read(fd, first, sizeof(first));

	if (fd >= 0)
		close(fd);
	return n == 4 && memcmp(first, "PK\3\4", 4) == 0;
}

/* By the first text that is no white space. */
static gboolean find_text_format(const char *path, const char *name, TableFormat *ret_format,
				 GError **error)
{
	g_autoptr(Input) input = input_open_as(path, name, 0, error);
	char begin[64];
	gssize n = input ? input_read(input, begin, sizeof(begin) - 1, error) : -1;
	const char *text = begin;

	if (n < 0)
		return FALSE;
	begin[n] = '\0';
	text += strspn(text, " \t\r\n");
	*ret_format = *text == '{' ? TABLE_JSONL : TABLE_CSV;
	if (g_ascii_strncasecmp(text, "BEGIN:VCARD", 11) == 0)
		*ret_format = TABLE_VCARD;
	return TRUE;
}

/* Standard input as a file that can be read again, without a name. -1 with error. */
static int spool_input(GError **error)
{
	g_autofree char *path = NULL;
	char bytes[65536];
	gssize n = 0;
	int fd = g_file_open_tmp("zhiyin-XXXXXX", &path, error);

	if (fd < 0)
		return -1;
	unlink(path);
	while ((n = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0 &&
	       write(fd, bytes, (gsize)n) == n)
		;
	if (n == 0)
		return fd;
	close(fd);
	g_set_error_literal(
		error, ZHIYIN_ERROR, n < 0 ? ZHIYIN_ERROR_INVALID : ZHIYIN_ERROR_STORAGE_FULL,
		n < 0 ? "standard input cannot be read" : "there is no room for standard input");
	return -1;
}

Table *table_open(const char *path, const char *name, GError **error)
{
	g_autoptr(Table) table = g_new0(Table, 1);
	g_autofree char *spool = NULL;
	TableFormat format = TABLE_XLSX;

	table->spool_fd = -1;
	table->file = g_strdup(name);
	table->names = g_ptr_array_new_with_free_func(g_free);
	table->by_name = g_hash_table_new(g_str_hash, g_str_equal);
	table->cells = g_ptr_array_new();
	if (g_str_equal(path, "-")) {
		table->spool_fd = spool_input(error);
		if (table->spool_fd < 0)
			return NULL;
		path = spool = g_strdup_printf("/proc/self/fd/%d", table->spool_fd);
	}
	if (!is_archive(path) && !find_text_format(path, name, &format, error))
		return NULL;
	table->kind = kinds[format];
	table->source = table->kind->open(table, path, error);
	return table->source ? g_steal_pointer(&table) : NULL;
}

void table_close(Table *table)
{
	if (!table)
		return;
	if (table->source)
		table->kind->close(table->source);
	if (table->spool_fd >= 0)
		close(table->spool_fd);
	g_hash_table_unref(table->by_name);
	g_ptr_array_unref(table->names);
	g_ptr_array_unref(table->cells);
	g_free(table->fault.message);
	g_free(table->file);
	g_free(table);
}

TableFormat table_format(const Table *table)
{
	TableFormat format = 0;

	while (kinds[format] != table->kind)
		format++;
	return format;
}

guint table_n_columns(const Table *table)
{
	return table->names->len;
}

const char *table_name(const Table *table, guint column)
{
	return table->names->pdata[column];
}

/* ---- rows ---------------------------------------------------------------------------------------------------- */

CsvStep table_next(Table *table, GError **error)
{
	CsvStep step;

	g_clear_pointer(&table->fault.message, g_free);
	for (guint i = 0; i < table->cells->len; i++)
		table->cells->pdata[i] = NULL;
	step = table->kind->next(table, table->source, error);
	return step == CSV_ROW && table->fault.message ? CSV_BAD_ROW : step;
}

const char *table_cell(const Table *table, guint column)
{
	const char *text = column < table->cells->len ? table->cells->pdata[column] : NULL;

	return text ? text : "";
}

guint64 table_line(const Table *table)
{
	return table->line;
}

const CsvFault *table_fault(const Table *table)
{
	return table->fault.message ? &table->fault : NULL;
}

/* ---- CSV ----------------------------------------------------------------------------------------------------- */

typedef struct {
	Input *input;
	CsvReader *reader;
} CsvSource;

static void csv_source_close(gpointer data)
{
	CsvSource *csv = data;

	csv_close(csv->reader);
	input_free(csv->input);
	g_free(csv);
}

static gpointer csv_source_open(Table *table, const char *path, GError **error)
{
	CsvSource *csv = g_new0(CsvSource, 1);

	csv->input = input_open_as(path, table->file, 0, error);
	csv->reader = csv->input ? csv_open(csv->input, NULL, error) : NULL;
	if (!csv->reader) {
		csv_source_close(csv);
		return NULL;
	}
	for (guint i = 0; i < csv_n_columns(csv->reader); i++)
		table_column(table, csv_name(csv->reader, i));
	return csv;
}

static CsvStep csv_source_next(Table *table, gpointer data, GError **error)
{
	CsvSource *csv = data;
	CsvStep step = csv_next(csv->reader, error);
	const CsvFault *fault = csv_fault(csv->reader);

	table->line = csv_line(csv->reader);
	if (step == CSV_BAD_ROW)
		table->fault = (CsvFault){fault->line, fault->column, g_strdup(fault->message)};
	for (guint i = 0; step == CSV_ROW && i < table->names->len; i++)
		table_set(table, i, csv_unguard(csv_cell(csv->reader, i, NULL)));
	return step;
}

const TableKind table_csv = {"csv", csv_source_open, csv_source_close, csv_source_next};
