/* Records by declaration: one code path for every object. Lists stand in record_list.c, many at once
 * in record_bulk.c. */
#include "crm/records.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/fields.h"
#include "crm/record_sql.h"
#include "crm/relations.h"
#include "crm/search.h"
#include "crm/webhooks.h"
#include "text/pinyin.h"

GPtrArray *field_faults_new(void)
{
	return g_ptr_array_new_with_free_func(g_free);
}

/* ---- reading -------------------------------------------------------------------------------------------------- */

static gboolean fail_not_found(const Object *object, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such %s",
		    object->name);
	return FALSE;
}

gboolean record_may(Db *db, const Principal *principal, const Object *object, const char *id,
		    AccessAction action, GError **error)
{
	gboolean reaches;

	if (!access_may(principal, object, ACCESS_READ, error) ||
	    !access_reaches(db, principal, object, ACCESS_READ, id, &reaches, error))
		return FALSE;
	if (!reaches)
		return fail_not_found(object, error);
	if (action == ACCESS_READ)
		return TRUE;
	if (!access_reaches(db, principal, object, action, id, &reaches, error))
		return FALSE;
	if (!reaches)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
			    "the right to %s %s does not reach this one",
			    access_action_name(action), object->plural);
	return reaches;
}

/* The row of a record, a deleted one when wanted; NULL with NOT_FOUND. */
static DbRows *record_rows(Db *db, const Principal *principal, const Object *object, const char *id,
			   gboolean deleted, AccessAction action, GError **error)
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
	return record_may(db, principal, object, id, action, error) ? g_steal_pointer(&rows) : NULL;
}

gboolean record_get(Db *db, const Principal *principal, const Object *object, const char *id,
		    const RecordView *view, GString *out, gint64 *ret_version, GError **error)
{
	g_autoptr(DbRows) rows = record_rows(db, principal, object, id, FALSE, ACCESS_READ, error);
	JsonWriter w = json_writer(out);

	if (!rows || !record_put(db, principal, object, view, rows, &w, error))
		return FALSE;
	if (ret_version)
		*ret_version = db_int(rows, COLUMN_VERSION);
	return TRUE;
}

json_t *record_read(Db *db, const Principal *principal, const Object *object, const char *id,
		    gint64 *ret_version, GError **error)
{
	g_autoptr(DbRows) rows = record_rows(db, principal, object, id, FALSE, ACCESS_READ, error);

	if (rows && ret_version)
		*ret_version = db_int(rows, COLUMN_VERSION);
	return rows ? record_document(object, rows) : NULL;
}

/* ---- what follows a row ---------------------------------------------------------------------------------------- */

typedef gboolean (*SearchStore)(Db *db, const char *org_id, const char *object,
				const char *record_id, const char *text, GError **error);

/* One write of one record, from its document on. */
typedef struct {
	Db *db;
	const Principal *principal;
	const Object *object;
	const char *id;
	GPtrArray *faults;
	gboolean by_program; /* may set what is read only */
} Writing;

/* What stands for the record is also found as it is typed without Chinese. */
static void append_words(GString *text, const Object *object, const Field *field, const char *value)
{
	g_autofree char *pinyin =
		g_strcmp0(object->title, field->name) == 0 ? text_pinyin(value) : NULL;

	g_string_append(text, value);
	g_string_append_c(text, '\n');
	if (!pinyin)
		return;
	g_string_append(text, pinyin);
	g_string_append_c(text, '\n');
}

/* Searchable texts, one a line; of objects and lists their JSON, whose words are what counts. */
static gboolean index_text(const Writing *writing, const FieldValues *values,
			   const json_t *document, SearchStore store, GError **error)
{
	const Object *object = writing->object;
	const json_t *custom = json_object_get(document, "custom");
	g_autoptr(GString) text = g_string_new(NULL);
	gboolean searchable = FALSE;

	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		const char *value = field->flags & FIELD_CUSTOM
					    ? json_member_string(custom, field->name)
				    : values->values[i].type == DB_TEXT ? values->values[i].text
									: NULL;

		if (!(field->flags & FIELD_SEARCHABLE))
			continue;
		searchable = TRUE;
		if (value)
			append_words(text, object, field, value);
	}
	return !searchable || store(writing->db, writing->principal->org_id, object->plural,
				    writing->id, text->str, error);
}

gboolean record_index(Db *db, const Principal *principal, const Object *object, const char *id,
		      GError **error)
{
	Writing writing = {db, principal, object, id, NULL, TRUE};
	g_autoptr(json_t) document = record_read(db, principal, object, id, NULL, error);
	g_autoptr(FieldValues) values =
		document ? field_values_new(object, document, NULL, error) : NULL;

	return values && index_text(&writing, values, document, search_put, error);
}

