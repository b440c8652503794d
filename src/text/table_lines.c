/* Tables whose rows are lines of text: JSON Lines and vCard. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "text/table_source.h"

static gpointer open_lines(Table *table, const char *path, GError **error)
{
	Input *input = input_open_as(path, table->file, 0, error);

	return input ? lines_new(input) : NULL;
}

/* ---- JSON Lines ---------------------------------------------------------------------------------------------- */

typedef struct {
	Lines *lines;
	GPtrArray *texts; /* of the present row */
} JsonSource;

static void json_free_text(gpointer text)
{
	free(text);
}

static gpointer json_source_open(Table *table, const char *path, GError **error)
{
	Lines *lines = open_lines(table, path, error);
	JsonSource *json;

	if (!lines)
		return NULL;
	json = g_new0(JsonSource, 1);
	json->lines = lines;
	json->texts = g_ptr_array_new_with_free_func(json_free_text);
	return json;
}

static void json_source_close(gpointer data)
{
	JsonSource *json = data;

	lines_free(json->lines);
	g_ptr_array_unref(json->texts);
	g_free(json);
}

/* Texts as they are, everything else as JSON: true, 12.5, ["a"]. */
static char *json_cell(const json_t *value)
{
	if (json_is_string(value))
		return strdup(json_string_value(value));
	return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
}

static void json_set_cells(Table *table, JsonSource *json, json_t *row)
{
	const char *name;
	json_t *value;

	g_ptr_array_set_size(json->texts, 0);
	json_object_foreach(row, name, value)
	{
		int column = table_column(table, name);

		if (column < 0) {
			table_set_fault(table, 1, "more members than columns are allowed");
			return;
		}
		if (json_is_null(value))
			continue;
		g_ptr_array_add(json->texts, json_cell(value));
		table_set(table, (guint)column, json->texts->pdata[json->texts->len - 1]);
	}
}

static CsvStep json_source_next(Table *table, gpointer data, GError **error)
{
	JsonSource *json = data;
	g_autoptr(json_t) row = NULL;
	g_autoptr(GError) failed = NULL;
	gsize n = 0;
	char *line;

	do
		line = lines_next(json->lines, &n, &failed);
	while (line && !line[strspn(line, " \t")]);
	table->line = json->lines->line;
	if (!line) {
		if (!failed)
			return CSV_END;
		g_propagate_error(error, g_steal_pointer(&failed));
		return CSV_FAILED;
	}
	row = json_parse(line, n, NULL);
	if (json_is_object(row)) {
		json_set_cells(table, json, row);
		return CSV_ROW;
	}
	if (!table->names->len)
		return table_fail(table, table->line, 1, "expected a JSON object on every line",
				  error);
	table_set_fault(table, 1, "is no JSON object");
	return CSV_BAD_ROW;
}

const TableKind table_jsonl = {"jsonl", json_source_open, json_source_close, json_source_next};

/* ---- vCard --------------------------------------------------------------------------------------------------- */

/* Property -> column; the first of a card counts, the family name only where there is no whole one. */
static const struct {
	const char *property, *column;
} card_columns[] = {
	{"FN", "name"},	    {"EMAIL", "email"}, {"TEL", "phone"},	{"ORG", "company"},
	{"TITLE", "title"}, {"ADR", "address"}, {"CATEGORIES", "tags"}, {"LANG", "language"},
	{"NOTE", "note"},   {"URL", "url"},	{"BDAY", "birthday"},
};

typedef struct {
	Lines *lines;
	GString *logical; /* a line with those that continue it */
	GString *held;	  /* the line read ahead; has_held */
	gboolean has_held;
	GString *cells[G_N_ELEMENTS(card_columns)];
} CardSource;

static void card_source_close(gpointer data)
{
	CardSource *card = data;

	lines_free(card->lines);
	g_string_free(card->logical, TRUE);
	g_string_free(card->held, TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(card->cells); i++)
		g_string_free(card->cells[i], TRUE);
	g_free(card);
}

static gpointer card_source_open(Table *table, const char *path, GError **error)
{
	Lines *lines = open_lines(table, path, error);
	CardSource *card;

	if (!lines)
		return NULL;
	card = g_new0(CardSource, 1);
	card->lines = lines;
	card->logical = g_string_new(NULL);
	card->held = g_string_new(NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(card_columns); i++) {
		card->cells[i] = g_string_new(NULL);
		table_column(table, card_columns[i].column);
	}
	return card;
}

