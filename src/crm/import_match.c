/* Each key of an object is a statement that is made once; what related records were found is kept,
 * since one company stands in many rows. */
#include "crm/import_match.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "crm/fields.h"
#include "crm/record_sql.h"

enum { MAX_KEYS = 8, MAX_FOUND = 200000 };

typedef struct {
	const Field *field;
	char *sql; /* $1 organisation, $2 value, $3 its other spelling */
} Key;

struct ImportMatcher {
	const Principal *principal;
	const Object *object;
	Key keys[MAX_KEYS];
	gsize n_keys;
	GHashTable *found;	/* "object field text" -> id */
	GHashTable *made;	/* "field value", in a trial; else NULL */
	GHashTable *statements; /* Field -> char * */
};

/* In this order; before them the unique fields of any object. */
static const struct {
	const Object *object;
	const char *fields[2];
} object_keys[] = {
	{&OBJECT_CONTACT, {"email", "phone"}},
	{&OBJECT_LEAD, {"email", "phone"}},
	{&OBJECT_COMPANY, {"domain", "name"}},
};

/* Live records by the value of a field; only a phone has a second spelling, a query of its own: for
 * IN ($2, $3) SQLite builds a table at every look-up. Without ORDER BY: with it the planner walks the
 * table in that order instead of the index of the field. */
static char *field_sql(const Object *object, const Field *field)
{
	const ObjectSql *sql = object_sql(object);
	const char *live = object->flags & OBJECT_INTERNAL ? "" : sql->live;
	g_autofree char *same = NULL;

	if (field->flags & (FIELD_MATCHED | FIELD_CUSTOM))
		return g_strdup_printf(
			"SELECT t.id FROM field_index i JOIN %s t ON t.org_id = i.org_id AND t.id "
			"= i.record_id WHERE i.org_id = $1 AND i.object = '%s' AND i.field = '%s' "
			"AND i.key = $2 AND CAST ($3 AS TEXT) IS NULL AND %s%s LIMIT 2",
			object_table(object), object->plural, field->name, sql->where, live);
	same = g_strdup_printf("SELECT t.id FROM %s t WHERE %s%s AND t.%s = ", object_table(object),
			       sql->where, live, field->name);
	return field->type == FIELD_PHONE
		       ? g_strconcat(same, "$2 UNION ALL ", same, "$3 LIMIT 2", NULL)
		       : g_strconcat(same, "$2 AND CAST ($3 AS TEXT) IS NULL LIMIT 2", NULL);
}

static void add_key(ImportMatcher *matcher, const Field *field)
{
	for (gsize i = 0; i < matcher->n_keys; i++)
		if (matcher->keys[i].field == field)
			return;
	if (field && matcher->n_keys < MAX_KEYS)
		matcher->keys[matcher->n_keys++] = (Key){field, field_sql(matcher->object, field)};
}

ImportMatcher *import_matcher_new(const Principal *principal, const Object *object, gboolean trial)
{
	ImportMatcher *matcher = g_new0(ImportMatcher, 1);

	matcher->principal = principal;
	matcher->object = object;
	matcher->found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	matcher->statements = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	if (trial)
		matcher->made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].flags & FIELD_UNIQUE &&
		    !(object->fields[i].flags & FIELD_READ_ONLY))
			add_key(matcher, &object->fields[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(object_keys); i++)
		for (gsize k = 0;
		     k < 2 && g_str_equal(object_keys[i].object->plural, object->plural); k++)
			add_key(matcher, object_field(object, object_keys[i].fields[k]));
	return matcher;
}

