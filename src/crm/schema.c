/* Schemas by organisation, kept as long as their version is the stored one. */
#include "crm/schema.h"

#include <string.h>

#include "base/error.h"
#include "crm/fields.h"

typedef struct {
	gint64 version;
	GPtrArray *objects; /* of const Object: the program's, widened ones in their place */
} Schema;

static GMutex schemas_lock;
static GHashTable *schemas;  /* char *org_id -> Schema, the newest that was asked for */
static GPtrArray *given_out; /* every Schema there ever was: its objects may be in use */

/* Every invented object begins with these; its other fields are an administrator's. */
static const Field invented_fields[] = {
	FIELD("owner_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "负责人", "Owner", .target = "users"),
	FIELD("custom", FIELD_JSON, FIELD_READ_ONLY, 16384, "自定义字段", "Custom fields",
	      .personal = PERSONAL_CONTENT, .default_value = "{}"),
};

/* ---- reading what is declared --------------------------------------------------------------------------------- */

static Field read_field(DbRows *rows)
{
	FieldType type = FIELD_TEXT;
	Field field;

	field_type_find(db_text(rows, 1), &type);
	field = (Field){
		.name = g_intern_string(db_text(rows, 0)),
		.type = type,
		.flags = (guint)db_int(rows, 2) | FIELD_CUSTOM,
		.max_chars = (guint)db_int(rows, 3),
		.label_zh = g_intern_string(db_text(rows, 4)),
		.label_en = g_intern_string(db_text(rows, 5)),
		.personal = (PersonalClass)db_int(rows, 6),
		.choices = g_intern_string(db_text(rows, 7)),
		.default_value = g_intern_string(db_text(rows, 8)),
		.target = g_intern_string(db_text(rows, 9)),
	};
	return field;
}

/* base with the organisation's own fields behind its own; base itself when there are none. */
static const Object *widen(Db *db, const char *org_id, const Object *base, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GArray) fields = g_array_new(FALSE, TRUE, sizeof(Field));
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT name, type, flags, max_chars, label_zh, label_en, personal, choices, "
		"default_value, target FROM custom_fields WHERE org_id = $1 AND object = $2 AND "
		"removed_at IS NULL ORDER BY position, name",
		error, "ss", org_id, base->plural);
	Object *object;

	if (!rows)
		return NULL;
	g_array_append_vals(fields, base->fields, (guint)base->n_fields);
	while (fields->len < OBJECT_MAX_FIELDS && db_next(rows, &failed)) {
		Field field = read_field(rows);

		g_array_append_val(fields, field);
	}
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return NULL;
	}
	if (fields->len == base->n_fields && !(base->flags & OBJECT_INVENTED))
		return base;
	object = g_memdup2(base, sizeof(*base));
	object->n_fields = fields->len;
	object->fields = (const Field *)(gpointer)g_array_free(g_steal_pointer(&fields), FALSE);
	return object;
}

static const char *title_field(Db *db, const char *org_id, const char *plural)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT name FROM custom_fields WHERE org_id = $1 AND object = $2 AND removed_at "
		"IS NULL AND type IN ('text', 'email', 'phone') ORDER BY position, name LIMIT 1",
		NULL, "ss", org_id, plural);

	return rows && db_next(rows, NULL) ? g_intern_string(db_text(rows, 0)) : NULL;
}

static gboolean add_invented(Db *db, const char *org_id, GPtrArray *objects, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT plural, name, label_zh, label_en FROM custom_objects WHERE "
			 "org_id = $1 AND removed_at IS NULL ORDER BY created_at, plural",
			 error, "s", org_id);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		Object base = {.plural = g_intern_string(db_text(rows, 0)),
			       .name = g_intern_string(db_text(rows, 1)),
			       .table = "custom_records",
			       .label_zh = g_intern_string(db_text(rows, 2)),
			       .label_en = g_intern_string(db_text(rows, 3)),
			       .flags = OBJECT_INVENTED,
			       .fields = invented_fields,
			       .n_fields = G_N_ELEMENTS(invented_fields)};
		const Object *object;

		base.title = title_field(db, org_id, base.plural);
		object = widen(db, org_id, &base, error);
		if (!object)
			return FALSE;
		g_ptr_array_add(objects, (gpointer)(guintptr)object);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static GPtrArray *read_objects(Db *db, const char *org_id, GError **error)
{
	g_autoptr(GPtrArray) objects = g_ptr_array_new();
	gsize n;
	const Object *const *all = objects_all(&n);

	for (gsize i = 0; i < n; i++) {
		const Object *object = widen(db, org_id, all[i], error);

		if (!object)
			return NULL;
		g_ptr_array_add(objects, (gpointer)(guintptr)object);
	}
	return add_invented(db, org_id, objects, error) ? g_steal_pointer(&objects) : NULL;
}

/* ---- looking up ----------------------------------------------------------------------------------------------- */

