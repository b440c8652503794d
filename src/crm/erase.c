/* Places where a person leaves traces are rows of tables below: one by the id of a record, one by what the
 * person is called. A new place is a new row. */
#include "crm/erase.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/attachments.h"
#include "crm/audit.h"
#include "crm/person.h"
#include "crm/record_sql.h"
#include "crm/records.h"
#include "crm/relations.h"
#include "crm/search.h"

enum { VALUE_MIN_CHARS = 4 /* of a name that is looked for in free text */ };

#define ERASED "—"
#define DRY_RUN "dry run"

typedef struct {
	const char *place, *sql; /* $1 organisation, $2 id or value */
} Place;

/* Where an id stands: of a record or of a conversation. */
static const Place by_id[] = {
	{"field_index", "DELETE FROM field_index WHERE org_id = $1 AND record_id = $2"},
	{"record_marks", "DELETE FROM record_marks WHERE org_id = $1 AND record_id = $2"},
	{"notifications", "DELETE FROM notifications WHERE org_id = $1 AND record_id = $2"},
	{"webhook_deliveries",
	 "DELETE FROM webhook_deliveries WHERE org_id = $1 AND record_id = $2"},
	{"model_calls", "DELETE FROM model_calls WHERE org_id = $1 AND session = $2"},
	{"lead_conversions", "DELETE FROM lead_conversions WHERE org_id = $1 AND lead_id = $2"},
	{"import_rows",
	 "UPDATE import_rows SET before = NULL, kept = NULL, group_key = NULL WHERE record_id = $2 "
	 "AND import_seq IN (SELECT seq FROM imports WHERE org_id = $1)"},
	{"import_later",
	 "DELETE FROM import_later WHERE record_id = $2 AND import_seq IN (SELECT seq FROM imports "
	 "WHERE org_id = $1)"},
	{"conversation_events",
	 "DELETE FROM conversation_events WHERE org_id = $1 AND conversation_id = $2"},
	{"message_ratings",
	 "DELETE FROM message_ratings WHERE org_id = $1 AND conversation_id = $2"},
	{"message_shadows",
	 "DELETE FROM message_shadows WHERE org_id = $1 AND conversation_id = $2"},
	{"unsure_messages",
	 "DELETE FROM unsure_messages WHERE org_id = $1 AND conversation_id = $2"},
	{"message_judgements",
	 "DELETE FROM message_judgements WHERE org_id = $1 AND conversation_id = $2"},
	{"messages", "DELETE FROM messages WHERE org_id = $1 AND conversation_id = $2"},
	{"conversations", "DELETE FROM conversations WHERE org_id = $1 AND id = $2"},
};

/* Where it may stand in words: name, e-mail, phone, ids of the contact and its conversations. Each is
 * walked as a whole. */
static const Place by_text[] = {
	{"views", "DELETE FROM views WHERE org_id = $1 AND instr(filter, $2) > 0"},
	{"import_faults", "DELETE FROM import_faults WHERE instr(message, $2) > 0 AND import_seq "
			  "IN (SELECT seq FROM "
			  "imports WHERE org_id = $1)"},
	{"import_later",
	 "DELETE FROM import_later WHERE instr(text, $2) > 0 AND import_seq IN (SELECT seq FROM "
	 "imports WHERE org_id = $1)"},
	{"idempotency", "DELETE FROM idempotency WHERE org_id = $1 AND instr(body, $2) > 0"},
	{"webhook_deliveries",
	 "DELETE FROM webhook_deliveries WHERE org_id = $1 AND instr(payload, $2) > 0"},
	{"jobs",
	 "DELETE FROM jobs WHERE org_id = $1 AND state <> 'running' AND instr(payload, $2) > 0"},
};

typedef struct {
	Db *db;
	const Principal *actor;
	Principal program; /* the rules of the program do it, the actor stands in the trail */
	const char *contact_id;
	Person *person;
	json_t *counts;
	GHashTable *hashes; /* of their files */
	gboolean dry_run;
	GString *receipt;
} Erasure;

static void count(Erasure *e, const char *place, gint64 n)
{
	gint64 before = json_integer_value(json_object_get(e->counts, place));

	if (n)
		json_object_set_new(e->counts, place, json_integer(before + n));
}

static gboolean run_places(Erasure *e, const Place *places, gsize n, const char *value,
			   GError **error)
{
	for (gsize i = 0; i < n; i++) {
		if (!db_run(e->db, places[i].sql, error, "ss", e->actor->org_id, value))
			return FALSE;
		count(e, places[i].place, db_changes(e->db));
	}
	return TRUE;
}

/* ---- records ------------------------------------------------------------------------------------------------------ */

static gboolean delete_row(Erasure *e, const PersonRecord *record, GError **error)
{
	g_autofree char *sql =
		g_strdup_printf("DELETE FROM %s AS t WHERE %s AND t.id = $2",
				object_table(record->object), object_sql(record->object)->where);

	if (!relations_purge(e->db, &e->program, record->object, record->id, error) ||
	    !search_remove(e->db, record->object->plural, record->id, error) ||
	    !db_run(e->db, sql, error, "ss", e->actor->org_id, record->id))
		return FALSE;
	count(e, record->object->plural, db_changes(e->db));
	return TRUE;
}

