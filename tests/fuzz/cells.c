/* A cell as people write it becomes the value of a field of any type, or is refused with a reason; the
 * value in its API form, as a cell, becomes itself again; and the field takes it or says why not. */
#include "crm/import_cells.h"

#include "crm/field_types.h"
#include "fuzz/fuzz.h"

/* A value as a cell that a program would write. NULL where there is no such form. */
static char *as_cell(const json_t *value)
{
	char *text, *copy;

	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_real(value) || json_is_null(value))
		return NULL;
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	copy = g_strdup(text);
	free(text);
	return copy;
}

static void check_again(const Field *field, const json_t *value, const ImportForm *form)
{
	g_autofree char *cell = as_cell(value);
	const char *currency = NULL, *fault = NULL;
	json_t *again;

	if (!cell || !*cell)
		return;
	again = import_value(field, cell, form, &currency, &fault);
	if (!again || !json_equal(again, value))
		fuzz_fail("type %d: '%s' is not itself again: %s", (int)field->type, cell,
			  fault ? fault : "another value");
	json_decref(again);
}

static void check_type(FieldType type, const char *cell, const ImportForm *form)
{
	const Field field = {.name = "x",
			     .type = type,
			     .max_chars = 100,
			     .choices = "zh|en|Open",
			     .target = "users"};
	const char *currency = NULL, *fault = NULL;
	json_t *value = import_value(&field, cell, form, &currency, &fault);
	Taken taken = {.fault = NULL};

	import_looks_like(type, cell);
	if (!value) {
		g_assert_nonnull(fault);
		return;
	}
	g_assert_null(fault);
	if (type != FIELD_URL) /* "x://.y" stays, "x.y" gets its https:// */
		check_again(&field, value, form);
	field_take(&field, value, 2, &taken);
	g_free(taken.text);
	json_decref(value);
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	guint8 knobs = fuzz_byte(&input);
	g_autofree char *cell = fuzz_utf8(input);
	g_autoptr(GTimeZone) zone = g_time_zone_new_offset(knobs & 2 ? 8 * 3600 : 0);
	ImportForm form = {.day_first = knobs & 1, .zone = zone};

	import_date_order(cell);
	for (FieldType type = 0; *cell && type < FIELD_N_TYPES; type++)
		check_type(type, cell, &form);
	return 0;
}
