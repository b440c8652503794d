/* Rows to JSON, whole or in part, with what they refer to. */
#include "crm/record_view.h"

#include <string.h>

#include "base/error.h"
#include "crm/fields.h"
#include "crm/record_sql.h"
#include "crm/schema.h"
#include "text/tokenize.h"

enum { VIEW_MAX_EXPANDS = 8 };

typedef struct {
	const Field *field;
	const Object *target;
	char *key; /* "company" of company_id */
} Expand;

struct RecordView {
	gboolean hidden[OBJECT_MAX_FIELDS];
	gboolean times_hidden;
	Expand expands[VIEW_MAX_EXPANDS];
	guint n_expands;
};

void record_view_free(RecordView *view)
{
	if (!view)
		return;
	for (guint i = 0; i < view->n_expands; i++)
		g_free(view->expands[i].key);
	g_free(view);
}

static gboolean is_hidden(const Principal *principal, const Object *object, const char *name)
{
	return principal && access_field(principal, object, name) == FIELD_HIDDEN;
}

static gboolean show_only(RecordView *view, const Principal *principal, const Object *object,
			  const char *fields, GError **error)
{
	g_auto(GStrv) names = g_strsplit(fields, ",", -1);

	for (gsize i = 0; i < G_N_ELEMENTS(view->hidden); i++)
		view->hidden[i] = TRUE;
	view->times_hidden = !g_strv_contains((const char *const *)names, "created_at") &&
			     !g_strv_contains((const char *const *)names, "updated_at");
	for (char **name = names; *name; name++) {
		const Field *field = object_field(object, g_strstrip(*name));

		if (field && !is_hidden(principal, object, *name)) {
			view->hidden[field - object->fields] = FALSE;
		} else if (!g_str_equal(*name, "id") && !g_str_equal(*name, "created_at") &&
			   !g_str_equal(*name, "updated_at")) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "fields: there is no field '%s'", *name);
			return FALSE;
		}
	}
	return TRUE;
}

static const Field *reference_field(const Object *object, const char *name)
{
	g_autofree char *with_id = g_strconcat(name, "_id", NULL);
	const Field *field = object_field(object, with_id);

	if (!field)
		field = object_field(object, name);
	return field && field->type == FIELD_REFERENCE && field->target ? field : NULL;
}

static gboolean add_expand(RecordView *view, Db *db, const Principal *principal,
			   const Object *object, const char *name, GError **error)
{
	const Field *field = reference_field(object, name);
	const Object *target = NULL;

	if (field && is_hidden(principal, object, field->name))
		field = NULL;
	if (!field || view->n_expands == VIEW_MAX_EXPANDS) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    field ? "expand: too many relations"
				  : "expand: there is no relation '%s'",
			    name);
		return FALSE;
	}
	target = g_str_equal(field->target, "users")
			 ? &OBJECT_USER
			 : schema_object(db, principal->org_id, field->target, error);
	if (!target)
		return FALSE;
	view->expands[view->n_expands++] =
		(Expand){field, target,
			 g_str_has_suffix(field->name, "_id")
				 ? g_strndup(field->name, strlen(field->name) - 3)
				 : g_strconcat(field->name, "_record", NULL)};
	return TRUE;
}

RecordView *record_view_new(Db *db, const Principal *principal, const Object *object,
			    const char *fields, const char *expand, GError **error)
{
	g_autoptr(RecordView) view = g_new0(RecordView, 1);
	g_auto(GStrv) names = expand && *expand ? g_strsplit(expand, ",", -1) : NULL;

	if (fields && *fields && !show_only(view, principal, object, fields, error))
		return NULL;
	for (char **name = names; name && *name; name++)
		if (!add_expand(view, db, principal, object, g_strstrip(*name), error))
			return NULL;
	return g_steal_pointer(&view);
}

/* ---- writing -------------------------------------------------------------------------------------------------- */

/* principal NULL: the record as a whole. The members of custom that are fields of an invented object
 * stand at its top. */
static void put_members(JsonWriter *w, const Principal *principal, const Object *object,
			const RecordView *view, const char *custom)
{
	g_autoptr(json_t) members = custom ? json_loads(custom, 0, NULL) : NULL;

	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		g_autofree char *text = NULL;
		const json_t *value;

		if (!(field->flags & FIELD_CUSTOM) || (view && view->hidden[i]) ||
		    is_hidden(principal, object, field->name))
			continue;
		value = json_object_get(members, field->name);
		text = value ? json_dumps(value,
					  JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15))
			     : NULL;
		json_put_raw(w, field->name, text);
	}
}

/* Without the members that are kept from the principal. */
static void put_custom(JsonWriter *w, const Principal *principal, const Object *object,
		       const char *custom)
{
	g_autoptr(json_t) members = json_loads(custom, 0, NULL);
	g_autofree char *text = NULL;
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(members, next, name, value) if (is_hidden(principal, object, name))
		json_object_del(members, name);
	text = members ? json_dumps(members, JSON_COMPACT | JSON_REAL_PRECISION(15)) : NULL;
	json_put_raw(w, "custom", text);
}

static void put_fields(JsonWriter *w, const Principal *principal, const Object *object,
		       const RecordView *view, DbRows *rows)
{
	const ObjectSql *sql = object_sql(object);
	gboolean invented = object->flags & OBJECT_INVENTED;

	if (principal && !access_limits_fields(principal, object))
		principal = NULL;
	for (gsize i = 0; i < object->n_fields; i++) {
		int column = sql->column[i];

		if (column < 0 || (view && view->hidden[i]) ||
		    (invented && column == sql->custom) ||
		    is_hidden(principal, object, object->fields[i].name))
			continue;
		if (principal && column == sql->custom)
			put_custom(w, principal, object, db_text(rows, column));
		else
			field_put(w, object->fields[i].name, &object->fields[i], rows, column);
	}
	if (invented)
		put_members(w, principal, object, view, db_text(rows, sql->custom));
}

