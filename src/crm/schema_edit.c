/* Declaring at run time: rows of custom_objects and custom_fields, each change with a new version of
 * the organisation's schema. Versions are random, so that a number never means two things, also
 * where a change was undone. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "crm/audit.h"
#include "crm/fields.h"
#include "crm/schema.h"

enum { NAME_MAX_CHARS = 40, CHOICES_MAX = 200 };

static gboolean new_version(Db *db, const Principal *principal, const char *action,
			    const char *subject, GError **error)
{
	guint64 bits;
	gint64 version;

	random_bytes(&bits, sizeof(bits));
	version = (gint64)(bits >> 12) | 1;
	return db_run(db, "UPDATE organisations SET schema_version = $2 WHERE id = $1", error, "si",
		      principal->org_id, version) &&
	       audit_add(db, principal, action, "objects", subject, NULL, error);
}

/* ---- checking a declaration ------------------------------------------------------------------------------------ */

typedef struct {
	const json_t *declaration;
	GPtrArray *faults;
	GError *failed;
} Reading;

static void fault(Reading *reading, const char *path, const char *message)
{
	field_fault(reading->faults, &reading->failed, ZHIYIN_ERROR_UNPROCESSABLE, path, message);
}

static gboolean reading_done(Reading *reading, GError **error)
{
	if (!reading->failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&reading->failed));
	return FALSE;
}

static const char *read_name(Reading *reading, const char *member)
{
	const char *name = json_member_string(reading->declaration, member);
	gsize n = name ? strlen(name) : 0;

	if (n >= 2 && n <= NAME_MAX_CHARS && g_ascii_islower(*name) &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n)
		return name;
	fault(reading, member, "must be 2 to 40 of a-z, 0-9 and _, beginning with a letter");
	return NULL;
}

/* One label serves both languages when the other is not given. */
static void read_labels(Reading *reading, const char **ret_zh, const char **ret_en)
{
	const char *zh = json_member_string(reading->declaration, "label_zh");
	const char *en = json_member_string(reading->declaration, "label_en");

	*ret_zh = zh && *zh ? zh : en;
	*ret_en = en && *en ? en : zh;
	if (!*ret_zh || !**ret_zh)
		fault(reading, "label_en", "is required, or label_zh");
	else if (g_utf8_strlen(*ret_zh, -1) > 60 || g_utf8_strlen(*ret_en, -1) > 60)
		fault(reading, "label_en", "is longer than 60 characters");
}

static gboolean read_flag(Reading *reading, const char *member)
{
	const json_t *value = json_object_get(reading->declaration, member);

	if (value && !json_is_boolean(value) && !json_is_null(value))
		fault(reading, member, "must be true or false");
	return json_is_true(value);
}

/* "a|b", NULL when there are none. The caller frees it. */
static char *read_choices(Reading *reading, FieldType type)
{
	const json_t *list = json_object_get(reading->declaration, "choices");
	gboolean wanted = type == FIELD_CHOICE || type == FIELD_MULTI_CHOICE;
	g_autoptr(GString) choices = g_string_new(NULL);
	gsize i;
	json_t *word;

	if (!wanted || json_array_size(list) < 1 || json_array_size(list) > CHOICES_MAX) {
		if (wanted || json_array_size(list))
			fault(reading, "choices",
			      wanted ? "must be a list of 1 to 200 words"
				     : "belong to choices only");
		return NULL;
	}
	json_array_foreach(list, i, word)
	{
		const char *text = json_string_value(word);

		if (!text || !*text || strchr(text, '|') || g_utf8_strlen(text, -1) > 60) {
			fault(reading, "choices",
			      "must be texts of at most 60 characters without |");
			return NULL;
		}
		g_string_append_printf(choices, "%s%s", i ? "|" : "", text);
	}
	return g_strdup(choices->str);
}

