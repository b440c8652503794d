/* A walk over references backwards, from the contact on; what was met once is not walked again. */
#include "crm/person.h"

#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "crm/attachments.h"
#include "crm/audit.h"
#include "crm/conversations.h"
#include "crm/record_sql.h"
#include "crm/records.h"
#include "crm/schema.h"

enum { RECORDS_MAX = 100000 };

typedef struct {
	Db *db;
	const char *org_id;
	Person *person;
	GPtrArray *objects;
	GHashTable *met; /* ids */
} Walk;

void person_free(Person *person)
{
	if (!person)
		return;
	g_free(person->name);
	g_free(person->email);
	g_free(person->phone);
	g_array_unref(person->records);
	g_ptr_array_unref(person->conversations);
	g_free(person);
}

/* Rows: id, deleted_at. */
static gboolean add_rows(Walk *walk, const Object *object, gboolean goes_with, DbRows *rows,
			 GError **error)
{
	g_autoptr(GError) failed = NULL;

	if (!rows)
		return FALSE;
	while (walk->person->records->len < RECORDS_MAX && db_next(rows, &failed)) {
		PersonRecord record = {object, "", !db_is_null(rows, 1), goes_with};

		if (!g_hash_table_add(walk->met, g_strdup(db_text(rows, 0))))
			continue;
		g_strlcpy(record.id, db_text(rows, 0), sizeof(record.id));
		g_array_append_val(walk->person->records, record);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static DbRows *rows_where(Walk *walk, const Object *object, const char *condition,
			  const char *value, GError **error)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT t.id, %s FROM %s t WHERE %s AND %s",
				object->flags & OBJECT_LOG ? "NULL" : "t.deleted_at",
				object_table(object), object_sql(object)->where, condition);

	return db_query(walk->db, sql, error, "ss", walk->org_id, value);
}

/* Records of object that refer to the one with that id, which is of target. */
static gboolean add_referring(Walk *walk, const Object *object, const char *target, const char *id,
			      GError **error)
{
	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		g_autofree char *condition = NULL;
		g_autoptr(DbRows) rows = NULL;

		if (field->type != FIELD_REFERENCE || g_strcmp0(field->target, target) != 0)
			continue;
		condition = g_strdup_printf(field->flags & FIELD_CUSTOM ? "(t.custom ->> '%s') = $2"
									: "t.%s = $2",
					    field->name);
		rows = rows_where(walk, object, condition, id, error);
		if (!add_rows(walk, object,
			      field->on_delete == DELETE_CASCADE || object->flags & OBJECT_LOG,
			      rows, error))
			return FALSE;
	}
	return TRUE;
}