static gboolean index_keys(const Writing *writing, const FieldValues *values, gboolean is_new,
			   GError **error)
{
	const char *org_id = writing->principal->org_id;

	if (!is_new && !db_run(writing->db,
			       "DELETE FROM field_index WHERE org_id = $1 AND object = $2 AND "
			       "record_id = $3",
			       error, "sss", org_id, writing->object->plural, writing->id))
		return FALSE;
	for (guint i = 0; i < values->keys->len; i += 2)
		if (!db_run(writing->db,
			    "INSERT INTO field_index (org_id, object, field, key, record_id) "
			    "VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
			    error, "sssss", org_id, writing->object->plural, values->keys->pdata[i],
			    values->keys->pdata[i + 1], writing->id))
			return FALSE;
	return TRUE;
}

/* Last of all, since it may write the record once more. */
static gboolean record_changed(const Writing *writing, RecordChange what, GError **error)
{
	return !writing->object->changed ||
	       writing->object->changed(writing->db, writing->principal, writing->id, what, error);
}

/* ---- unique values --------------------------------------------------------------------------------------------- */

static DbRows *same_value(const Writing *writing, gsize i, const FieldValues *values,
			  const char *key, GError **error)
{
	const Object *object = writing->object;
	const Field *field = &object->fields[i];
	g_autofree char *sql = NULL;
	DbValue bound[] = {
		{.type = DB_TEXT, .text = writing->principal->org_id, .n_bytes = -1},
		{.type = DB_TEXT, .text = writing->id, .n_bytes = -1},
		values->values[i],
	};

	if (field->flags & FIELD_CUSTOM)
		return db_query(writing->db,
				"SELECT record_id FROM field_index WHERE org_id = $1 AND "
				"object = $3 AND field = $4 AND key = $5 AND record_id <> $2",
				error, "sssss", writing->principal->org_id, writing->id,
				object->plural, field->name, key);
	sql = g_strdup_printf("SELECT t.id FROM %s t WHERE %s%s AND t.id <> $2 AND t.%s = $3",
			      object_table(object), object_sql(object)->where,
			      object_sql(object)->live, field->name);
	return db_query_values(writing->db, sql, bound, G_N_ELEMENTS(bound), error);
}

static const char *key_of(const FieldValues *values, const char *field)
{
	for (guint i = 0; i < values->keys->len; i += 2)
		if (g_str_equal(values->keys->pdata[i], field))
			return values->keys->pdata[i + 1];
	return NULL;
}