/* ---- fields ----------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *name, *label_zh, *label_en, *target;
	FieldType type;
	guint flags, max_chars;
	PersonalClass personal;
	char *choices, *default_value;
} Declared;

static void declared_clear(Declared *declared)
{
	g_free(declared->choices);
	g_free(declared->default_value);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Declared, declared_clear)

static void read_type(Reading *reading, Declared *declared)
{
	static const FieldType refused[] = {FIELD_JSON, FIELD_LINES, FIELD_CURRENCY};
	const char *word = json_member_string(reading->declaration, "type");

	if (!word || !field_type_find(word, &declared->type)) {
		fault(reading, "type", "is no type of field (text, number, date, choice ...)");
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
		if (declared->type == refused[i])
			fault(reading, "type", "cannot be added at run time");
	declared->max_chars = declared->type == FIELD_LONG_TEXT ? 8000
			      : declared->type == FIELD_TAGS	? 60
								: 500;
	if (declared->type == FIELD_MULTI_CHOICE)
		declared->max_chars = 60;
}

static void read_flags(Reading *reading, Declared *declared)
{
	static const struct {
		const char *member;
		guint flag;
	} rows[] = {{"required", FIELD_REQUIRED},
		    {"searchable", FIELD_SEARCHABLE},
		    {"indexed", FIELD_INDEXED},
		    {"unique", FIELD_UNIQUE | FIELD_INDEXED},
		    {"sensitive", FIELD_SENSITIVE}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (read_flag(reading, rows[i].member))
			declared->flags |= rows[i].flag;
	if (declared->type == FIELD_TAGS || declared->type == FIELD_MULTI_CHOICE)
		declared->flags |= FIELD_INDEXED;
}

static void read_personal(Reading *reading, Declared *declared)
{
	static const char *const words[] = {"none", "contact", "identity", "content"};
	const char *word = json_member_string(reading->declaration, "personal");

	for (gsize i = 0; word && i < G_N_ELEMENTS(words); i++)
		if (g_str_equal(words[i], word)) {
			declared->personal = (PersonalClass)i;
			return;
		}
	if (word)
		fault(reading, "personal", "is one of none, contact, identity, content");
}

static gboolean read_target(Db *db, const Principal *principal, Reading *reading,
			    Declared *declared)
{
	const char *target = json_member_string(reading->declaration, "target");

	if (declared->type != FIELD_REFERENCE)
		return TRUE;
	if (target &&
	    (g_str_equal(target, "users") || schema_object(db, principal->org_id, target, NULL)))
		declared->target = target;
	else
		fault(reading, "target", "must be the plural name of an object, or users");
	return TRUE;
}

/* A default is given as the record would hold it and kept as the store does. */
static void read_default(Reading *reading, Declared *declared)
{
	const json_t *value = json_object_get(reading->declaration, "default");
	g_autoptr(GError) failed = NULL;
	g_autofree char *text = NULL;

	if (!value || json_is_null(value))
		return;
	text = json_is_string(value) ? g_strdup(json_string_value(value))
				     : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	declared->default_value = field_normalise(declared->type, text, &failed);
	if (failed)
		fault(reading, "default", "is no value of this field");
	else if (declared->choices && declared->type == FIELD_CHOICE) {
		g_auto(GStrv) words = g_strsplit(declared->choices, "|", -1);

		if (!g_strv_contains((const char *const *)words, declared->default_value))
			fault(reading, "default", "is not one of the choices");
	}
}

static gboolean read_field(Db *db, const Principal *principal, const json_t *declaration,
			   Declared *declared, GPtrArray *faults, GError **error)
{
	static const char *const taken[] = {"id",	  "org_id",	"version",
					    "created_at", "updated_at", "deleted_at",
					    "custom",	  "object",	NULL};
	Reading reading = {declaration, faults, NULL};

	declared->name = read_name(&reading, "name");
	if (declared->name && g_strv_contains(taken, declared->name))
		fault(&reading, "name", "is kept for the program");
	read_type(&reading, declared);
	read_labels(&reading, &declared->label_zh, &declared->label_en);
	read_flags(&reading, declared);
	read_personal(&reading, declared);
	read_target(db, principal, &reading, declared);
	declared->choices = read_choices(&reading, declared->type);
	read_default(&reading, declared);
	return reading_done(&reading, error);
}

