/* Checking and normalising of field values: one small function per type, chosen by table. */
#include "crm/fields.h"

#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"

/* Returns the stored text, or NULL with *ret_fault telling what is wrong. */
typedef char *(*Normalise)(const char *text, const char **ret_fault);

static char *normalise_text(const char *text, const char **ret_fault)
{
	(void)ret_fault;
	return g_strstrip(g_strdelimit(g_strdup(text), "\r\n", ' '));
}

static char *normalise_long_text(const char *text, const char **ret_fault)
{
	(void)ret_fault;
	return g_strdup(text);
}

static gboolean email_shape(const char *email)
{
	const char *at = strchr(email, '@');
	const char *dot = at ? strrchr(at, '.') : NULL;

	if (!at || at == email || strchr(at + 1, '@') || !dot || dot == at + 1 || !dot[1])
		return FALSE;
	for (const char *c = email; *c; c++)
		if ((guchar)*c <= ' ' || strchr("()<>,;:\\\"[]", *c))
			return FALSE;
	return TRUE;
}

static char *normalise_email(const char *text, const char **ret_fault)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));
	char *email = g_utf8_strdown(stripped, -1);

	if (email_shape(email))
		return email;
	g_free(email);
	*ret_fault = "is no e-mail address (expected name@domain.example)";
	return NULL;
}

static char *normalise_phone(const char *text, const char **ret_fault)
{
	g_autofree char *plain = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);
	g_autoptr(GString) phone = g_string_new(NULL);
	gsize n_digits = 0;

	for (const char *c = plain ? plain : ""; *c; c++) {
		if (g_ascii_isdigit(*c)) {
			g_string_append_c(phone, *c);
			n_digits++;
		} else if (*c == '+' && !phone->len) {
			g_string_append_c(phone, '+');
		} else if (!strchr(" -().\t/", *c)) {
			n_digits = 0;
			break;
		}
	}
	if (n_digits >= 5 && n_digits <= 20)
		return g_strdup(phone->str);
	*ret_fault = "is no phone number (expected 5 to 20 digits)";
	return NULL;
}

static char *normalise_url(const char *text, const char **ret_fault)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));
	const char *scheme = g_uri_peek_scheme(stripped);

	if (stripped[0] == '/' && stripped[1] != '/')
		return g_steal_pointer(&stripped);
	if (scheme && (g_str_equal(scheme, "http") || g_str_equal(scheme, "https")) &&
	    g_uri_is_valid(stripped, G_URI_FLAGS_NONE, NULL))
		return g_steal_pointer(&stripped);
	*ret_fault = "is no web address (expected https://… or /path)";
	return NULL;
}

static char *normalise_reference(const char *text, const char **ret_fault)
{
	if (id_valid(text))
		return g_strdup(text);
	*ret_fault = "is no id";
	return NULL;
}

static const Normalise normalisers[] = {
	[FIELD_TEXT] = normalise_text,	 [FIELD_LONG_TEXT] = normalise_long_text,
	[FIELD_EMAIL] = normalise_email, [FIELD_PHONE] = normalise_phone,
	[FIELD_URL] = normalise_url,	 [FIELD_CHOICE] = normalise_text,
	[FIELD_TAGS] = normalise_text,	 [FIELD_REFERENCE] = normalise_reference,
	[FIELD_JSON] = normalise_text,
};

char *field_normalise(FieldType type, const char *text, GError **error)
{
	const char *fault = NULL;
	char *value = normalisers[type](text, &fault);

	if (!value)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "the value %s", fault);
	return value;
}

static gboolean choice_allowed(const char *choices, const char *word)
{
	g_auto(GStrv) words = g_strsplit(choices, "|", -1);

	return g_strv_contains((const char *const *)words, word);
}

/* A short text; NULL with *ret_fault set when it breaks a rule. */
static char *text_value(const Field *field, const json_t *value, const char **ret_fault)
{
	g_autofree char *text = NULL;

	if (!json_is_string(value)) {
		*ret_fault = "must be a string";
		return NULL;
	}
	text = normalisers[field->type](json_string_value(value), ret_fault);
	if (!text)
		return NULL;
	if (g_utf8_strlen(text, -1) > (glong)field->max_chars) {
		*ret_fault = "is too long";
		return NULL;
	}
	if (field->choices && !choice_allowed(field->choices, text)) {
		*ret_fault = "is not one of the choices";
		return NULL;
	}
	return g_steal_pointer(&text);
}