static gboolean is_text(FieldType type)
{
	return type == FIELD_TEXT || type == FIELD_LONG_TEXT;
}

static gboolean is_personal(const Field *field)
{
	return field->personal != PERSONAL_NONE && !field->computed;
}

static gboolean names_contact(const Field *field)
{
	return field->type == FIELD_REFERENCE && g_strcmp0(field->target, "contacts") == 0;
}

/* What the record loses; FALSE when one of its fields can be neither empty nor a dash. */
static gboolean make_patch(const Object *object, json_t *patch)
{
	json_t *custom = object->flags & OBJECT_INVENTED ? patch : NULL;

	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		gboolean inside = field->flags & FIELD_CUSTOM;

		if ((!is_personal(field) && !names_contact(field)) || (inside && !custom) ||
		    (custom && g_str_equal(field->name, "custom")))
			continue;
		if (field->flags & FIELD_REQUIRED && !is_text(field->type))
			return FALSE;
		json_object_set_new(patch, field->name,
				    field->flags & FIELD_REQUIRED ? json_string(ERASED)
								  : json_null());
	}
	return TRUE;
}

static gboolean strip_record(Erasure *e, const PersonRecord *record, GError **error)
{
	g_autoptr(json_t) patch = json_object();
	g_autoptr(GError) failed = NULL;

	if (!make_patch(record->object, patch))
		return delete_row(e, record, error);
	if (record_set(e->db, &e->program, record->object, record->id, patch, &failed)) {
		count(e, "stripped", 1);
		return TRUE;
	}
	if (error_kind(failed)->http_status < 500) /* its own rules do not let it be without */
		return delete_row(e, record, error);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean erase_record(Erasure *e, const PersonRecord *record, GError **error)
{
	gint64 n_attachments;

	if (!attachments_erase(e->db, e->actor->org_id, record->object->plural, record->id,
			       e->hashes, &n_attachments, error))
		return FALSE;
	count(e, "attachments", n_attachments);
	return record->deleted || record->goes_with ? delete_row(e, record, error)
						    : strip_record(e, record, error);
}

/* Those that refer go before what they refer to. */
static gboolean erase_records(Erasure *e, GError **error)
{
	for (guint i = e->person->records->len; i-- > 0;)
		if (!erase_record(e, &g_array_index(e->person->records, PersonRecord, i), error))
			return FALSE;
	return TRUE;
}

/* Files that another record has too stay for it. */
static gboolean find_files(Erasure *e, GError **error)
{
	if (!attachments_find_unused(e->db, e->hashes, error))
		return FALSE;
	count(e, "files", g_hash_table_size(e->hashes));
	return TRUE;
}

/* ---- conversations ------------------------------------------------------------------------------------------------ */

static gboolean unindex_messages(Erasure *e, const char *id, GError **error)
{
	g_autoptr(GPtrArray) seqs = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(e->db,
					  "SELECT seq FROM messages WHERE org_id = $1 AND "
					  "conversation_id = $2",
					  error, "ss", e->actor->org_id, id);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		g_ptr_array_add(seqs, g_strdup_printf("%" G_GINT64_FORMAT, db_int(rows, 0)));
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	g_clear_pointer(&rows, db_rows_free);
	for (guint i = 0; i < seqs->len; i++)
		if (!search_remove(e->db, "messages", seqs->pdata[i], error))
			return FALSE;
	return TRUE;
}

/* ---- all ---------------------------------------------------------------------------------------------------------- */

typedef gboolean (*EachId)(Erasure *e, const char *object, const char *id, GError **error);

static gboolean each_id(Erasure *e, EachId each, GError **error)
{
	for (guint i = 0; i < e->person->records->len; i++) {
		const PersonRecord *record = &g_array_index(e->person->records, PersonRecord, i);

		if (!each(e, record->object->plural, record->id, error))
			return FALSE;
	}
	for (guint i = 0; i < e->person->conversations->len; i++)
		if (!each(e, "conversations", e->person->conversations->pdata[i], error))
			return FALSE;
	return TRUE;
}

static gboolean erase_places(Erasure *e, const char *object, const char *id, GError **error)
{
	return (!g_str_equal(object, "conversations") || unindex_messages(e, id, error)) &&
	       run_places(e, by_id, G_N_ELEMENTS(by_id), id, error);
}

static gboolean erase_details(Erasure *e, const char *object, const char *id, GError **error)
{
	gint64 n = 0;

	if (!audit_erase(e->db, e->actor->org_id, object, id, &n, error))
		return FALSE;
	count(e, "audit", n);
	return TRUE;
}

static gboolean erase_text(Erasure *e, const char *text, GError **error)
{
	gint64 n = 0;

	if (!text || g_utf8_strlen(text, -1) < VALUE_MIN_CHARS)
		return TRUE;
	if (!run_places(e, by_text, G_N_ELEMENTS(by_text), text, error) ||
	    !audit_erase_text(e->db, e->actor->org_id, text, &n, error))
		return FALSE;
	count(e, "audit", n);
	return TRUE;
}

static gboolean erase_texts(Erasure *e, GError **error)
{
	if (!erase_text(e, e->person->email, error) || !erase_text(e, e->person->phone, error) ||
	    !erase_text(e, e->person->name, error) || !erase_text(e, e->contact_id, error))
		return FALSE;
	for (guint i = 0; i < e->person->conversations->len; i++)
		if (!erase_text(e, e->person->conversations->pdata[i], error))
			return FALSE;
	return TRUE;
}

/* Answers kept for repeated requests begin with the id of the record. */
#define ANSWER_ID "substr(body, 8, 36)"

static gboolean erase_answers(Erasure *e, GError **error)
{
	g_autoptr(GHashTable) kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(e->db, "SELECT " ANSWER_ID " FROM idempotency WHERE org_id = $1", error,
			 "s", e->actor->org_id);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		if (db_text(rows, 0))
			g_hash_table_add(kept, g_strdup(db_text(rows, 0)));
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	g_clear_pointer(&rows, db_rows_free);
	for (guint i = 0; i < e->person->records->len; i++) {
		const char *id = g_array_index(e->person->records, PersonRecord, i).id;

		if (!g_hash_table_contains(kept, id))
			continue;
		if (!db_run(e->db,
			    "DELETE FROM idempotency WHERE org_id = $1 AND " ANSWER_ID " = $2",
			    error, "ss", e->actor->org_id, id))
			return FALSE;
		count(e, "idempotency", db_changes(e->db));
	}
	return TRUE;
}

static gboolean write_receipt(Erasure *e, GError **error)
{
	g_autofree char *counts = json_dumps(e->counts, JSON_COMPACT | JSON_SORT_KEYS);
	g_autofree char *detail = NULL;
	g_autofree char *hash = NULL;
	char id[ID_LENGTH + 1], at[CLOCK_TEXT_LENGTH + 1];

	g_string_printf(e->receipt,
			"{\"receipt_id\":\"%s\",\"contact_id\":\"%s\",\"erased_at\":\"%s\","
			"\"dry_run\":%s,\"counts\":%s}",
			id_new(id), e->contact_id, clock_format(clock_now_ms(), at),
			e->dry_run ? "true" : "false", counts);
	hash = secret_hash(e->receipt->str);
	g_string_truncate(e->receipt, e->receipt->len - 1);
	g_string_append_printf(e->receipt, ",\"hash\":\"%s\"}", hash);
	detail = g_strdup_printf(
		"{\"audit\":%" G_GINT64_FORMAT ",\"receipt\":\"%s\",\"counts\":%s}",
		(gint64)json_integer_value(json_object_get(e->counts, "audit")), id, counts);
	return audit_add(e->db, e->actor, "erase", "contacts", e->contact_id, detail, error);
}

static gboolean erase_all(Db *db, gpointer data, GError **error)
{
	Erasure *e = data;

	e->db = db;
	e->person = person_find(db, e->actor->org_id, e->contact_id, error);
	if (!e->person || !erase_records(e, error) || !find_files(e, error) ||
	    !each_id(e, erase_places, error) || !erase_texts(e, error) ||
	    !erase_answers(e, error) || !each_id(e, erase_details, error) ||
	    !write_receipt(e, error))
		return FALSE;
	if (!e->dry_run)
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT, DRY_RUN);
	return FALSE;
}