static gboolean insert_field(Db *db, const Principal *principal, const char *plural,
			     const Declared *d, GError **error)
{
	return db_run(
		db,
		"INSERT INTO custom_fields (org_id, object, name, type, flags, max_chars, "
		"label_zh, label_en, personal, choices, default_value, target, position, "
		"created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
		"(SELECT count(*) FROM custom_fields WHERE org_id = $1 AND object = $2), $13)",
		error, "ssssiississsi", principal->org_id, plural, d->name,
		field_type_name(d->type), (gint64)d->flags, (gint64)d->max_chars, d->label_zh,
		d->label_en, (gint64)d->personal, d->choices, d->default_value, d->target,
		clock_now_ms());
}

static gboolean name_is_free(Db *db, const Principal *principal, const Object *object,
			     const char *name, GPtrArray *faults, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT 1 FROM custom_fields WHERE org_id = $1 AND object = $2 AND name = $3",
		error, "sss", principal->org_id, object->plural, name);

	if (!rows)
		return FALSE;
	if (!object_field(object, name) && !db_next(rows, NULL) &&
	    object->n_fields < OBJECT_MAX_FIELDS)
		return TRUE;
	field_fault(faults, error, ZHIYIN_ERROR_CONFLICT, "name",
		    object->n_fields < OBJECT_MAX_FIELDS
			    ? "is in use (a removed field can be restored)"
			    : "is one field too many");
	return FALSE;
}

/* Values that were in custom before the field was declared. */
static gboolean fill_index(Db *db, const Principal *principal, const Object *object,
			   const char *name, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
		"SELECT t.id, t.custom FROM %s t WHERE t.org_id = $1%s AND t.custom ->> '%s' IS "
		"NOT NULL",
		object_table(object), object->flags & OBJECT_INVENTED ? " AND t.object = $2" : "",
		name);
	g_autoptr(DbRows) rows =
		object->flags & OBJECT_INVENTED
			? db_query(db, sql, error, "ss", principal->org_id, object->plural)
			: db_query(db, sql, error, "s", principal->org_id);
	g_autoptr(GError) failed = NULL;

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		g_autoptr(json_t) custom = json_loads(db_text(rows, 1), 0, NULL);
		g_autofree char *key = field_index_key(json_object_get(custom, name));

		if (key &&
		    !db_run(db,
			    "INSERT INTO field_index (org_id, object, field, key, record_id) "
			    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
			    error, "sssss", principal->org_id, object->plural, name, key,
			    db_text(rows, 0)))
			return FALSE;
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean schema_create_field(Db *db, const Principal *principal, const char *plural,
			     const json_t *declaration, GPtrArray *faults, GError **error)
{
	const Object *object = schema_object(db, principal->org_id, plural, error);
	g_autofree char *subject = NULL;
	g_auto(Declared) declared = {0};

	if (!object)
		return FALSE;
	if (object->flags & OBJECT_LOG) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "the %s take any properties and no further fields", plural);
		return FALSE;
	}
	if (!read_field(db, principal, declaration, &declared, faults, error) ||
	    !name_is_free(db, principal, object, declared.name, faults, error))
		return FALSE;
	subject = g_strconcat(plural, ".", declared.name, NULL);
	return insert_field(db, principal, plural, &declared, error) &&
	       (!(declared.flags & FIELD_INDEXED) ||
		fill_index(db, principal, object, declared.name, error)) &&
	       new_version(db, principal, "create_field", subject, error);
}

/* Of the fields an administrator made; NOT_FOUND otherwise. */
static const Field *custom_field(Db *db, const Principal *principal, const char *plural,
				 const char *name, GError **error)
{
	const Object *object = schema_object(db, principal->org_id, plural, error);
	const Field *field = object ? object_field(object, name) : NULL;

	if (field && field->flags & FIELD_CUSTOM)
		return field;
	if (object)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "%s has no field '%s' that an administrator made", plural, name);
	return NULL;
}