void import_matcher_free(ImportMatcher *matcher)
{
	if (!matcher)
		return;
	for (gsize i = 0; i < matcher->n_keys; i++)
		g_free(matcher->keys[i].sql);
	g_hash_table_unref(matcher->found);
	g_hash_table_unref(matcher->statements);
	g_clear_pointer(&matcher->made, g_hash_table_unref);
	g_free(matcher);
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

/* A number of the mainland with and without its country. The caller frees it. */
static char *other_phone(const char *phone)
{
	if (g_str_has_prefix(phone, "+86"))
		return g_strdup(phone + 3);
	return strlen(phone) == 11 && *phone == '1' ? g_strconcat("+86", phone, NULL) : NULL;
}

/* What the store holds for this text, in up to two spellings; *ret_first NULL when it cannot be a
 * value. The caller frees both. */
static void stored_forms(const Field *field, const char *text, char **ret_first, char **ret_second)
{
	g_autoptr(json_t) value = NULL;

	*ret_second = NULL;
	if (field->flags & FIELD_MATCHED) {
		*ret_first = field_match_key(text);
	} else if (field->flags & FIELD_CUSTOM) {
		value = json_string(text);
		*ret_first = field_index_key(value);
	} else {
		*ret_first = field_normalise(field->type, text, NULL);
		if (*ret_first && field->type == FIELD_PHONE)
			*ret_second = other_phone(*ret_first);
	}
}

/* FALSE with error; *ret_n 0, 1, or 2 for more. */
static gboolean find(const ImportMatcher *matcher, Db *db, const char *sql, const Field *field,
		     const char *text, char ret_id[37], int *ret_n, GError **error)
{
	g_autofree char *first = NULL, *second = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	*ret_n = 0;
	*ret_id = '\0';
	stored_forms(field, text, &first, &second);
	if (!first)
		return TRUE;
	rows = db_query(db, sql, error, "sss", matcher->principal->org_id, first, second);
	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		if (!(*ret_n)++)
			g_strlcpy(ret_id, db_text(rows, 0), 37);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- doubles --------------------------------------------------------------------------------------------------- */

/* A text of the field; NULL when the record has none. The caller frees it. */
static char *key_text(const Object *object, const Field *field, const json_t *fields)
{
	gboolean inside = field->flags & FIELD_CUSTOM && !(object->flags & OBJECT_INVENTED);
	const json_t *value =
		json_object_get(inside ? json_object_get(fields, "custom") : fields, field->name);

	if (json_is_string(value))
		return *json_string_value(value) ? g_strdup(json_string_value(value)) : NULL;
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return NULL;
}

static char *made_key(const Field *field, const char *text)
{
	g_autofree char *first = NULL, *second = NULL;

	stored_forms(field, text, &first, &second);
	return first ? g_strconcat(field->name, "\x1f", first, NULL) : NULL;
}

gboolean import_match(ImportMatcher *matcher, Db *db, const json_t *fields, char ret_id[37],
		      GError **error)
{
	int n;

	*ret_id = '\0';
	for (gsize i = 0; i < matcher->n_keys; i++) {
		const Field *field = matcher->keys[i].field;
		g_autofree char *text = key_text(matcher->object, field, fields);
		g_autofree char *key = text && matcher->made ? made_key(field, text) : NULL;

		if (key && g_hash_table_contains(matcher->made, key)) {
			g_strlcpy(ret_id, "-", 37);
			return TRUE;
		}
		if (text &&
		    !find(matcher, db, matcher->keys[i].sql, field, text, ret_id, &n, error))
			return FALSE;
		if (*ret_id)
			return TRUE;
	}
	return TRUE;
}

void import_matched(ImportMatcher *matcher, const json_t *fields)
{
	for (gsize i = 0; matcher->made && i < matcher->n_keys; i++) {
		const Field *field = matcher->keys[i].field;
		g_autofree char *text = key_text(matcher->object, field, fields);
		char *key = text ? made_key(field, text) : NULL;

		if (key)
			g_hash_table_add(matcher->made, key);
	}
}

gboolean import_may_be_made(const ImportMatcher *matcher, const Field *lookup, const char *text)
{
	g_autofree char *key = NULL;

	for (gsize i = 0; matcher->made && i < matcher->n_keys; i++)
		if (matcher->keys[i].field == lookup) {
			key = made_key(lookup, text);
			return key && g_hash_table_contains(matcher->made, key);
		}
	return TRUE;
}

/* ---- related records ------------------------------------------------------------------------------------------- */

static char *found_key(const Object *related, const Field *lookup, const char *text)
{
	return g_strconcat(related->plural, "\x1f", lookup->name, "\x1f", text, NULL);
}

static void remember(ImportMatcher *matcher, char *key, const char *id)
{
	if (g_hash_table_size(matcher->found) >= MAX_FOUND)
		import_matcher_forget(matcher);
	g_hash_table_insert(matcher->found, key, g_strdup(id));
}

void import_matcher_forget(ImportMatcher *matcher)
{
	g_hash_table_remove_all(matcher->found);
}

gboolean import_look_up(ImportMatcher *matcher, Db *db, const Object *related, const Field *lookup,
			const char *text, char ret_id[37], int *ret_n, GError **error)
{
	g_autofree char *key = found_key(related, lookup, text);
	const char *known = g_hash_table_lookup(matcher->found, key);
	char *sql = g_hash_table_lookup(matcher->statements, lookup);

	if (known) {
		g_strlcpy(ret_id, known, 37);
		*ret_n = 1;
		return TRUE;
	}
	if (!sql) {
		sql = field_sql(related, lookup);
		g_hash_table_insert(matcher->statements, (gpointer)(guintptr)lookup, sql);
	}
	if (!find(matcher, db, sql, lookup, text, ret_id, ret_n, error))
		return FALSE;
	if (*ret_n == 1)
		remember(matcher, g_steal_pointer(&key), ret_id);
	return TRUE;
}
