/* Names of a filter: fields, the fixed columns, members of objects, and one relation across. */
#include "crm/filter_names.h"

#include <string.h>

#include "base/error.h"
#include "crm/schema.h"

static const struct {
	const char *name;
	FieldType type;
	gboolean is_log; /* also of objects that are only added to */
	gboolean is_indexed;
} fixed[] = {{"id", FIELD_REFERENCE, TRUE, FALSE},
	     {"created_at", FIELD_TIME, TRUE, FALSE},
	     {"updated_at", FIELD_TIME, FALSE, TRUE},
	     {"version", FIELD_INTEGER, FALSE, FALSE}};

void filter_name_clear(FilterName *name)
{
	g_clear_pointer(&name->expression, g_free);
	g_clear_pointer(&name->reach, g_free);
}

static gboolean word_is_plain(const char *word)
{
	gsize n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	return n > 0 && n <= 60 && !word[n];
}

/* A value inside a JSON column, as text or number. */
static char *member_expression(const char *alias, const char *column, const char *member,
			       FieldType type)
{
	gboolean number = type == FIELD_NUMBER || type == FIELD_INTEGER || type == FIELD_MONEY;

	return number ? g_strdup_printf("CAST(%s.%s ->> '%s' AS DOUBLE PRECISION)", alias, column,
					member)
		      : g_strdup_printf("(%s.%s ->> '%s')", alias, column, member);
}

/* A record is made with its id, whose index is the table; users are not. */
static gboolean is_id_time(const Object *object, const char *word)
{
	return g_str_equal(word, "created_at") && !(object->flags & OBJECT_INTERNAL);
}

static gboolean resolve_fixed(const Object *object, const char *alias, const char *word,
			      FilterName *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(fixed); i++)
		if (g_str_equal(word, fixed[i].name) &&
		    (fixed[i].is_log || !(object->flags & (OBJECT_LOG | OBJECT_INTERNAL)))) {
			name->is_id_time = is_id_time(object, word);
			name->expression =
				g_strdup_printf("%s.%s", alias, name->is_id_time ? "id" : word);
			name->type = fixed[i].type;
			name->nullable = FALSE;
			name->is_indexed = fixed[i].is_indexed;
			return TRUE;
		}
	return FALSE;
}

/* "(... t.amount ...)" of a computed field, over another alias. */
static char *computed_expression(const Field *field, const char *alias)
{
	g_autoptr(GString) sql = g_string_new(NULL);

	g_string_printf(sql, "(%s)", field->computed);
	if (!g_str_equal(alias, "t")) {
		g_autofree char *to = g_strconcat(alias, ".", NULL);

		g_string_replace(sql, "t.", to, 0);
	}
	return g_strdup(sql->str);
}

/* What one may not know of is not there. */
static gboolean is_hidden(const Principal *principal, const Object *object, const char *word)
{
	return access_field(principal, object, word) == FIELD_HIDDEN;
}

static gboolean resolve_field(const Principal *principal, const Object *object, const char *alias,
			      const char *word, FilterName *name)
{
	const Field *field = object_field(object, word);

	if (!field || g_str_equal(word, "custom") || is_hidden(principal, object, word))
		return FALSE;
	name->field = field;
	name->type = field->type;
	name->is_indexed = field->flags & FIELD_INDEXED && !(field->flags & FIELD_CUSTOM) &&
			   field->type != FIELD_TAGS && field->type != FIELD_MULTI_CHOICE;
	name->nullable = !(field->flags & FIELD_REQUIRED || field->default_value);
	if (field->computed)
		name->expression = computed_expression(field, alias);
	else if (field->flags & FIELD_CUSTOM)
		name->expression = member_expression(alias, "custom", word, field->type);
	else
		name->expression = g_strdup_printf("%s.%s", alias, word);
	return TRUE;
}