gboolean schema_patch_field(Db *db, const Principal *principal, const char *plural,
			    const char *name, const json_t *patch, GPtrArray *faults,
			    GError **error)
{
	const Field *field = custom_field(db, principal, plural, name, error);
	g_autoptr(json_t) merged = NULL;
	g_autofree char *subject = g_strconcat(plural, ".", name, NULL);
	g_auto(Declared) declared = {0};

	if (!field)
		return FALSE;
	merged = json_pack("{s:s, s:s, s:s, s:s, s:s*}", "name", name, "type",
			   field_type_name(field->type), "label_zh", field->label_zh, "label_en",
			   field->label_en, "target", field->target);
	json_object_set_new(merged, "required", json_boolean(field->flags & FIELD_REQUIRED));
	json_object_set_new(merged, "searchable", json_boolean(field->flags & FIELD_SEARCHABLE));
	json_object_set_new(merged, "indexed", json_boolean(field->flags & FIELD_INDEXED));
	json_object_set_new(merged, "unique", json_boolean(field->flags & FIELD_UNIQUE));
	json_object_set_new(merged, "sensitive", json_boolean(field->flags & FIELD_SENSITIVE));
	if (field->choices) {
		g_auto(GStrv) words = g_strsplit(field->choices, "|", -1);
		json_t *list = json_array();

		for (char **word = words; *word; word++)
			json_array_append_new(list, json_string(*word));
		json_object_set_new(merged, "choices", list);
	}
	field_merge(merged, patch);
	json_object_set_new(merged, "name", json_string(name));
	json_object_set_new(merged, "type", json_string(field_type_name(field->type)));
	return read_field(db, principal, merged, &declared, faults, error) &&
	       db_run(db,
		      "UPDATE custom_fields SET label_zh = $4, label_en = $5, flags = $6, choices "
		      "= $7, default_value = $8 WHERE org_id = $1 AND object = $2 AND name = $3",
		      error, "sssssiss", principal->org_id, plural, name, declared.label_zh,
		      declared.label_en, (gint64)declared.flags, declared.choices,
		      declared.default_value) &&
	       new_version(db, principal, "update_field", subject, error);
}

static gboolean set_field_removed(Db *db, const Principal *principal, const char *plural,
				  const char *name, gint64 removed_at, GError **error)
{
	g_autofree char *subject = g_strconcat(plural, ".", name, NULL);

	if (!db_run(db,
		    "UPDATE custom_fields SET removed_at = CASE WHEN $4 = 0 THEN NULL ELSE $4 END "
		    "WHERE org_id = $1 AND object = $2 AND name = $3",
		    error, "sssi", principal->org_id, plural, name, removed_at))
		return FALSE;
	if (db_changes(db) == 1)
		return new_version(db, principal, removed_at ? "remove_field" : "restore_field",
				   subject, error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such field");
	return FALSE;
}

gboolean schema_remove_field(Db *db, const Principal *principal, const char *plural,
			     const char *name, GError **error)
{
	return custom_field(db, principal, plural, name, error) &&
	       set_field_removed(db, principal, plural, name, clock_now_ms(), error);
}

gboolean schema_restore_field(Db *db, const Principal *principal, const char *plural,
			      const char *name, GError **error)
{
	return set_field_removed(db, principal, plural, name, 0, error);
}

/* ---- objects ---------------------------------------------------------------------------------------------------- */

/* First words of addresses that are not objects, now or likely soon. */
static const char *const reserved[] = {"search",   "objects",	   "imports", "exports",
				       "session",  "sessions",	   "users",   "conversations",
				       "messages", "events",	   "ask",     "version",
				       "widget",   "organisation", "openapi", "keys",
				       "audit",	   "jobs",	   "model",   "models",
				       "webhooks", "teams",	   "roles",   "views",
				       "reports",  "attachments",  "records", "files",
				       "settings", "admin",	   "inbox",   NULL};

static gboolean object_is_free(Db *db, const Principal *principal, const char *plural,
			       GPtrArray *faults, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT 1 FROM custom_objects WHERE org_id = $1 AND plural = $2",
			 error, "ss", principal->org_id, plural);

	if (!rows)
		return FALSE;
	if (!object_find(plural) && !g_strv_contains(reserved, plural) && !db_next(rows, NULL))
		return TRUE;
	field_fault(faults, error, ZHIYIN_ERROR_CONFLICT, "plural",
		    "is in use (a removed object can be restored)");
	return FALSE;
}

