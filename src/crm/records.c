/* Records by declaration: one set of statements per object, built at first use, one code path for
 * every object. */
#include "crm/records.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/fields.h"
#include "crm/search.h"

typedef struct {
	char *get, *list, *insert, *update, *each;
	int first_field; /* column of the first field in get and list */
} ObjectSql;

enum {
	COLUMN_ID,
	COLUMN_VERSION,
	COLUMN_CREATED,
	COLUMN_UPDATED,
	COLUMN_DELETED,
	COLUMN_EXTRA,
	COLUMN_FIELDS
};

static char *field_columns(const Object *object)
{
	GString *columns = g_string_new(NULL);

	for (gsize i = 0; i < object->n_fields; i++)
		g_string_append_printf(columns, ", t.%s", object->fields[i].name);
	return g_string_free(columns, FALSE);
}

static void build_writes(const Object *object, ObjectSql *sql)
{
	g_autoptr(GString) names = g_string_new("org_id, id, version, created_at, updated_at");
	g_autoptr(GString) values = g_string_new("$1, $2, 1, $3, $3");
	g_autoptr(GString) sets = g_string_new("version = version + 1, updated_at = $3");

	for (gsize i = 0; i < object->n_fields; i++) {
		g_string_append_printf(names, ", %s", object->fields[i].name);
		g_string_append_printf(values, ", $%d", (int)i + 4);
		g_string_append_printf(sets, ", %s = $%d", object->fields[i].name, (int)i + 4);
	}
	sql->insert = g_strdup_printf("INSERT INTO %s (%s) VALUES (%s)", object->plural, names->str,
				      values->str);
	sql->update = g_strdup_printf("UPDATE %s SET %s WHERE org_id = $1 AND id = $2",
				      object->plural, sets->str);
}

static void build_reads(const Object *object, ObjectSql *sql)
{
	g_autofree char *fields = field_columns(object);
	g_autofree char *columns =
		g_strdup_printf("t.id, t.version, t.created_at, t.updated_at, t.deleted_at, %s%s",
				object->extra_column ? object->extra_column : "NULL", fields);
	g_autoptr(GString) filters = g_string_new(NULL);
	int n = 3;

	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].flags & FIELD_FILTER) {
			n++;
			g_string_append_printf(filters, " AND ($%d IS NULL OR t.%s = $%d)", n,
					       object->fields[i].name, n);
		}
	sql->get = g_strdup_printf("SELECT %s FROM %s t WHERE t.org_id = $1 AND t.id = $2", columns,
				   object->plural);
	sql->list = g_strdup_printf(
		"SELECT %s FROM %s t WHERE t.org_id = $1 AND t.id < $2 AND t.deleted_at IS NULL%s "
		"ORDER BY t.id DESC LIMIT $3",
		columns, object->plural, filters->str);
	sql->each = g_strdup_printf(
		"SELECT t.id%s, t.created_at, t.updated_at FROM %s t WHERE t.org_id = $1 AND "
		"t.deleted_at IS NULL ORDER BY t.id",
		fields, object->plural);
}

/* The statements of an object; built once, never freed: as many as there are objects. */
static const ObjectSql *object_sql(const Object *object)
{
	static GMutex lock;
	static GHashTable *built;
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&lock);
	ObjectSql *sql;

	(void)locked;
	if (!built)
		built = g_hash_table_new(NULL, NULL);
	sql = g_hash_table_lookup(built, object);
	if (!sql) {
		sql = g_new0(ObjectSql, 1);
		build_reads(object, sql);
		build_writes(object, sql);
		g_hash_table_insert(built, (gpointer)(guintptr)object, sql);
	}
	return sql;
}

GPtrArray *field_faults_new(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

static void put_field(JsonWriter *w, const Field *field, const char *text)
{
	if (field->type == FIELD_TAGS || field->type == FIELD_JSON)
		json_put_raw(w, field->name, text);
	else
		json_put_string(w, field->name, text);
}

static void put_record(JsonWriter *w, const Object *object, DbRows *rows)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", db_text(rows, COLUMN_ID));
	for (gsize i = 0; i < object->n_fields; i++)
		put_field(w, &object->fields[i], db_text(rows, COLUMN_FIELDS + (int)i));
	if (object->extra_name)
		json_put_int(w, object->extra_name, db_int(rows, COLUMN_EXTRA));
	json_put_time(w, "created_at", db_int(rows, COLUMN_CREATED));
	json_put_time(w, "updated_at", db_int(rows, COLUMN_UPDATED));
	json_object_end(w);
}

static gboolean fail_not_found(const Object *object, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such %s",
		    object->name);
	return FALSE;
}

/* The row of a record, deleted ones only when wanted; NULL with NOT_FOUND. */
static DbRows *record_rows(Db *db, const Principal *principal, const Object *object, const char *id,
			   gboolean deleted, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (!id_valid(id)) {
		fail_not_found(object, error);
		return NULL;
	}
	rows = db_query(db, object_sql(object)->get, error, "ss", principal->org_id, id);
	if (!rows)
		return NULL;
	if (!db_next(rows, &failed) || db_is_null(rows, COLUMN_DELETED) == deleted) {
		if (failed)
			g_propagate_error(error, g_steal_pointer(&failed));
		else
			fail_not_found(object, error);
		return NULL;
	}
	return g_steal_pointer(&rows);
}