/* A line that begins with white space continues the one before. FALSE at the end or on error. */
static gboolean card_line(CardSource *card, GError **error)
{
	gsize n;
	const char *text;

	g_string_assign(card->logical, card->has_held ? card->held->str : "");
	for (gboolean any = card->has_held;; any = TRUE) {
		g_autoptr(GError) failed = NULL;

		text = lines_next(card->lines, &n, &failed);
		if (failed) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		card->has_held = text && any && *text != ' ' && *text != '\t';
		if (card->has_held)
			g_string_assign(card->held, text);
		if (!text || card->has_held)
			return any;
		g_string_append(card->logical, any ? text + 1 : text);
		if (card->logical->len > CSV_CELL_MAX) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
				    "%s:%" G_GUINT64_FORMAT
				    ":1: the property is longer than %d KiB",
				    input_name(card->lines->input), card->lines->line,
				    CSV_CELL_MAX >> 10);
			return FALSE;
		}
	}
}

/* "item1.EMAIL;TYPE=work" -> EMAIL. value: what stands behind the colon outside quotes. */
static char *card_property(char *line, char **ret_value)
{
	gboolean quoted = FALSE;
	char *name = line, *end = line;

	while (*end && (quoted || *end != ':')) {
		quoted ^= *end == '"';
		end++;
	}
	if (!*end)
		return NULL;
	*end = '\0';
	*ret_value = end + 1;
	name[strcspn(name, ";")] = '\0';
	return strchr(name, '.') ? strchr(name, '.') + 1 : name;
}

/* Escapes undone; the parts of a structured value are joined by spaces. */
static void card_take(GString *cell, const char *value, gboolean parts)
{
	for (const char *c = value; *c; c++) {
		if (*c == '\\' && c[1]) {
			c++;
			g_string_append_c(cell, *c == 'n' || *c == 'N' ? '\n' : *c);
		} else if (parts && *c == ';') {
			if (cell->len && cell->str[cell->len - 1] != ' ')
				g_string_append_c(cell, ' ');
		} else {
			g_string_append_c(cell, *c);
		}
	}
	while (parts && cell->len && cell->str[cell->len - 1] == ' ')
		g_string_truncate(cell, cell->len - 1);
}

static void card_set(CardSource *card, const char *property, const char *value)
{
	if (g_ascii_strcasecmp(property, "TEL") == 0 && g_ascii_strncasecmp(value, "tel:", 4) == 0)
		value += 4; /* vCard 4 writes numbers as addresses */
	for (gsize i = 0; i < G_N_ELEMENTS(card_columns); i++)
		if (g_ascii_strcasecmp(property, card_columns[i].property) == 0 &&
		    !card->cells[i]->len)
			card_take(card->cells[i], value,
				  strstr("ORG ADR", card_columns[i].property) != NULL);
}

/* FAMILY;GIVEN;... as a name: Han names stand together, others turn round. */
static void card_structured_name(GString *cell, const char *value)
{
	g_auto(GStrv) parts = g_strsplit(value, ";", -1);
	guint n = g_strv_length(parts);
	const char *family = n > 0 ? parts[0] : "", *given = n > 1 ? parts[1] : "";

	if (*family && g_unichar_get_script(g_utf8_get_char(family)) == G_UNICODE_SCRIPT_HAN)
		g_string_printf(cell, "%s%s", family, given);
	else
		g_string_printf(cell, "%s%s%s", given, *given && *family ? " " : "", family);
}

static CsvStep card_rows(Table *table, CardSource *card)
{
	for (gsize i = 0; i < G_N_ELEMENTS(card_columns); i++)
		table_set(table, (guint)i, card->cells[i]->str);
	return CSV_ROW;
}

static CsvStep card_source_next(Table *table, gpointer data, GError **error)
{
	CardSource *card = data;
	g_autoptr(GError) failed = NULL;
	g_autofree char *name = NULL;
	gboolean inside = FALSE;
	char *property, *value;

	for (gsize i = 0; i < G_N_ELEMENTS(card_columns); i++)
		g_string_truncate(card->cells[i], 0);
	while (card_line(card, &failed)) {
		property = card_property(card->logical->str, &value);
		if (!property)
			continue;
		if (g_ascii_strcasecmp(property, "BEGIN") == 0) {
			inside = TRUE;
			table->line = card->lines->line - (card->has_held ? 1 : 0);
		} else if (g_ascii_strcasecmp(property, "END") == 0) {
			if (!card->cells[0]->len && name)
				card_structured_name(card->cells[0], name);
			return card_rows(table, card);
		} else if (g_ascii_strcasecmp(property, "N") == 0 && !name) {
			name = g_strdup(value);
		} else {
			card_set(card, property, value);
		}
	}
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return CSV_FAILED;
	}
	if (inside)
		return table_fail(table, table->line, 1, "the card has no END:VCARD", error);
	return CSV_END;
}

const TableKind table_vcard = {"vcard", card_source_open, card_source_close, card_source_next};