static gboolean create_fields(Db *db, const Principal *principal, const char *plural,
			      const json_t *fields, GPtrArray *faults, GError **error)
{
	gsize i;
	json_t *field;

	json_array_foreach(fields, i, field) if (!schema_create_field(db, principal, plural, field,
								      faults, error)) return FALSE;
	return TRUE;
}

gboolean schema_create_object(Db *db, const Principal *principal, const json_t *declaration,
			      GPtrArray *faults, GError **error)
{
	Reading reading = {declaration, faults, NULL};
	const char *name = read_name(&reading, "name");
	const char *plural = read_name(&reading, "plural");
	const char *label_zh, *label_en;

	read_labels(&reading, &label_zh, &label_en);
	if (name && plural && g_str_equal(name, plural))
		fault(&reading, "plural", "must differ from name");
	if (!reading_done(&reading, error) || !object_is_free(db, principal, plural, faults, error))
		return FALSE;
	return db_run(db,
		      "INSERT INTO custom_objects (org_id, plural, name, label_zh, label_en, "
		      "created_at) VALUES ($1, $2, $3, $4, $5, $6)",
		      error, "sssssi", principal->org_id, plural, name, label_zh, label_en,
		      clock_now_ms()) &&
	       new_version(db, principal, "create_object", plural, error) &&
	       create_fields(db, principal, plural, json_object_get(declaration, "fields"), faults,
			     error);
}

gboolean schema_patch_object(Db *db, const Principal *principal, const char *plural,
			     const json_t *patch, GPtrArray *faults, GError **error)
{
	const Object *object = schema_object(db, principal->org_id, plural, error);
	g_autoptr(json_t) merged = NULL;
	const char *label_zh, *label_en;

	if (!object)
		return FALSE;
	if (!(object->flags & OBJECT_INVENTED)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "the %s come with the program", plural);
		return FALSE;
	}
	merged =
		json_pack("{s:s, s:s}", "label_zh", object->label_zh, "label_en", object->label_en);
	field_merge(merged, patch);
	{
		Reading reading = {merged, faults, NULL};

		read_labels(&reading, &label_zh, &label_en);
		if (!reading_done(&reading, error))
			return FALSE;
	}
	return db_run(db,
		      "UPDATE custom_objects SET label_zh = $3, label_en = $4 WHERE org_id = $1 "
		      "AND plural = $2",
		      error, "ssss", principal->org_id, plural, label_zh, label_en) &&
	       new_version(db, principal, "update_object", plural, error);
}

static gboolean set_object_removed(Db *db, const Principal *principal, const char *plural,
				   gint64 removed_at, GError **error)
{
	if (!db_run(db,
		    "UPDATE custom_objects SET removed_at = CASE WHEN $3 = 0 THEN NULL ELSE $3 END "
		    "WHERE org_id = $1 AND plural = $2",
		    error, "ssi", principal->org_id, plural, removed_at))
		return FALSE;
	if (db_changes(db) == 1)
		return new_version(db, principal, removed_at ? "remove_object" : "restore_object",
				   plural, error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
		    "there is no such object that an administrator made");
	return FALSE;
}

gboolean schema_remove_object(Db *db, const Principal *principal, const char *plural,
			      GError **error)
{
	return set_object_removed(db, principal, plural, clock_now_ms(), error);
}

gboolean schema_restore_object(Db *db, const Principal *principal, const char *plural,
			       GError **error)
{
	return set_object_removed(db, principal, plural, 0, error);
}