/* The person before it became a contact. */
static gboolean add_leads(Walk *walk, GError **error)
{
	const struct {
		const char *condition, *value;
	} same[] = {{"t.email = $2", walk->person->email}, {"t.phone = $2", walk->person->phone}};

	for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
		g_autoptr(DbRows) rows = NULL;

		if (!same[i].value)
			continue;
		rows = rows_where(walk, &OBJECT_LEAD, same[i].condition, same[i].value, error);
		if (!add_rows(walk, schema_object(walk->db, walk->org_id, "leads", NULL), FALSE,
			      rows, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean add_conversations(Walk *walk, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(walk->db,
			 "SELECT id FROM conversations WHERE org_id = $1 AND contact_id = $2 ORDER "
			 "BY id",
			 error, "ss", walk->org_id, walk->person->contact_id);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		g_ptr_array_add(walk->person->conversations, g_strdup(db_text(rows, 0)));
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean add_contact(Walk *walk, GError **error)
{
	Person *person = walk->person;
	g_autoptr(GError) failed = NULL;
	PersonRecord record = {NULL, "", FALSE, TRUE};
	g_autoptr(DbRows) rows = db_query(
		walk->db,
		"SELECT name, email, phone, deleted_at FROM contacts WHERE org_id = $1 AND "
		"id = $2",
		error, "ss", walk->org_id, person->contact_id);

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed)) {
		if (failed)
			g_propagate_error(error, g_steal_pointer(&failed));
		else
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
				    "there is no such contact");
		return FALSE;
	}
	person->name = g_strdup(db_text(rows, 0));
	person->email = g_strdup(db_text(rows, 1));
	person->phone = g_strdup(db_text(rows, 2));
	record.deleted = !db_is_null(rows, 3);
	record.object = schema_object(walk->db, walk->org_id, "contacts", error);
	g_strlcpy(record.id, person->contact_id, sizeof(record.id));
	g_array_append_val(person->records, record);
	g_hash_table_add(walk->met, g_strdup(record.id));
	return record.object != NULL;
}

static gboolean walk_all(Walk *walk, GError **error)
{
	if (!add_contact(walk, error) || !add_leads(walk, error) || !add_conversations(walk, error))
		return FALSE;
	for (guint i = 0; i < walk->person->records->len; i++) {
		PersonRecord at = g_array_index(walk->person->records, PersonRecord, i);

		for (guint k = 0; k < walk->objects->len; k++)
			if (!add_referring(walk, walk->objects->pdata[k], at.object->plural, at.id,
					   error))
				return FALSE;
	}
	return TRUE;
}

Person *person_find(Db *db, const char *org_id, const char *contact_id, GError **error)
{
	g_autoptr(Person) person = g_new0(Person, 1);
	g_autoptr(GPtrArray) objects = schema_objects(db, org_id, error);
	g_autoptr(GHashTable) met = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Walk walk = {db, org_id, person, objects, met};

	g_strlcpy(person->contact_id, contact_id, sizeof(person->contact_id));
	person->records = g_array_new(FALSE, FALSE, sizeof(PersonRecord));
	person->conversations = g_ptr_array_new_with_free_func(g_free);
	return objects && walk_all(&walk, error) ? g_steal_pointer(&person) : NULL;
}

/* ---- a copy ------------------------------------------------------------------------------------------------------ */

static gboolean put_record(Db *db, const Principal *principal, const PersonRecord *record,
			   JsonWriter *w, const char *key, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (!record_get(db, principal, record->object, record->id, NULL, text, NULL, error))
		return FALSE;
	json_put_raw(w, key, text->str);
	return TRUE;
}

/* Grouped by object, in the order in which they were found. */
static gboolean put_records(Db *db, const Principal *principal, const Person *person, JsonWriter *w,
			    GError **error)
{
	g_autoptr(GPtrArray) objects = schema_objects(db, principal->org_id, error);

	json_object_begin(w, "records");
	for (guint k = 0; objects && k < objects->len; k++) {
		const Object *object = objects->pdata[k];

		json_array_begin(w, object->plural);
		for (guint i = 1; i < person->records->len; i++) {
			const PersonRecord *record =
				&g_array_index(person->records, PersonRecord, i);

			if (record->object == object && !record->deleted &&
			    !put_record(db, principal, record, w, NULL, error))
				return FALSE;
		}
		json_array_end(w);
	}
	json_object_end(w);
	return objects != NULL;
}

static gboolean put_conversations(Db *db, const char *org_id, const Person *person, JsonWriter *w,
				  GError **error)
{
	json_array_begin(w, "conversations");
	for (guint i = 0; i < person->conversations->len; i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		if (!conversation_write(db, org_id, person->conversations->pdata[i], TRUE, text,
					error))
			return FALSE;
		json_put_raw(w, NULL, text->str);
	}
	json_array_end(w);
	return TRUE;
}

static gboolean put_attachments(Db *db, const char *org_id, const Person *person, JsonWriter *w,
				GError **error)
{
	json_array_begin(w, "attachments");
	for (guint i = 0; i < person->records->len; i++) {
		const PersonRecord *record = &g_array_index(person->records, PersonRecord, i);

		if (!record->deleted &&
		    !attachments_put(db, org_id, record->object->plural, record->id, w, error))
			return FALSE;
	}
	json_array_end(w);
	return TRUE;
}

gboolean person_write(Db *db, const Principal *principal, const char *contact_id, GString *out,
		      GError **error)
{
	g_autoptr(Person) person = person_find(db, principal->org_id, contact_id, error);
	g_autoptr(GString) history = g_string_new(NULL);
	AuditQuery query = {.object = "contacts", .record_id = contact_id, .page_size = 1000};
	JsonWriter w = json_writer(out);

	if (!person || !audit_list(db, principal, NULL, &query, history, error))
		return FALSE;
	json_object_begin(&w, NULL);
	if (!put_record(db, principal, &g_array_index(person->records, PersonRecord, 0), &w,
			"contact", error) ||
	    !put_records(db, principal, person, &w, error) ||
	    !put_attachments(db, principal->org_id, person, &w, error) ||
	    !put_conversations(db, principal->org_id, person, &w, error))
		return FALSE;
	json_put_raw(&w, "history", history->str);
	json_object_end(&w);
	return audit_add(db, principal, "export_person", "contacts", contact_id, NULL, error);
}