/* Colleagues have no version, no times: only what may be shown of them. */
static gboolean put_user(Db *db, const char *org_id, const char *id, JsonWriter *w, const char *key,
			 GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT id, name, email FROM users WHERE org_id = $1 AND id = $2",
			 error, "ss", org_id, id);

	if (!rows)
		return FALSE;
	if (!db_next(rows, NULL)) {
		json_put_null(w, key);
		return TRUE;
	}
	json_object_begin(w, key);
	json_put_string(w, "id", db_text(rows, 0));
	json_put_string(w, "name", db_text(rows, 1));
	json_put_string(w, "email", db_text(rows, 2));
	json_object_end(w);
	return TRUE;
}

static gboolean put_related(Db *db, const Principal *principal, const Object *target,
			    const char *id, JsonWriter *w, const char *key, GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	JsonWriter inner = json_writer(text);
	gboolean reaches;

	if (target->flags & OBJECT_INTERNAL)
		return put_user(db, principal->org_id, id, w, key, error);
	if (!access_reaches(db, principal, target, ACCESS_READ, id, &reaches, error))
		return FALSE;
	if (!reaches) {
		json_put_null(w, key);
		return TRUE;
	}
	rows = db_query(db, object_sql(target)->get, error, "ss", principal->org_id, id);
	if (!rows)
		return FALSE;
	if (!db_next(rows, NULL) || !db_is_null(rows, COLUMN_DELETED)) {
		json_put_null(w, key);
		return TRUE;
	}
	if (!record_put(db, principal, target, NULL, rows, &inner, error))
		return FALSE;
	json_put_raw(w, key, text->str);
	return TRUE;
}

static char *reference_id(const Object *object, const Field *field, DbRows *rows)
{
	const ObjectSql *sql = object_sql(object);
	g_autoptr(json_t) custom = NULL;

	if (!(field->flags & FIELD_CUSTOM))
		return g_strdup(db_text(rows, sql->column[field - object->fields]));
	custom = json_loads(db_text(rows, sql->custom), 0, NULL);
	return g_strdup(json_member_string(custom, field->name));
}

static gboolean put_expands(Db *db, const Principal *principal, const Object *object,
			    const RecordView *view, DbRows *rows, JsonWriter *w, GError **error)
{
	for (guint i = 0; view && i < view->n_expands; i++) {
		const Expand *expand = &view->expands[i];
		g_autofree char *id = reference_id(object, expand->field, rows);

		if (!id)
			json_put_null(w, expand->key);
		else if (!put_related(db, principal, expand->target, id, w, expand->key, error))
			return FALSE;
	}
	return TRUE;
}

gboolean record_put(Db *db, const Principal *principal, const Object *object,
		    const RecordView *view, DbRows *rows, JsonWriter *w, GError **error)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", db_text(rows, COLUMN_ID));
	put_fields(w, principal, object, view, rows);
	if (!put_expands(db, principal, object, view, rows, w, error))
		return FALSE;
	if (!view || !view->times_hidden) {
		json_put_time(w, "created_at", db_int(rows, COLUMN_CREATED));
		if (!(object->flags & OBJECT_LOG))
			json_put_time(w, "updated_at", db_int(rows, COLUMN_UPDATED));
	}
	json_object_end(w);
	return TRUE;
}

/* What is written can be read: the same bytes serve both. */
json_t *record_document(const Object *object, DbRows *rows)
{
	g_autoptr(GString) text = g_string_new(NULL);
	JsonWriter w = json_writer(text);
	json_t *document, *value;
	const char *name;
	void *next;

	json_object_begin(&w, NULL);
	put_fields(&w, NULL, object, NULL, rows);
	if (object->flags & OBJECT_INVENTED) /* with what removed fields left there */
		json_put_raw(&w, "custom", db_text(rows, object_sql(object)->custom));
	json_object_end(&w);
	document = json_parse(text->str, text->len, NULL);
	json_object_foreach_safe(document, next, name, value) if (json_is_null(value))
		json_object_del(document, name);
	return document;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static int collect_token(const char *token, int n_bytes, int start, int end, gpointer data)
{
	(void)start;
	(void)end;
	g_ptr_array_add(data, g_strndup(token, (gsize)n_bytes));
	return 0;
}

static GPtrArray *tokens_of(const char *text)
{
	GPtrArray *tokens = g_ptr_array_new_with_free_func(g_free);

	text_tokenize(text, (int)strlen(text), collect_token, tokens);
	return tokens;
}

static gboolean stands_in_one(const char *token, const GPtrArray *tokens)
{
	for (guint i = 0; i < tokens->len; i++)
		if (strstr(tokens->pdata[i], token))
			return TRUE;
	return FALSE;
}

gboolean words_stand_in(const char *q, const char *text)
{
	g_autoptr(GPtrArray) words = tokens_of(q), known = tokens_of(text);

	for (guint i = 0; i < words->len; i++)
		if (!stands_in_one(words->pdata[i], known))
			return FALSE;
	return TRUE;
}

gboolean record_shows(const Principal *principal, const Object *object, DbRows *rows, const char *q)
{
	g_autoptr(GString) text = g_string_new(NULL);
	JsonWriter w = json_writer(text);

	if (!access_limits_fields(principal, object))
		return TRUE;
	json_object_begin(&w, NULL);
	put_fields(&w, principal, object, NULL, rows);
	json_object_end(&w);
	return words_stand_in(q, text->str);
}