/* ---- files -------------------------------------------------------------------------------------------------------- */

static gboolean merge_index(Db *db, gpointer data, GError **error)
{
	(void)data;
	return db_run(db, "INSERT INTO search_text (search_text) VALUES ('optimize')", error, "");
}

gboolean erase_clean(Store *store, GError **error)
{
	return store_write(store, merge_index, NULL, error) && store_scrub(store, error);
}

gboolean erase_person_rows(Store *store, const char *data, const Principal *actor,
			   const char *contact_id, gboolean dry_run, GString *out, GError **error)
{
	g_autoptr(json_t) counts = json_object();
	g_autoptr(GHashTable) hashes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GError) failed = NULL;
	Erasure erasure = {.actor = actor,
			   .program = principal_system(actor->org_id),
			   .contact_id = contact_id,
			   .counts = counts,
			   .hashes = hashes,
			   .dry_run = dry_run,
			   .receipt = out};
	gboolean done = store_write(store, erase_all, &erasure, &failed);

	g_clear_pointer(&erasure.person, person_free);
	if (done)
		return attachments_drop(store, data, hashes, error);
	if (dry_run && g_str_equal(failed->message, DRY_RUN))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean erase_person(Store *store, const char *data, const Principal *actor,
		      const char *contact_id, gboolean dry_run, GString *out, GError **error)
{
	return erase_person_rows(store, data, actor, contact_id, dry_run, out, error) &&
	       (dry_run || erase_clean(store, error));
}
