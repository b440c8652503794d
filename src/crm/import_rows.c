/* One function for each kind of target; a group is the row before, grown by the lines of the next. */
#include "crm/import_rows.h"

#include <string.h>

#include "base/json.h"
#include "text/normalise.h"

struct ImportReader {
	Table *table;
	const ImportMap *map;
	const Object *object;
	const Field *currency;
	int group_by;	  /* column, or -1 */
	ImportRow *ahead; /* read already: it began another group */
};

/* ---- rows ------------------------------------------------------------------------------------------------------ */

static void fault_clear(gpointer data)
{
	ImportFault *fault = data;

	g_free(fault->column);
	g_free(fault->message);
}

static void lookup_clear(gpointer data)
{
	g_free(((ImportLookup *)data)->text);
}

ImportRow *import_row_new(guint64 line)
{
	ImportRow *row = g_new0(ImportRow, 1);

	row->line = line;
	row->n_rows = 1;
	row->fields = json_object();
	return row;
}

void import_row_free(ImportRow *row)
{
	if (!row)
		return;
	g_free(row->group);
	g_free(row->id);
	json_decref(row->fields);
	g_clear_pointer(&row->lookups, g_array_unref);
	g_clear_pointer(&row->faults, g_array_unref);
	g_free(row);
}

void import_row_fault(ImportRow *row, guint64 line, const char *column, const char *message)
{
	ImportFault fault = {line, g_strdup(column), g_strdup(message)};

	if (!row->faults) {
		row->faults = g_array_new(FALSE, FALSE, sizeof(ImportFault));
		g_array_set_clear_func(row->faults, fault_clear);
	}
	g_array_append_val(row->faults, fault);
}

void import_row_look_up(ImportRow *row, guint column, const char *text, int item)
{
	ImportLookup lookup = {column, g_strdup(text), item};

	if (!row->lookups) {
		row->lookups = g_array_new(FALSE, FALSE, sizeof(ImportLookup));
		g_array_set_clear_func(row->lookups, lookup_clear);
	}
	g_array_append_val(row->lookups, lookup);
}

/* ---- cells ----------------------------------------------------------------------------------------------------- */

typedef struct {
	const ImportReader *reader;
	ImportRow *row;
	const ImportColumn *column;
	guint index; /* of the column */
	const char *cell;
} Cell;

/* The member, made where it is missing; the object keeps it. */
static json_t *inner(json_t *object, const char *name, json_t *(*make)(void))
{
	json_t *value = json_object_get(object, name);

	if (value)
		return value;
	json_object_set_new(object, name, make());
	return json_object_get(object, name);
}

static json_t *cell_value(const Cell *cell, const Field *field)
{
	const char *currency = NULL, *fault;
	json_t *value = import_value(field, cell->cell, &cell->column->form, &currency, &fault);
	const Field *own = cell->reader->currency;

	if (!value)
		import_row_fault(cell->row, cell->row->line, cell->column->column, fault);
	if (currency && own && !json_object_get(cell->row->fields, own->name))
		json_object_set_new(cell->row->fields, own->name, json_string(currency));
	return value;
}

/* Two columns for one text stand one behind the other; Han without a space. */
static json_t *joined(const json_t *first, json_t *second)
{
	const char *a = json_string_value(first), *b = json_string_value(second);
	gboolean han = a && b && g_unichar_iswide(g_utf8_get_char(b));
	json_t *both;

	if (!a || !b)
		return second;
	both = json_sprintf("%s%s%s", a, han ? "" : " ", b);
	json_decref(second);
	return both;
}

static void set_field(const Cell *cell)
{
	const Field *field = cell->column->field;
	json_t *value = cell_value(cell, field);
	json_t *fields = cell->row->fields;

	if (!value)
		return;
	if (field->type == FIELD_TEXT || field->type == FIELD_LONG_TEXT)
		value = joined(json_object_get(fields, field->name), value);
	if (field->type == FIELD_JSON && json_is_object(json_object_get(fields, field->name))) {
		json_object_update(json_object_get(fields, field->name), value);
		json_decref(value);
	} else {
		json_object_set_new(fields, field->name, value);
	}
}

static void set_id(const Cell *cell)
{
	g_free(cell->row->id);
	cell->row->id = g_strdup(cell->cell);
}

static void set_relation(const Cell *cell)
{
	import_row_look_up(cell->row, cell->index, cell->cell, -1);
}

static void set_custom(const Cell *cell)
{
	json_t *value = cell->column->field ? cell_value(cell, cell->column->field)
					    : json_string(cell->cell);

	if (value)
		json_object_set_new(inner(cell->row->fields, "custom", json_object),
				    cell->column->member, value);
}

static void set_address(const Cell *cell)
{
	json_object_set_new(inner(cell->row->fields, cell->column->field->name, json_object),
			    cell->column->member, json_string(cell->cell));
}

/* The one line of a row; groups join them later. */
static json_t *row_line(const Cell *cell)
{
	json_t *lines = inner(cell->row->fields, cell->column->field->name, json_array);

	if (!json_array_size(lines))
		json_array_append_new(lines, json_object());
	return json_array_get(lines, 0);
}

