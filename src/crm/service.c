/* Tickets and tasks. */
#include "crm/service.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/assignment.h"
#include "crm/conversations.h"
#include "crm/fields.h"
#include "crm/records.h"
#include "crm/sla.h"

/* The time when status came to be one of words; gone when it is none of them. */
static void note_when(json_t *after, const char *name, const char *const *words)
{
	const char *status = json_member_string(after, "status");

	if (!status || !g_strv_contains(words, status))
		json_object_del(after, name);
	else if (!json_member_string(after, name))
		field_set_time(after, name, clock_now_ms());
}

gboolean ticket_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		       GPtrArray *faults, GError **error)
{
	static const char *const resolved[] = {"resolved", "closed", NULL};
	g_autoptr(DbRows) rows = NULL;

	(void)faults;
	note_when(after, "resolved_at", resolved);
	if (!sla_run_clocks(db, principal, before, after, error))
		return FALSE;
	if (before)
		return TRUE;
	rows = db_query(db, "SELECT coalesce(max(number), 0) + 1 FROM tickets WHERE org_id = $1",
			error, "s", principal->org_id);
	if (!rows || !db_next(rows, error))
		return FALSE;
	json_object_set_new(after, "number", json_integer(db_int(rows, 0)));
	return TRUE;
}

gboolean ticket_changed(Db *db, const Principal *principal, const char *ticket_id,
			RecordChange what, GError **error)
{
	return what == RECORD_DELETED || what == RECORD_RESTORED ||
	       assignment_run(db, principal->org_id, ticket_id, what == RECORD_CREATED, error);
}

/* ---- of a conversation ------------------------------------------------------------------------------------------ */

/* An open ticket of the conversation is a CONFLICT. */
static gboolean expect_none(Db *db, const char *org_id, const char *conversation_id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT number FROM tickets WHERE org_id = $1 AND conversation_id = $2 AND status "
		"NOT IN ('resolved', 'closed') AND deleted_at IS NULL LIMIT 1",
		error, "ss", org_id, conversation_id);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "ticket %" G_GINT64_FORMAT " of this conversation is not done",
			    db_int(rows, 0));
	else if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		return TRUE;
	return FALSE;
}

/* The first line of what the customer said first, and where it was said. */
static gboolean describe(Db *db, const char *org_id, const char *conversation_id, json_t *ticket,
			 GError **error)
{
	enum { SUBJECT_CHARS = 100 };
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT c.channel, (SELECT m.body FROM messages m WHERE m.org_id = c.org_id AND "
		"m.conversation_id = c.id AND m.role = 'customer' ORDER BY m.seq LIMIT 1) FROM "
		"conversations c WHERE c.org_id = $1 AND c.id = $2",
		error, "ss", org_id, conversation_id);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		const char *said = db_text(rows, 1) ? db_text(rows, 1) : "";
		g_autofree char *line = g_strndup(said, strcspn(said, "\r\n"));
		g_autofree char *subject =
			g_utf8_substring(line, 0, MIN(g_utf8_strlen(line, -1), SUBJECT_CHARS));

		json_object_set_new(ticket, "channel", json_string(db_text(rows, 0)));
		if (*said) {
			json_object_set_new(ticket, "subject", json_string(subject));
			json_object_set_new(ticket, "description", json_string(said));
		}
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean ticket_of_conversation(Db *db, const Principal *principal, const char *conversation_id,
				const json_t *body, char ret_id[37], GPtrArray *faults,
				GError **error)
{
	g_autoptr(Conversation) conversation =
		conversation_get(db, principal->org_id, conversation_id, error);
	g_autoptr(json_t) ticket = json_object();

	if (!conversation ||
	    !access_conversation(db, principal, conversation_id, ACCESS_READ, error) ||
	    !expect_none(db, principal->org_id, conversation_id, error) ||
	    !describe(db, principal->org_id, conversation_id, ticket, error))
		return FALSE;
	if (conversation->contact_id)
		json_object_set_new(ticket, "contact_id", json_string(conversation->contact_id));
	json_object_update(ticket, (json_t *)(guintptr)body);
	json_object_set_new(ticket, "conversation_id", json_string(conversation_id));
	return record_create(db, principal, &OBJECT_TICKET, ticket, ret_id, faults, error);
}

gboolean task_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		     GPtrArray *faults, GError **error)
{
	static const char *const done[] = {"done", NULL};

	(void)db;
	(void)principal;
	(void)faults;
	(void)error;
	note_when(after, "done_at", done);
	if (field_time(before, "remind_at") != field_time(after, "remind_at"))
		field_set_time(after, "reminded_at", 0);
	return TRUE;
}