/* custom.level, address.city: a member of a column that holds an object. */
static gboolean resolve_member(const Principal *principal, const Object *object, const char *alias,
			       const char *column, const char *member, FilterName *name)
{
	const Field *field = object_field(object, column);
	const Field *custom = g_str_equal(column, "custom") ? object_field(object, member) : NULL;

	if (!field || (field->type != FIELD_JSON && field->type != FIELD_ADDRESS) ||
	    is_hidden(principal, object, column) ||
	    (g_str_equal(column, "custom") && is_hidden(principal, object, member)))
		return FALSE;
	if (custom && custom->flags & FIELD_CUSTOM)
		return resolve_field(principal, object, alias, member, name);
	name->type = FIELD_TEXT;
	name->nullable = TRUE;
	name->is_free = field->type == FIELD_JSON;
	name->expression = member_expression(alias, column, member, FIELD_TEXT);
	return TRUE;
}

static gboolean resolve_in(const Principal *principal, const Object *object, const char *alias,
			   char **words, guint n, FilterName *name)
{
	name->owner = object;
	if (n == 1)
		return resolve_fixed(object, alias, words[0], name) ||
		       resolve_field(principal, object, alias, words[0], name);
	return n == 2 && resolve_member(principal, object, alias, words[0], words[1], name);
}

/* The reference that a first word names: company or company_id. */
static const Field *relation_field(const Object *object, const char *word)
{
	g_autofree char *with_id = g_strconcat(word, "_id", NULL);
	const Field *field = object_field(object, with_id);

	if (!field)
		field = object_field(object, word);
	return field && field->type == FIELD_REFERENCE && !(field->flags & FIELD_CUSTOM) ? field
											 : NULL;
}

static const Object *target_object(const FilterScope *scope, const Field *relation, GError **error)
{
	if (g_str_equal(relation->target, "users"))
		return &OBJECT_USER;
	return schema_object(scope->db, scope->principal->org_id, relation->target, error);
}

static gboolean resolve_related(const FilterScope *scope, char **words, guint n, FilterName *name)
{
	const Field *relation = n > 1 ? relation_field(scope->object, words[0]) : NULL;
	const Object *target = relation ? target_object(scope, relation, NULL) : NULL;

	if (!target || is_hidden(scope->principal, scope->object, relation->name) ||
	    (!(target->flags & OBJECT_INTERNAL) &&
	     !access_may(scope->principal, target, ACCESS_READ, NULL)) ||
	    !resolve_in(scope->principal, target, "r", words + 1, n - 1, name))
		return FALSE;
	name->reach = access_where(scope->principal, target, ACCESS_READ, "r");
	name->relation = relation;
	name->nullable = TRUE;
	return TRUE;
}

gboolean filter_name_resolve(const FilterScope *scope, const char *path, FilterName *ret_name,
			     GError **error)
{
	g_auto(GStrv) words = g_strsplit(path, ".", 5);
	guint n = g_strv_length(words);

	*ret_name = (FilterName){0};
	for (guint i = 0; i < n; i++)
		if (!word_is_plain(words[i]))
			n = 0;
	if (n && (resolve_in(scope->principal, scope->object, "t", words, n, ret_name) ||
		  resolve_related(scope, words, n, ret_name)))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "there is no field '%s'", path);
	return FALSE;
}

void filter_append_there(GString *sql, const FilterName *name)
{
	g_string_append(sql, "r.org_id = $1");
	if (name->owner->flags & OBJECT_INVENTED)
		g_string_append_printf(sql, " AND r.object = '%s'", name->owner->plural);
	if (!(name->owner->flags & (OBJECT_INTERNAL | OBJECT_LOG)))
		g_string_append(sql, " AND r.deleted_at IS NULL");
	if (name->reach)
		g_string_append_printf(sql, " AND %s", name->reach);
}

void filter_append_relation(GString *sql, const FilterName *name)
{
	g_string_append_printf(sql, "r.id = t.%s AND ", name->relation->name);
	filter_append_there(sql, name);
}