static void set_line(const Cell *cell)
{
	static const struct {
		const char *member;
		FieldType type;
	} types[] = {{"product_id", FIELD_TEXT},
		     {"name", FIELD_TEXT},
		     {"quantity", FIELD_NUMBER},
		     {"price", FIELD_MONEY},
		     {"discount", FIELD_MONEY}};

	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		Field field = {.name = types[i].member, .type = types[i].type};
		json_t *value;

		if (!g_str_equal(types[i].member, cell->column->member))
			continue;
		value = cell_value(cell, &field);
		if (value)
			json_object_set_new(row_line(cell), types[i].member, value);
	}
}

static void set_line_relation(const Cell *cell)
{
	row_line(cell);
	import_row_look_up(cell->row, cell->index, cell->cell, 0);
}

static void (*const setters[])(const Cell *cell) = {
	[IMPORT_NOTHING] = NULL,      [IMPORT_ID] = set_id,
	[IMPORT_FIELD] = set_field,   [IMPORT_RELATION] = set_relation,
	[IMPORT_CUSTOM] = set_custom, [IMPORT_ADDRESS] = set_address,
	[IMPORT_LINE] = set_line,     [IMPORT_LINE_RELATION] = set_line_relation,
};

static gboolean is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the white space around it, and without control characters. */
static char *clean_cell(const char *text)
{
	gsize n = strlen(text);
	gboolean plain = TRUE;

	while (n && is_blank(text[n - 1]))
		n--;
	while (n && is_blank(*text)) {
		text++;
		n--;
	}
	for (gsize i = 0; i < n; i++)
		plain &= (guchar)text[i] >= ' ' && (guchar)text[i] != 0x7F;
	return plain ? g_strndup(text, n) : text_clean(text, (gssize)n);
}

/* ---- reading --------------------------------------------------------------------------------------------------- */

ImportReader *import_reader_new(Table *table, const ImportMap *map, const Object *object,
				const char *group_by)
{
	ImportReader *reader = g_new0(ImportReader, 1);

	reader->table = table;
	reader->map = map;
	reader->object = object;
	reader->group_by = -1;
	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].type == FIELD_CURRENCY)
			reader->currency = &object->fields[i];
	for (guint i = 0; group_by && i < map->columns->len; i++)
		if (g_str_equal(import_map_column(map, i)->column, group_by))
			reader->group_by = (int)i;
	return reader;
}

void import_reader_free(ImportReader *reader)
{
	if (!reader)
		return;
	import_row_free(reader->ahead);
	table_close(reader->table);
	g_free(reader);
}

static void read_cells(const ImportReader *reader, ImportRow *row)
{
	for (guint i = 0; i < reader->map->columns->len; i++) {
		const ImportColumn *column = import_map_column(reader->map, i);
		const char *text = table_cell(reader->table, i);
		Cell cell = {reader, row, column, i, NULL};
		g_autofree char *clean = NULL;

		if (!*text || (!setters[column->kind] && (int)i != reader->group_by))
			continue;
		cell.cell = clean = clean_cell(text);
		row->n_bytes += strlen(clean);
		if (*clean && (int)i == reader->group_by)
			row->group = g_strdup(clean);
		if (*clean && setters[column->kind])
			setters[column->kind](&cell);
	}
}

static ImportRow *read_row(ImportReader *reader, GError **error)
{
	CsvStep step = table_next(reader->table, error);
	const CsvFault *fault = table_fault(reader->table);
	ImportRow *row;

	if (step == CSV_END || step == CSV_FAILED)
		return NULL;
	row = import_row_new(step == CSV_BAD_ROW ? fault->line : table_line(reader->table));
	if (step == CSV_BAD_ROW)
		import_row_fault(row, fault->line, NULL, fault->message);
	else
		read_cells(reader, row);
	return row;
}

/* The lines, look-ups and faults of a further row go to the group. */
static void join(ImportRow *group, ImportRow *row)
{
	const char *name;
	json_t *value;
	int n_lines = 0;

	json_object_foreach(row->fields, name, value)
	{
		json_t *lines = json_object_get(group->fields, name);

		if (!json_is_array(lines) || !json_is_object(json_array_get(value, 0)))
			continue;
		n_lines = (int)json_array_size(lines);
		json_array_extend(lines, value);
	}
	for (guint i = 0; row->lookups && i < row->lookups->len; i++) {
		const ImportLookup *lookup = &g_array_index(row->lookups, ImportLookup, i);

		if (lookup->item >= 0)
			import_row_look_up(group, lookup->column, lookup->text, n_lines);
	}
	for (guint i = 0; row->faults && i < row->faults->len; i++) {
		const ImportFault *fault = &g_array_index(row->faults, ImportFault, i);

		import_row_fault(group, fault->line, fault->column, fault->message);
	}
	group->n_rows += row->n_rows;
	group->n_bytes += row->n_bytes;
}

ImportRow *import_reader_next(ImportReader *reader, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(ImportRow) group =
		reader->ahead ? g_steal_pointer(&reader->ahead) : read_row(reader, error);

	while (group && group->group) {
		g_autoptr(ImportRow) row = read_row(reader, &failed);

		if (failed) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return NULL;
		}
		if (!row || g_strcmp0(row->group, group->group) != 0) {
			reader->ahead = g_steal_pointer(&row);
			break;
		}
		join(group, row);
	}
	return g_steal_pointer(&group);
}

gboolean import_reader_skip(ImportReader *reader, gint64 n_rows, GError **error)
{
	for (; n_rows > 0; n_rows--) {
		CsvStep step = table_next(reader->table, error);

		if (step == CSV_FAILED)
			return FALSE;
		if (step == CSV_END)
			return TRUE;
	}
	return TRUE;
}
