/* Three kinds of source behind one row: a table, JSON Lines, plain lines. */
#include "cli/text_rows.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "text/lines.h"
#include "text/normalise.h"
#include "text/table.h"

enum { NAMED_FAULTS = 20 };

struct TextRows {
	const CommandRun *run;
	const char *column;
	char *name;
	Table *table; /* or */
	Lines *lines;
	gboolean json;
	guint at; /* column of the table */
	json_t *object;
	char *text;
	guint64 line, n, n_faults;
};

static gboolean has_suffix(const char *path, const char *const *suffixes)
{
	g_autofree char *name = g_ascii_strdown(path, -1);

	if (g_str_has_suffix(name, ".gz"))
		name[strlen(name) - 3] = '\0';
	for (; *suffixes; suffixes++)
		if (g_str_has_suffix(name, *suffixes))
			return TRUE;
	return FALSE;
}

static gboolean find_column(TextRows *rows, GError **error)
{
	for (guint i = 0; i < table_n_columns(rows->table); i++)
		if (g_ascii_strcasecmp(table_name(rows->table, i), rows->column) == 0) {
			rows->at = i;
			return TRUE;
		}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s:1: there is no column \"%s\"",
		    rows->name, rows->column);
	return FALSE;
}

TextRows *text_rows_open(const CommandRun *run, const char *path, const char *column,
			 GError **error)
{
	static const char *const tables[] = {".csv", ".tsv", ".xlsx", NULL};
	static const char *const objects[] = {".jsonl", ".json", ".ndjson", NULL};
	g_autoptr(TextRows) rows = g_new0(TextRows, 1);
	Input *input;

	if (!path) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "give --in FILE");
		return NULL;
	}
	rows->run = run;
	rows->column = column;
	rows->name = g_strdup(g_str_equal(path, "-") ? "standard input" : path);
	rows->json = g_str_equal(path, "-") || has_suffix(path, objects);
	if (has_suffix(path, tables)) {
		rows->table = table_open(path, path, error);
		return rows->table && find_column(rows, error) ? g_steal_pointer(&rows) : NULL;
	}
	input = input_open(path, 0, error);
	if (!input)
		return NULL;
	rows->lines = lines_new(input);
	return g_steal_pointer(&rows);
}

void text_rows_free(TextRows *rows)
{
	if (!rows)
		return;
	table_close(rows->table);
	lines_free(rows->lines);
	json_decref(rows->object);
	g_free(rows->text);
	g_free(rows->name);
	g_free(rows);
}

/* Names the fault; FALSE when it ends the run. */
static gboolean fault(TextRows *rows, const char *message, GError **error)
{
	rows->n_faults++;
	if (command_flag(rows->run, "strict")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s:%" G_GUINT64_FORMAT ": %s", rows->name, rows->line, message);
		return FALSE;
	}
	if (rows->n_faults <= NAMED_FAULTS)
		command_note(rows->run, "%s:%" G_GUINT64_FORMAT ": %s", rows->name, rows->line,
			     message);
	return TRUE;
}

static gboolean at_end(const TextRows *rows, GError **error)
{
	if (rows->n_faults > NAMED_FAULTS)
		command_note(rows->run, "and %" G_GUINT64_FORMAT " faulty lines more",
			     rows->n_faults - NAMED_FAULTS);
	if (!rows->n && rows->n_faults)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s: no line holds a text \"%s\"", rows->name, rows->column);
	return FALSE;
}

static gboolean accept_text(TextRows *rows, const char *text)
{
	g_free(rows->text);
	rows->text = text_clean(text, -1);
	rows->n++;
	return TRUE;
}

static gboolean next_table(TextRows *rows, GError **error)
{
	CsvStep step;

	while ((step = table_next(rows->table, error)) != CSV_END) {
		if (step == CSV_FAILED)
			return FALSE;
		rows->line = table_line(rows->table);
		if (step != CSV_BAD_ROW)
			return accept_text(rows, table_cell(rows->table, rows->at));
		if (!fault(rows, table_fault(rows->table)->message, error))
			return FALSE;
	}
	return at_end(rows, error);
}

/* Reads the object of a line; the text in it, or NULL with what is wrong. */
static const char *read_object(TextRows *rows, const char *line, gsize n, GError **error)
{
	const char *text;

	json_decref(rows->object);
	rows->object = json_parse(line, n, error);
	text = json_member_string(rows->object, rows->column);
	if (rows->object && !text)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected an object with the text \"%s\"", rows->column);
	return text;
}

static gboolean next_line(TextRows *rows, GError **error)
{
	g_autoptr(GError) failure = NULL;
	const char *line;
	gsize n;

	while ((line = lines_next(rows->lines, &n, &failure))) {
		g_autoptr(GError) cause = NULL;
		const char *text;

		rows->line = rows->lines->line;
		if (!n && rows->json)
			continue;
		text = rows->json ? read_object(rows, line, n, &cause) : line;
		if (text)
			return accept_text(rows, text);
		if (!fault(rows, cause->message, error))
			return FALSE;
	}
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	return at_end(rows, error);
}

gboolean text_rows_next(TextRows *rows, GError **error)
{
	return rows->table ? next_table(rows, error) : next_line(rows, error);
}

const char *text_rows_text(const TextRows *rows)
{
	return rows->text;
}

const json_t *text_rows_object(const TextRows *rows)
{
	return rows->object;
}

guint64 text_rows_line(const TextRows *rows)
{
	return rows->line;
}

/* ---- out ------------------------------------------------------------------------------------- */

struct TextOut {
	CommandRun *run;
	char *path, *partial; /* NULL: standard output */
	FILE *file;
};

static gboolean cannot_write(const char *path, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "cannot write %s: %s", path,
		    g_strerror(errno));
	return FALSE;
}

TextOut *text_out_open(CommandRun *run, const char *path, GError **error)
{
	g_autoptr(TextOut) out = g_new0(TextOut, 1);

	out->run = run;
	if (!path || g_str_equal(path, "-"))
		return g_steal_pointer(&out);
	out->path = g_strdup(path);
	out->partial = g_strconcat(path, ".part", NULL);
	out->file = g_fopen(out->partial, "wbe");
	if (out->file)
		return g_steal_pointer(&out);
	cannot_write(out->partial, error);
	return NULL;
}

gboolean text_out_write(TextOut *out, const GString *text, GError **error)
{
	if (!out->file)
		return command_print(out->run, text->str, (gssize)text->len, error);
	return fwrite(text->str, 1, text->len, out->file) == text->len ||
	       cannot_write(out->partial, error);
}

gboolean text_out_commit(TextOut *out, GError **error)
{
	FILE *file = g_steal_pointer(&out->file);

	if (!file)
		return TRUE;
	if (fclose(file) != 0 || g_rename(out->partial, out->path) != 0) {
		cannot_write(out->path, error);
		g_unlink(out->partial);
		return FALSE;
	}
	return TRUE;
}

void text_out_free(TextOut *out)
{
	if (!out)
		return;
	if (out->file) {
		fclose(out->file);
		g_unlink(out->partial);
	}
	g_free(out->path);
	g_free(out->partial);
	g_free(out);
}
