/* Documents of records: every member by its declaration, and the keys of what is indexed. */
#include "crm/fields.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "crm/field_types.h"
#include "text/normalise.h"

/* ---- documents ----------------------------------------------------------------------------------------------- */

void field_fault(GPtrArray *faults, GError **error, int code, const char *path, const char *message)
{
	if (faults) {
		g_ptr_array_add(faults, g_strdup(path));
		g_ptr_array_add(faults, g_strdup(message));
	}
	if (error && !*error)
		g_set_error(error, ZHIYIN_ERROR, code, "%s %s", path, message);
}

gboolean field_check_body(const Object *object, const json_t *body, GPtrArray *faults,
			  GError **error)
{
	g_autoptr(GError) failed = NULL;
	void *member;

	if (!json_is_object(body)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected a JSON object with the fields of a %s", object->name);
		return FALSE;
	}
	member = json_object_iter((json_t *)(guintptr)body);
	for (; member; member = json_object_iter_next((json_t *)(guintptr)body, member)) {
		const char *name = json_object_iter_key(member);
		const Field *field = object_field(object, name);

		if (!field || field->flags & FIELD_READ_ONLY ||
		    (field->flags & FIELD_CUSTOM && !(object->flags & OBJECT_INVENTED)))
			field_fault(faults, &failed, ZHIYIN_ERROR_INVALID, name,
				    "is not a field that can be set");
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* A default in the form of the store. */
static void take_default(const Field *field, Taken *taken)
{
	FieldForm form = field_form(field->type);
	gint64 number;

	if (!field->default_value)
		return;
	if (form == FIELD_FORM_DOUBLE)
		taken->value = (DbValue){.type = DB_DOUBLE,
					 .d = g_ascii_strtod(field->default_value, NULL)};
	else if (form == FIELD_FORM_INTEGER &&
		 g_ascii_string_to_signed(field->default_value, 10, -G_MAXINT64, G_MAXINT64,
					  &number, NULL))
		taken->value = (DbValue){.type = DB_INT, .i = number};
	else
		field_take_text(taken, g_strdup(field->default_value));
}

/* FALSE when the value breaks a rule. An empty text is no value. */
static gboolean take_value(const Field *field, const json_t *value, int digits, const char *path,
			   Taken *taken, GPtrArray *faults, GError **error)
{
	taken->value.type = DB_NULL;
	if (value && !json_is_null(value))
		field_take(field, value, digits, taken);
	else
		take_default(field, taken);
	if (!taken->fault && taken->text && !*taken->text) {
		g_clear_pointer(&taken->text, g_free);
		taken->value.type = DB_NULL;
	}
	if (!taken->fault && taken->value.type == DB_NULL && field->flags & FIELD_REQUIRED)
		taken->fault = "is required";
	if (!taken->fault)
		return TRUE;
	field_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, path, taken->fault);
	return FALSE;
}

/* key: taken over; NULL is none. */
static void add_key(FieldValues *values, const Field *field, char *key)
{
	if (!key)
		return;
	g_ptr_array_add(values->keys, g_strdup(field->name));
	g_ptr_array_add(values->keys, key);
}

/* Keys: one a value, one an element of a list. */
static void add_keys(FieldValues *values, const Field *field, const json_t *value)
{
	gsize n = json_is_array(value) ? json_array_size(value) : 1;

	if (!(field->flags & FIELD_INDEXED))
		return;
	for (gsize i = 0; i < n; i++) {
		const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;

		add_key(values, field, field_index_key(one));
	}
}

/* What a custom value becomes inside the column custom: the form it is read in. */
static json_t *custom_form(const Field *field, const Taken *taken, const json_t *value)
{
	char time[CLOCK_TEXT_LENGTH + 1];

	if (taken->value.type == DB_NULL)
		return NULL;
	if (field->type == FIELD_TIME)
		return json_string(clock_format(taken->value.i, time));
	if (field->type == FIELD_BOOLEAN)
		return json_boolean(taken->value.i);
	if (field_form(field->type) >= FIELD_FORM_JSON)
		return json_loads(taken->text, 0, NULL);
	if (taken->value.type == DB_TEXT)
		return json_string(taken->text);
	if (taken->value.type == DB_DOUBLE) /* 2.0 and 2 are one value */
		return taken->value.d == floor(taken->value.d) && fabs(taken->value.d) < 1e15
			       ? json_integer((json_int_t)taken->value.d)
			       : json_real(taken->value.d);
	if (value && !json_is_null(value))
		return json_incref((json_t *)(guintptr)value);
	return json_integer(taken->value.i);
}

static void take_custom(const Object *object, const Field *field, const json_t *from, json_t *into,
			FieldValues *values, GPtrArray *faults, GError **error)
{
	const json_t *value = json_object_get(from, field->name);
	g_autofree char *path =
		g_strconcat(object->flags & OBJECT_INVENTED ? "" : "custom.", field->name, NULL);
	Taken taken = {0};
	json_t *form;

	if (!take_value(field, value, 2, path, &taken, faults, error))
		return;
	form = custom_form(field, &taken, value);
	g_free(taken.text);
	if (!form) {
		json_object_del(into, field->name);
		return;
	}
	add_keys(values, field, form);
	json_object_set_new(into, field->name, form);
}

/* The column custom: declared members checked and brought into form, others as they came. */
static json_t *custom_document(const Object *object, const json_t *document, FieldValues *values,
			       GPtrArray *faults, GError **error)
{
	gboolean invented = object->flags & OBJECT_INVENTED;
	const json_t *stored = json_object_get(document, "custom");
	const json_t *from = invented ? document : stored;
	json_t *into =
		json_is_object(stored) ? json_copy((json_t *)(guintptr)stored) : json_object();

	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].flags & FIELD_CUSTOM)
			take_custom(object, &object->fields[i], from, into, values, faults, error);
	return into;
}