static gboolean check_unique(const Writing *writing, const FieldValues *values, GError **error)
{
	const Object *object = writing->object;
	g_autoptr(GError) failed = NULL;

	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		const char *key = key_of(values, field->name);
		g_autofree char *message = NULL;
		g_autoptr(DbRows) rows = NULL;

		if (!(field->flags & FIELD_UNIQUE) ||
		    (field->flags & FIELD_CUSTOM ? !key : values->values[i].type == DB_NULL))
			continue;
		rows = same_value(writing, i, values, key, error);
		if (!rows)
			return FALSE;
		if (!db_next(rows, NULL))
			continue;
		message = g_strdup_printf("is in use by the %s %s", object->name, db_text(rows, 0));
		field_fault(writing->faults, &failed, ZHIYIN_ERROR_CONFLICT, field->name, message);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

/* org, id, time, then the columns. */
static gboolean run_write(const Writing *writing, const char *sql, gint64 now_ms,
			  const FieldValues *values, GError **error)
{
	const Object *object = writing->object;
	DbValue bound[3 + OBJECT_MAX_FIELDS] = {
		{.type = DB_TEXT, .text = writing->principal->org_id, .n_bytes = -1},
		{.type = DB_TEXT, .text = writing->id, .n_bytes = -1},
		{.type = DB_INT, .i = now_ms},
	};
	gsize n = 3;

	for (gsize i = 0; i < object->n_fields; i++)
		if (field_is_column(&object->fields[i]))
			bound[n++] = values->values[i];
	return db_run_values(writing->db, sql, bound, n, error);
}

/* ---- rights ---------------------------------------------------------------------------------------------------- */

static gboolean field_allowed(const Writing *writing, const char *name, GError **error)
{
	switch (access_field(writing->principal, writing->object, name)) {
	case FIELD_WRITABLE:
		return TRUE;
	case FIELD_READABLE:
		field_fault(writing->faults, error, ZHIYIN_ERROR_FORBIDDEN, name,
			    "may be read, not set, by your role");
		return FALSE;
	case FIELD_HIDDEN:
		field_fault(writing->faults, error, ZHIYIN_ERROR_INVALID, name,
			    "is not a field that can be set");
		return FALSE;
	}
	return FALSE;
}

/* Whether the role lets it set what the body holds. */
static gboolean fields_allowed(const Writing *writing, const json_t *body, GError **error)
{
	const char *name;
	json_t *value;

	if (writing->by_program || !access_limits_fields(writing->principal, writing->object))
		return TRUE;
	json_object_foreach((json_t *)(guintptr)body, name,
			    value) if (!field_allowed(writing, name, error)) return FALSE;
	json_object_foreach(json_object_get(body, "custom"), name,
			    value) if (!field_allowed(writing, name, error)) return FALSE;
	return TRUE;
}

/* A record made by somebody who does not reach everything is its own, unless it says otherwise. */
static void own(const Writing *writing, json_t *fields)
{
	const Principal *principal = writing->principal;

	if (principal->kind == PRINCIPAL_USER && object_field(writing->object, "owner_id") &&
	    json_is_object(fields) && !json_object_get(fields, "owner_id") &&
	    access_reach(principal, writing->object->plural, ACCESS_READ) < REACH_ALL)
		json_object_set_new(fields, "owner_id", json_string(principal->id));
}

/* What was written must still be within reach: nobody gives away what it could not take back. */
static gboolean still_reaches(const Writing *writing, AccessAction action, GError **error)
{
	gboolean reaches;

	if (writing->by_program)
		return TRUE;
	if (!access_reaches(writing->db, writing->principal, writing->object, action, writing->id,
			    &reaches, error))
		return FALSE;
	if (!reaches)
		field_fault(writing->faults, error, ZHIYIN_ERROR_FORBIDDEN, "owner_id",
			    "is beyond what your role reaches");
	return reaches;
}

/* The document completed by rules and brought into form; NULL with an error. */
static FieldValues *complete(const Writing *writing, const json_t *before, json_t *document,
			     GError **error)
{
	const Object *object = writing->object;
	g_autoptr(FieldValues) values = NULL;

	if (object->derive && !object->derive(writing->db, writing->principal, before, document,
					      writing->faults, error))
		return NULL;
	values = field_values_new(object, document, writing->faults, error);
	if (!values ||
	    !relations_check(writing->db, writing->principal, object, before, document,
			     writing->faults, error) ||
	    !check_unique(writing, values, error))
		return NULL;
	return g_steal_pointer(&values);
}

/* Also says what else is wrong with a body that holds what it may not. body: what was sent. */
static FieldValues *complete_body(const Writing *writing, const json_t *before, const json_t *body,
				  json_t *document, GError **error)
{
	g_autoptr(FieldValues) values = NULL;
	g_autoptr(GError) unfit = NULL;

	if (!writing->by_program &&
	    !field_check_body(writing->object, body, writing->faults, &unfit) &&
	    !json_is_object(body)) {
		g_propagate_error(error, g_steal_pointer(&unfit));
		return NULL;
	}
	if (writing->object->prepare)
		writing->object->prepare(document);
	values = complete(writing, before, document, unfit ? NULL : error);
	if (!unfit)
		return g_steal_pointer(&values);
	g_propagate_error(error, g_steal_pointer(&unfit));
	return NULL;
}

/* The row of a log that has this event_id already, into ret_id. */
static gboolean log_known(const Writing *writing, const json_t *fields, char ret_id[37],
			  gboolean *ret_known, GError **error)
{
	const char *event_id = json_member_string(fields, "event_id");
	g_autoptr(DbRows) rows = NULL;

	*ret_known = FALSE;
	if (!(writing->object->flags & OBJECT_LOG) || !event_id)
		return TRUE;
	rows = db_query(writing->db, "SELECT id FROM events WHERE org_id = $1 AND event_id = $2",
			error, "ss", writing->principal->org_id, event_id);
	if (!rows)
		return FALSE;
	*ret_known = db_next(rows, NULL);
	if (*ret_known)
		g_strlcpy(ret_id, db_text(rows, 0), 37);
	return TRUE;
}

gboolean record_create(Db *db, const Principal *principal, const Object *object, json_t *fields,
		       char ret_id[37], GPtrArray *faults, GError **error)
{
	Writing writing = {db, principal, object, ret_id, faults, FALSE};
	gboolean is_log = object->flags & OBJECT_LOG, known;
	g_autoptr(FieldValues) values = NULL;

	if (!access_may(principal, object, ACCESS_CREATE, error) ||
	    !fields_allowed(&writing, fields, error) ||
	    !log_known(&writing, fields, ret_id, &known, error))
		return FALSE;
	if (known)
		return TRUE;
	id_new(ret_id);
	own(&writing, fields);
	values = complete_body(&writing, NULL, fields, fields, error);
	return values &&
	       run_write(&writing, object_sql(object)->insert, id_time_ms(ret_id), values, error) &&
	       still_reaches(&writing, ACCESS_CREATE, error) &&
	       index_text(&writing, values, fields, search_add, error) &&
	       index_keys(&writing, values, TRUE, error) &&
	       (is_log ||
		audit_add(db, principal, "create", object->plural, ret_id, NULL, error)) &&
	       webhook_note(db, principal, object, ret_id, "created", error) &&
	       record_changed(&writing, RECORD_CREATED, error);
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

/* {"changes":{"amount":[before,after]}}, or NULL when nothing differs. The caller frees it. */
static char *changes_between(const json_t *before, const json_t *after, gboolean invented)
{
	g_autoptr(json_t) all = json_object();
	g_autoptr(json_t) changes = json_object();
	g_autoptr(json_t) detail = NULL;
	const char *name;
	json_t *value;

	json_object_update(all, (json_t *)(guintptr)before);
	json_object_update(all, (json_t *)(guintptr)after);
	if (invented) /* its members are told by themselves */
		json_object_del(all, "custom");
	json_object_foreach(all, name, value)
	{
		json_t *old = json_object_get(before, name), *new = json_object_get(after, name);

		if (json_is_null(new))
			new = NULL;
		if (old != new && !(old && new &&json_equal(old, new)))
			json_object_set_new(changes, name, json_pack("[O?, O?]", old, new));
	}
	if (!json_object_size(changes))
		return NULL;
	detail = json_pack("{s:O}", "changes", changes);
	return json_dumps(detail, JSON_COMPACT | JSON_REAL_PRECISION(15));
}

static gboolean refuse_log(const Object *object, GError **error)
{
	if (!(object->flags & OBJECT_LOG))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_METHOD, "the %s are only added to",
		    object->plural);
	return FALSE;
}

static gboolean may_change(const Principal *principal, const Object *object, AccessAction action,
			   GError **error)
{
	return refuse_log(object, error) && access_may(principal, object, action, error);
}

static gboolean change(const Writing *writing, const json_t *patch, const char *if_match,
		       GError **error)
{
	const Object *object = writing->object;
	g_autoptr(DbRows) rows = NULL;
	g_autoptr(json_t) before = NULL, document = NULL;
	g_autoptr(FieldValues) values = NULL;
	g_autofree char *changes = NULL;

	rows = record_rows(writing->db, writing->principal, object, writing->id, FALSE,
			   writing->by_program ? ACCESS_READ : ACCESS_UPDATE, error);
	if (!rows || !version_matches(if_match, db_int(rows, COLUMN_VERSION), error) ||
	    !fields_allowed(writing, patch, error))
		return FALSE;
	before = record_document(object, rows);
	g_clear_pointer(&rows, db_rows_free);
	document = json_deep_copy(before);
	field_merge(document, patch);
	values = complete_body(writing, before, patch, document, error);
	if (!values)
		return FALSE;
	changes = changes_between(before, document, object->flags & OBJECT_INVENTED);
	return !changes ||
	       (run_write(writing, object_sql(object)->update, clock_now_ms(), values, error) &&
		still_reaches(writing, ACCESS_UPDATE, error) &&
		index_text(writing, values, document, search_put, error) &&
		index_keys(writing, values, FALSE, error) &&
		audit_add(writing->db, writing->principal, "update", object->plural, writing->id,
			  changes, error) &&
		webhook_note(writing->db, writing->principal, object, writing->id, "updated",
			     error) &&
		record_changed(writing, RECORD_UPDATED, error));
}

gboolean record_patch(Db *db, const Principal *principal, const Object *object, const char *id,
		      json_t *patch, const char *if_match, GPtrArray *faults, GError **error)
{
	Writing writing = {db, principal, object, id, faults, FALSE};

	return may_change(principal, object, ACCESS_UPDATE, error) &&
	       change(&writing, patch, if_match, error);
}

gboolean record_set(Db *db, const Principal *principal, const Object *object, const char *id,
		    const json_t *patch, GError **error)
{
	Writing writing = {db, principal, object, id, NULL, TRUE};

	return change(&writing, patch, NULL, error);
}

/* ---- deleting -------------------------------------------------------------------------------------------------- */

static gboolean set_deleted(const Writing *writing, gint64 deleted_at, GError **error)
{
	const Object *object = writing->object;
	g_autofree char *sql = g_strdup_printf(
		"UPDATE %s AS t SET deleted_at = $3, updated_at = $4, version = version + 1 "
		"WHERE %s AND t.id = $2",
		object_table(object), object_sql(object)->where);
	DbValue values[] = {
		{.type = DB_TEXT, .text = writing->principal->org_id, .n_bytes = -1},
		{.type = DB_TEXT, .text = writing->id, .n_bytes = -1},
		{.type = deleted_at ? DB_INT : DB_NULL, .i = deleted_at},
		{.type = DB_INT, .i = clock_now_ms()},
	};

	return db_run_values(writing->db, sql, values, G_N_ELEMENTS(values), error) &&
	       audit_add(writing->db, writing->principal, deleted_at ? "delete" : "restore",
			 object->plural, writing->id, NULL, error) &&
	       record_changed(writing, deleted_at ? RECORD_DELETED : RECORD_RESTORED, error);
}

static gboolean drop_keys(const Writing *writing, GError **error)
{
	return search_remove(writing->db, writing->object->plural, writing->id, error) &&
	       db_run(writing->db,
		      "DELETE FROM field_index WHERE org_id = $1 AND object = $2 AND record_id = "
		      "$3",
		      error, "sss", writing->principal->org_id, writing->object->plural,
		      writing->id);
}

gboolean record_delete(Db *db, const Principal *principal, const Object *object, const char *id,
		       const char *if_match, GError **error)
{
	Writing writing = {db, principal, object, id, NULL, FALSE};
	gint64 now = clock_now_ms();
	g_autoptr(DbRows) rows = NULL;

	if (!may_change(principal, object, ACCESS_DELETE, error))
		return FALSE;
	rows = record_rows(db, principal, object, id, FALSE, ACCESS_DELETE, error);
	if (!rows || !version_matches(if_match, db_int(rows, COLUMN_VERSION), error))
		return FALSE;
	g_clear_pointer(&rows, db_rows_free);
	return relations_delete(db, principal, object, id, now, error) &&
	       set_deleted(&writing, now, error) && drop_keys(&writing, error) &&
	       webhook_note(db, principal, object, id, "deleted", error);
}

gboolean record_restore(Db *db, const Principal *principal, const Object *object, const char *id,
			GError **error)
{
	Writing writing = {db, principal, object, id, NULL, FALSE};
	g_autoptr(DbRows) rows = NULL;
	g_autoptr(json_t) document = NULL;
	g_autoptr(FieldValues) values = NULL;
	gint64 deleted_at;

	if (!may_change(principal, object, ACCESS_DELETE, error))
		return FALSE;
	rows = record_rows(db, principal, object, id, TRUE, ACCESS_DELETE, error);
	if (!rows)
		return FALSE;
	deleted_at = db_int(rows, COLUMN_DELETED);
	document = record_document(object, rows);
	g_clear_pointer(&rows, db_rows_free);
	values = field_values_new(object, document, NULL, error);
	return values && check_unique(&writing, values, error) && set_deleted(&writing, 0, error) &&
	       relations_restore(db, principal, object, id, deleted_at, error) &&
	       index_text(&writing, values, document, search_put, error) &&
	       index_keys(&writing, values, FALSE, error) &&
	       webhook_note(db, principal, object, id, "restored", error);
}

gboolean record_purge(Db *db, const Principal *principal, const Object *object, const char *id,
		      GError **error)
{
	Writing writing = {db, principal, object, id, NULL, FALSE};
	g_autofree char *sql = g_strdup_printf("DELETE FROM %s AS t WHERE %s AND t.id = $2",
					       object_table(object), object_sql(object)->where);
	g_autoptr(DbRows) rows = NULL;

	if (!refuse_log(object, error) || !access_check(principal, "admin", error))
		return FALSE;
	rows = record_rows(db, principal, object, id, TRUE, ACCESS_DELETE, error);
	if (!rows)
		return FALSE;
	g_clear_pointer(&rows, db_rows_free);
	return relations_purge(db, principal, object, id, error) && drop_keys(&writing, error) &&
	       db_run(db, sql, error, "ss", principal->org_id, id) &&
	       audit_add(db, principal, "purge", object->plural, id, NULL, error);
}