gboolean record_get(Db *db, const Principal *principal, const Object *object, const char *id,
		    GString *out, gint64 *ret_version, GError **error)
{
	g_autoptr(DbRows) rows = record_rows(db, principal, object, id, FALSE, error);
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	put_record(&w, object, rows);
	if (ret_version)
		*ret_version = db_int(rows, COLUMN_VERSION);
	return TRUE;
}

static gsize bind_filters(const Object *object, const RecordQuery *query, DbValue *values)
{
	gsize n = 0;

	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		const char *wanted;

		if (!(field->flags & FIELD_FILTER))
			continue;
		wanted = query->filter ? query->filter(field->name, query->filter_data) : NULL;
		values[n++] = (DbValue){
			.type = wanted ? DB_TEXT : DB_NULL, .text = wanted, .n_bytes = -1};
	}
	return n;
}

static gboolean list_newest(Db *db, const Principal *principal, const Object *object,
			    const RecordQuery *query, JsonWriter *w, char **ret_token,
			    GError **error)
{
	DbValue values[3 + OBJECT_MAX_FIELDS] = {
		{.type = DB_TEXT, .text = principal->org_id, .n_bytes = -1},
		{.type = DB_TEXT,
		 .text = query->page_token ? query->page_token : "g",
		 .n_bytes = -1},
		{.type = DB_INT, .i = query->page_size + 1},
	};
	gsize n = 3 + bind_filters(object, query, values + 3);
	g_autoptr(DbRows) rows = db_query_values(db, object_sql(object)->list, values, n, error);
	g_autoptr(GError) failed = NULL;
	g_autofree char *last = NULL;
	int n_rows = 0;

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		if (n_rows++ == query->page_size) {
			*ret_token = g_steal_pointer(&last);
			break;
		}
		put_record(w, object, rows);
		if (n_rows == query->page_size)
			last = g_strdup(db_text(rows, COLUMN_ID));
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean row_passes(const Object *object, const RecordQuery *query, DbRows *rows)
{
	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		const char *wanted = field->flags & FIELD_FILTER && query->filter
					     ? query->filter(field->name, query->filter_data)
					     : NULL;

		if (wanted && g_strcmp0(wanted, db_text(rows, COLUMN_FIELDS + (int)i)) != 0)
			return FALSE;
	}
	return TRUE;
}

typedef struct {
	Db *db;
	const Principal *principal;
	const Object *object;
	const RecordQuery *query;
	JsonWriter *w;
	int n_rows;
} FoundRecords;

static gboolean put_found(const char *object_name, const char *record_id, gpointer data,
			  GError **error)
{
	FoundRecords *found = data;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		record_rows(found->db, found->principal, found->object, record_id, FALSE, &failed);

	(void)object_name;
	if (!rows && !g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (rows && row_passes(found->object, found->query, rows)) {
		put_record(found->w, found->object, rows);
		found->n_rows++;
	}
	return TRUE;
}

gboolean record_list(Db *db, const Principal *principal, const Object *object,
		     const RecordQuery *query, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	g_autofree char *token = NULL;
	gboolean ok;

	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	if (query->q && *query->q) {
		FoundRecords found = {db, principal, object, query, &w, 0};

		ok = search_find(db, principal->org_id, object->plural, query->q, query->page_size,
				 query->page_token, put_found, &found, &token, error);
	} else {
		ok = list_newest(db, principal, object, query, &w, &token, error);
	}
	json_array_end(&w);
	json_put_string(&w, "next_page_token", token);
	json_object_end(&w);
	return ok;
}

gboolean record_each(Db *db, const Principal *principal, const Object *object, RecordEach each,
		     gpointer data, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db, object_sql(object)->each, error, "s", principal->org_id);
	g_autoptr(GError) failed = NULL;

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		if (!each(rows, data, error))
			return FALSE;
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

typedef gboolean (*SearchStore)(Db *db, const char *org_id, const char *object,
				const char *record_id, const char *text, GError **error);

static gboolean record_index(Db *db, const Principal *principal, const Object *object,
			     const char *id, const DbValue *values, SearchStore store,
			     GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].flags & FIELD_SEARCHABLE && values[i].type == DB_TEXT)
			g_string_append_printf(text, "%s\n", values[i].text);
	return store(db, principal->org_id, object->plural, id, text->str, error);
}

static gboolean record_changed(Db *db, const Principal *principal, const Object *object,
			       const char *id, gboolean deleted, GError **error)
{
	return !object->changed || object->changed(db, principal->org_id, id, deleted, error);
}

/* org, id, time, then the fields. */
static gboolean run_write(Db *db, const char *sql, const Principal *principal, const char *id,
			  const DbValue *fields, gsize n, GError **error)
{
	DbValue values[3 + OBJECT_MAX_FIELDS] = {
		{.type = DB_TEXT, .text = principal->org_id, .n_bytes = -1},
		{.type = DB_TEXT, .text = id, .n_bytes = -1},
		{.type = DB_INT, .i = clock_now_ms()},
	};

	memcpy(values + 3, fields, n * sizeof(*fields));
	return db_run_values(db, sql, values, n + 3, error);
}