static void set_value(FieldValues *values, const Object *object, gsize i, const json_t *document,
		      int digits, GPtrArray *faults, GError **error)
{
	const Field *field = &object->fields[i];
	const json_t *value = json_object_get(document, field->name);
	Taken taken = {0};

	values->values[i].type = DB_NULL;
	if (!field_is_column(field) ||
	    !take_value(field, value, digits, field->name, &taken, faults, error))
		return;
	if (taken.text)
		g_ptr_array_add(values->texts, taken.text);
	values->values[i] = taken.value;
	if (field_form(field->type) == FIELD_FORM_LIST && json_is_array(value))
		add_keys(values, field, value);
	if (field->flags & FIELD_MATCHED && taken.text)
		add_key(values, field, field_match_key(taken.text));
}

static int document_digits(const Object *object, const json_t *document)
{
	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].type == FIELD_CURRENCY) {
			const char *currency = json_member_string(document, object->fields[i].name);
			g_autofree char *upper = currency ? g_ascii_strup(currency, -1) : NULL;

			return currency_digits(upper ? upper : object->fields[i].default_value);
		}
	return 2;
}

static gboolean has_custom(const Object *object)
{
	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].flags & FIELD_CUSTOM)
			return TRUE;
	return FALSE;
}

FieldValues *field_values_new(const Object *object, json_t *document, GPtrArray *faults,
			      GError **error)
{
	g_autoptr(FieldValues) values = g_new0(FieldValues, 1);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_t) custom = NULL;
	int digits = document_digits(object, document);

	values->texts = g_ptr_array_new_with_free_func(free);
	values->keys = g_ptr_array_new_with_free_func(g_free);
	if (!json_is_object(document)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected a JSON object with the fields of a %s", object->name);
		return NULL;
	}
	if (has_custom(object)) {
		custom = custom_document(object, document, values, faults, &failed);
		json_object_set(document, "custom", custom);
	}
	for (gsize i = 0; i < object->n_fields; i++)
		set_value(values, object, i, document, digits, faults, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return NULL;
	}
	return g_steal_pointer(&values);
}

void field_values_free(FieldValues *values)
{
	if (!values)
		return;
	g_ptr_array_unref(values->texts);
	g_ptr_array_unref(values->keys);
	g_free(values);
}

gint64 field_time(const json_t *document, const char *name)
{
	const char *text = json_member_string(document, name);
	gint64 time_ms;

	return text && clock_parse(text, &time_ms) ? time_ms : 0;
}

void field_set_time(json_t *document, const char *name, gint64 time_ms)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	json_object_set_new(document, name,
			    time_ms ? json_string(clock_format(time_ms, text)) : json_null());
}

void field_merge(json_t *document, const json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(guintptr)patch, name, value)
	{
		json_t *old = json_object_get(document, name);

		if (json_is_null(value)) {
			json_object_del(document, name);
		} else if (json_is_object(value)) {
			/* also where nothing was: a null in a patch never becomes a value */
			if (!json_is_object(old))
				json_object_set_new(document, name, json_object());
			field_merge(json_object_get(document, name), value); /* depth: json_parse */
		} else {
			json_object_set(document, name, value);
		}
	}
}

/* ---- keys of field_index ------------------------------------------------------------------------------------- */

/* The bits of a double as 16 digits that sort as the numbers do: the sign bit is turned for
 * positive ones, all bits for negative ones. */
static char *number_key(double number)
{
	guint64 bits;

	memcpy(&bits, &number, sizeof(bits));
	bits = bits >> 63 ? ~bits : bits | G_GUINT64_CONSTANT(1) << 63;
	return g_strdup_printf("%016" G_GINT64_MODIFIER "x", bits);
}

char *field_index_key(const json_t *value)
{
	g_autofree char *begin = NULL;
	const char *text = json_string_value(value);

	if (json_is_number(value))
		return number_key(json_number_value(value));
	if (json_is_boolean(value))
		return number_key(json_is_true(value));
	if (!text)
		return NULL;
	begin = g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), FIELD_KEY_CHARS));
	return g_utf8_strdown(begin, -1);
}

char *field_match_key(const char *text)
{
	g_autofree char *normal = text_normalise(text, -1);
	GString *key = g_string_new(NULL);
	guint n = 0;

	for (const char *c = normal; *c && n < FIELD_KEY_CHARS; c = g_utf8_next_char(c))
		if (g_unichar_isalnum(g_utf8_get_char(c))) {
			g_string_append_unichar(key, g_utf8_get_char(c));
			n++;
		}
	return g_string_free(key, n == 0);
}