static gboolean stored_version(Db *db, const char *org_id, gint64 *ret_version, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT schema_version FROM organisations WHERE id = $1", error, "s", org_id);

	if (!rows)
		return FALSE;
	*ret_version = db_next(rows, &failed) ? db_int(rows, 0) : 0;
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Version 0 has nothing of its own. A change in a transaction that is undone later must not be kept
 * under its number, so a version is taken from the cache only when it is the very same. */
static const Schema *schema_get(Db *db, const char *org_id, GError **error)
{
	g_autoptr(GMutexLocker) locked = NULL;
	GPtrArray *objects;
	Schema *schema;
	gint64 version;

	if (!stored_version(db, org_id, &version, error))
		return NULL;
	locked = g_mutex_locker_new(&schemas_lock);
	if (!schemas)
		schemas = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!given_out)
		given_out = g_ptr_array_new();
	schema = g_hash_table_lookup(schemas, org_id);
	if (schema && schema->version == version)
		return schema;
	objects = read_objects(db, org_id, error);
	if (!objects)
		return NULL;
	schema = g_new(Schema, 1);
	*schema = (Schema){version, objects};
	g_ptr_array_add(given_out, schema);
	g_hash_table_replace(schemas, g_strdup(org_id), schema);
	return schema;
}

const Object *schema_object(Db *db, const char *org_id, const char *plural, GError **error)
{
	const Schema *schema = schema_get(db, org_id, error);

	for (guint i = 0; schema && i < schema->objects->len; i++) {
		const Object *object = schema->objects->pdata[i];

		if (g_str_equal(object->plural, plural))
			return object;
	}
	if (schema)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "there is nothing at this address");
	return NULL;
}

GPtrArray *schema_objects(Db *db, const char *org_id, GError **error)
{
	const Schema *schema = schema_get(db, org_id, error);
	GPtrArray *objects;

	if (!schema)
		return NULL;
	objects = g_ptr_array_new();
	for (guint i = 0; i < schema->objects->len; i++)
		g_ptr_array_add(objects, schema->objects->pdata[i]);
	return objects;
}

/* ---- telling -------------------------------------------------------------------------------------------------- */

static void put_flags(JsonWriter *w, const Field *field)
{
	static const struct {
		const char *name;
		guint flag;
	} flags[] = {{"required", FIELD_REQUIRED},   {"searchable", FIELD_SEARCHABLE},
		     {"indexed", FIELD_INDEXED},     {"unique", FIELD_UNIQUE},
		     {"read_only", FIELD_READ_ONLY}, {"custom", FIELD_CUSTOM},
		     {"sensitive", FIELD_SENSITIVE}};

	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
		json_put_bool(w, flags[i].name, (field->flags & flags[i].flag) != 0);
}

static void put_declared_field(JsonWriter *w, const Field *field, FieldAccess access)
{
	static const char *const classes[] = {"none", "contact", "identity", "content"};
	g_auto(GStrv) choices = field->choices ? g_strsplit(field->choices, "|", -1) : NULL;

	json_object_begin(w, NULL);
	json_put_string(w, "name", field->name);
	json_put_string(w, "type", field_type_name(field->type));
	json_put_string(w, "label_zh", field->label_zh);
	json_put_string(w, "label_en", field->label_en);
	put_flags(w, field);
	json_put_bool(w, "writable", access == FIELD_WRITABLE && !(field->flags & FIELD_READ_ONLY));
	json_put_string(w, "personal", classes[field->personal]);
	json_put_string(w, "target", field->target);
	json_put_string(w, "default", field->default_value);
	json_put_int(w, "max_chars", field->max_chars);
	json_array_begin(w, "choices");
	for (char **choice = choices; choice && *choice; choice++)
		json_put_string(w, NULL, *choice);
	json_array_end(w);
	json_object_end(w);
}

static const char *reach_name(const Principal *principal, const Object *object, AccessAction action)
{
	static const char *const names[] = {"none", "own", "team", "all"};
	gboolean closed = object->flags & OBJECT_ADMIN_ONLY && !principal->is_admin &&
			  action != ACCESS_READ && action != ACCESS_EXPORT;

	return names[closed ? REACH_NONE : access_reach(principal, object->plural, action)];
}

static void put_rights(JsonWriter *w, const Principal *principal, const Object *object)
{
	json_object_begin(w, "rights");
	for (int i = 0; i < N_ACCESS_ACTIONS; i++)
		json_put_string(w, access_action_name((AccessAction)i),
				reach_name(principal, object, (AccessAction)i));
	json_object_end(w);
}

void schema_put_object(JsonWriter *w, const Principal *principal, const Object *object)
{
	json_object_begin(w, NULL);
	json_put_string(w, "name", object->name);
	json_put_string(w, "plural", object->plural);
	json_put_string(w, "label_zh", object->label_zh);
	json_put_string(w, "label_en", object->label_en);
	json_put_string(w, "title", object->title);
	json_put_bool(w, "invented", (object->flags & OBJECT_INVENTED) != 0);
	json_put_bool(w, "log", (object->flags & OBJECT_LOG) != 0);
	json_put_bool(w, "admin_only", (object->flags & OBJECT_ADMIN_ONLY) != 0);
	put_rights(w, principal, object);
	json_array_begin(w, "fields");
	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		FieldAccess access = access_field(principal, object, field->name);

		if (access != FIELD_HIDDEN &&
		    !(object->flags & OBJECT_INVENTED && g_str_equal(field->name, "custom")))
			put_declared_field(w, field, access);
	}
	json_array_end(w);
	json_object_end(w);
}