gboolean record_create(Db *db, const Principal *principal, const Object *object, json_t *fields,
		       char ret_id[37], GPtrArray *faults, GError **error)
{
	g_autoptr(FieldValues) values = NULL;

	if (object->prepare && json_is_object(fields))
		object->prepare(fields);
	values = field_values_new(object, fields, faults, error);
	if (!values)
		return FALSE;
	id_new(ret_id);
	return run_write(db, object_sql(object)->insert, principal, ret_id, values->values,
			 object->n_fields, error) &&
	       record_index(db, principal, object, ret_id, values->values, search_add, error) &&
	       record_changed(db, principal, object, ret_id, FALSE, error) &&
	       audit_add(db, principal, "create", object->plural, ret_id, NULL, error);
}

static gboolean version_matches(const char *if_match, gint64 version, GError **error)
{
	g_autofree char *etag = g_strdup_printf("\"v%" G_GINT64_FORMAT "\"", version);

	if (!if_match || g_str_equal(if_match, "*") || g_str_equal(if_match, etag))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_PRECONDITION,
		    "the record is at version %s, not %s", etag, if_match);
	return FALSE;
}

/* The stored row as the JSON object that the merge patch is applied to. */
static json_t *record_document(const Object *object, DbRows *rows)
{
	json_t *document = json_object();

	for (gsize i = 0; i < object->n_fields; i++) {
		const char *text = db_text(rows, COLUMN_FIELDS + (int)i);
		gboolean nested = object->fields[i].type == FIELD_TAGS ||
				  object->fields[i].type == FIELD_JSON;

		if (text)
			json_object_set_new(document, object->fields[i].name,
					    nested ? json_loads(text, 0, NULL) : json_string(text));
	}
	return document;
}

gboolean record_patch(Db *db, const Principal *principal, const Object *object, const char *id,
		      json_t *patch, const char *if_match, GPtrArray *faults, GError **error)
{
	g_autoptr(DbRows) rows = record_rows(db, principal, object, id, FALSE, error);
	g_autoptr(json_t) document = NULL;
	g_autoptr(FieldValues) values = NULL;
	g_autofree char *changes = NULL;

	if (!rows || !version_matches(if_match, db_int(rows, COLUMN_VERSION), error))
		return FALSE;
	document = record_document(object, rows);
	g_clear_pointer(&rows, db_rows_free);
	changes = field_merge(document, patch);
	values = field_values_new(object, document, faults, error);
	if (!values)
		return FALSE;
	return run_write(db, object_sql(object)->update, principal, id, values->values,
			 object->n_fields, error) &&
	       record_index(db, principal, object, id, values->values, search_put, error) &&
	       record_changed(db, principal, object, id, FALSE, error) &&
	       audit_add(db, principal, "update", object->plural, id, changes, error);
}

static gboolean set_deleted(Db *db, const Principal *principal, const Object *object,
			    const char *id, gint64 deleted_at, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
		"UPDATE %s SET deleted_at = $3, updated_at = $4, version = version + 1 "
		"WHERE org_id = $1 AND id = $2",
		object->plural);
	DbValue values[] = {
		{.type = DB_TEXT, .text = principal->org_id, .n_bytes = -1},
		{.type = DB_TEXT, .text = id, .n_bytes = -1},
		{.type = deleted_at ? DB_INT : DB_NULL, .i = deleted_at},
		{.type = DB_INT, .i = clock_now_ms()},
	};

	return db_run_values(db, sql, values, G_N_ELEMENTS(values), error) &&
	       record_changed(db, principal, object, id, deleted_at != 0, error) &&
	       audit_add(db, principal, deleted_at ? "delete" : "restore", object->plural, id, NULL,
			 error);
}

gboolean record_delete(Db *db, const Principal *principal, const Object *object, const char *id,
		       const char *if_match, GError **error)
{
	g_autoptr(DbRows) rows = record_rows(db, principal, object, id, FALSE, error);

	if (!rows || !version_matches(if_match, db_int(rows, COLUMN_VERSION), error))
		return FALSE;
	g_clear_pointer(&rows, db_rows_free);
	return set_deleted(db, principal, object, id, clock_now_ms(), error) &&
	       search_remove(db, object->plural, id, error);
}

gboolean record_restore(Db *db, const Principal *principal, const Object *object, const char *id,
			GError **error)
{
	g_autoptr(DbRows) rows = record_rows(db, principal, object, id, TRUE, error);
	g_autoptr(json_t) document = NULL;
	g_autoptr(FieldValues) values = NULL;

	if (!rows)
		return FALSE;
	document = record_document(object, rows);
	g_clear_pointer(&rows, db_rows_free);
	values = field_values_new(object, document, NULL, error);
	if (!values)
		return FALSE;
	return set_deleted(db, principal, object, id, 0, error) &&
	       record_index(db, principal, object, id, values->values, search_put, error);
}
