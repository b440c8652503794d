/* Statements beside those of conversations.c, whose rows these are. */
#include "crm/handover.h"

#include <string.h>

#include "base/json.h"
#include "crm/audit.h"
#include "crm/conversations.h"

static const char *const reasons[] = {
	"asked_for_person", "nothing_found", "misunderstood", "angry", "complaint",
	"account_question", "staff",	     "error",	      NULL};

gboolean handover_reason_valid(const char *reason)
{
	return g_strv_contains(reasons, reason);
}

/* ---- what was said ----------------------------------------------------------------------------- */

static void turn_free(gpointer data)
{
	HandoverTurn *turn = data;

	g_free(turn->role);
	g_free(turn->text);
	g_free(turn->path);
	g_free(turn->title);
	g_free(turn);
}

static char *first_title(const char *citations)
{
	g_autoptr(json_t) list = json_parse(citations, strlen(citations), NULL);

	return g_strdup(json_member_string(json_array_get(list, 0), "title"));
}

static HandoverTurn *turn_read(DbRows *rows)
{
	HandoverTurn *turn = g_new0(HandoverTurn, 1);

	turn->role = g_strdup(db_text(rows, 0));
	turn->text = g_strdup(db_text(rows, 1));
	turn->path = g_strdup(db_text(rows, 2));
	turn->title = first_title(db_text(rows, 3));
	return turn;
}

GPtrArray *handover_turns(Db *db, const char *org_id, const char *conversation_id, int n,
			  GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GPtrArray) turns = g_ptr_array_new_with_free_func(turn_free);
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT role, body, path, citations FROM (SELECT role, body, path, "
			 "citations, seq FROM messages WHERE org_id = $1 AND conversation_id = $2 "
			 "AND role <> 'system' ORDER BY seq DESC LIMIT $3) AS last ORDER BY seq",
			 error, "ssi", org_id, conversation_id, (gint64)n);

	if (!rows)
		return NULL;
	while (db_next(rows, &failed))
		g_ptr_array_add(turns, turn_read(rows));
	if (!failed)
		return g_steal_pointer(&turns);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* ---- who said it ------------------------------------------------------------------------------- */

void handover_contact_clear(HandoverContact *contact)
{
	g_free(contact->name);
	g_free(contact->email);
	g_free(contact->phone);
}

gboolean handover_contact(Db *db, const char *org_id, const char *conversation_id,
			  HandoverContact *ret_contact, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT k.name, k.email, k.phone FROM conversations c JOIN contacts k ON "
			 "k.org_id = c.org_id AND k.id = c.contact_id WHERE c.org_id = $1 AND "
			 "c.id = $2 AND k.deleted_at IS NULL",
			 error, "ss", org_id, conversation_id);

	*ret_contact = (HandoverContact){0};
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		ret_contact->name = g_strdup(db_text(rows, 0));
		ret_contact->email = g_strdup(db_text(rows, 1));
		ret_contact->phone = g_strdup(db_text(rows, 2));
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- the summary ------------------------------------------------------------------------------- */

/* The text of the one row that a statement gives back, or NULL. */
static gboolean one_text(DbRows *rows, char **ret_text, GError **error)
{
	g_autoptr(GError) failed = NULL;
	gboolean found = db_next(rows, &failed);

	*ret_text = found ? g_strdup(db_text(rows, 0)) : NULL;
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean handover_claim(Db *db, const char *org_id, const char *conversation_id, char **ret_summary,
			GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"UPDATE conversations SET handover_asked = 1 WHERE org_id = $1 AND id = $2 "
		"AND handover_asked = 0 AND state IN ('handed_over', 'pending') "
		"RETURNING handover_summary",
		error, "ss", org_id, conversation_id);

	*ret_summary = NULL;
	return rows && one_text(rows, ret_summary, error);
}

gboolean handover_improve(Db *db, const Principal *actor, const char *conversation_id,
			  const char *claimed, const char *summary, const char *detail,
			  GError **error)
{
	g_autofree char *changed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "UPDATE conversations SET handover_summary = $4, handover_generated = 1 "
			 "WHERE org_id = $1 AND id = $2 AND handover_summary = $3 AND state IN "
			 "('handed_over', 'pending') RETURNING id",
			 error, "ssss", actor->org_id, conversation_id, claimed, summary);

	if (!rows || !one_text(rows, &changed, error))
		return FALSE;
	g_clear_pointer(&rows, db_rows_free);
	return !changed || (audit_add(db, actor, "summarise", "conversations", conversation_id,
				      detail, error) &&
			    conversation_tell_state(db, actor->org_id, conversation_id, error));
}