static char *tags_value(const Field *field, const json_t *value, const char **ret_fault)
{
	gsize i;
	json_t *tag;

	*ret_fault = "must be a list of at most 100 short texts";
	if (!json_is_array(value) || json_array_size(value) > 100)
		return NULL;
	json_array_foreach(value, i, tag) if (!json_is_string(tag) ||
					      g_utf8_strlen(json_string_value(tag), -1) >
						      (glong)field->max_chars) return NULL;
	return json_dumps(value, JSON_COMPACT);
}

static char *json_value(const Field *field, const json_t *value, const char **ret_fault)
{
	char *text;

	if (!json_is_object(value)) {
		*ret_fault = "must be an object";
		return NULL;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	if (text && strlen(text) <= field->max_chars)
		return text;
	free(text);
	*ret_fault = "is too large";
	return NULL;
}

static char *stored_value(const Field *field, const json_t *value, const char **ret_fault)
{
	switch (field->type) {
	case FIELD_TAGS:
		return tags_value(field, value, ret_fault);
	case FIELD_JSON:
		return json_value(field, value, ret_fault);
	default:
		return text_value(field, value, ret_fault);
	}
}

static void add_fault(GPtrArray *faults, GError **error, ZhiyinError code, const char *path,
		      const char *fault)
{
	if (faults) {
		g_ptr_array_add(faults, g_strdup(path));
		g_ptr_array_add(faults, g_strdup(fault));
	}
	if (error && !*error)
		g_set_error(error, ZHIYIN_ERROR, (int)code, "%s %s", path, fault);
}

static void set_value(FieldValues *values, const Object *object, gsize i, const json_t *value,
		      GPtrArray *faults, GError **error)
{
	const Field *field = &object->fields[i];
	const char *fault = NULL;
	char *text = NULL;

	values->values[i].type = DB_NULL;
	if (value && !json_is_null(value)) {
		text = stored_value(field, value, &fault);
		if (!text) {
			add_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, field->name, fault);
			return;
		}
	} else {
		text = g_strdup(field->default_value);
	}
	if (!text || !*text) {
		if (field->flags & FIELD_REQUIRED)
			add_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, field->name,
				  "is required");
		g_free(text);
		return;
	}
	g_ptr_array_add(values->texts, text);
	values->values[i] = (DbValue){.type = DB_TEXT, .text = text, .n_bytes = -1};
}

static void refuse_unknown(const Object *object, const json_t *document, GPtrArray *faults,
			   GError **error)
{
	void *member = json_object_iter((json_t *)(guintptr)document);

	for (; member; member = json_object_iter_next((json_t *)(guintptr)document, member)) {
		const char *name = json_object_iter_key(member);

		if (!object_field(object, name))
			add_fault(faults, error, ZHIYIN_ERROR_INVALID, name,
				  "is not a field that can be set");
	}
}

FieldValues *field_values_new(const Object *object, const json_t *document, GPtrArray *faults,
			      GError **error)
{
	g_autoptr(FieldValues) values = g_new0(FieldValues, 1);
	g_autoptr(GError) failed = NULL;

	values->texts = g_ptr_array_new_with_free_func(free);
	if (!json_is_object(document)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected a JSON object with the fields of a %s", object->name);
		return NULL;
	}
	refuse_unknown(object, document, faults, &failed);
	for (gsize i = 0; i < object->n_fields; i++)
		set_value(values, object, i, json_object_get(document, object->fields[i].name),
			  faults, &failed);
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
	g_free(values);
}

static void merge_into(json_t *target, const json_t *patch)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(guintptr)patch, name, value)
	{
		json_t *old = json_object_get(target, name);

		if (json_is_null(value)) {
			json_object_del(target, name);
		} else if (json_is_object(value)) {
			/* also where nothing was: a null in a patch never becomes a value */
			if (!json_is_object(old))
				json_object_set_new(target, name, json_object());
			merge_into(json_object_get(target, name), value); /* depth: json_parse */
		} else {
			json_object_set(target, name, value);
		}
	}
}

char *field_merge(json_t *document, const json_t *patch)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	const char *name;
	json_t *value;

	json_object_begin(&w, NULL);
	json_array_begin(&w, "fields");
	if (json_is_object(patch)) {
		json_object_foreach((json_t *)(guintptr)patch, name, value)
			json_put_string(&w, NULL, name);
		merge_into(document, patch);
	}
	json_array_end(&w);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}
