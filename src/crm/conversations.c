/* Conversations: one table of actions says which state allows what and what follows; events are
 * rows beside the messages. */
#include "crm/conversations.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/audit.h"
#include "crm/conversations_json.h"
#include "crm/search.h"
#include "crm/sla.h"
#include "crm/webhooks.h"

enum { IN_OPEN = 1, IN_PENDING = 2, IN_HANDED_OVER = 4, IN_RESOLVED = 8, IN_ALL = 15 };

typedef struct {
	const char *audit;
	guint allowed; /* states it may start from */
	const char *state, *owner;
	const char *system_text; /* the line in the log: "%s" = reason or name; NULL = none */
} ActionRow;

static const ActionRow actions[N_ACTIONS] = {
	[ACTION_HANDOVER] = {"hand_over", IN_OPEN | IN_PENDING | IN_HANDED_OVER, "handed_over",
			     "queue", "handed_over:%s"},
	[ACTION_TAKE] = {"take", IN_OPEN | IN_PENDING | IN_HANDED_OVER, "handed_over", "person",
			 "taken:%s"},
	[ACTION_RETURN] = {"return", IN_OPEN | IN_PENDING | IN_HANDED_OVER, "open", "bot",
			   "returned_to_bot"},
	[ACTION_RESOLVE] = {"resolve", IN_ALL, "resolved", NULL, "resolved"},
	[ACTION_REOPEN] = {"reopen", IN_RESOLVED, "handed_over", "person", "reopened"},
	[ACTION_WAKE] = {"wake", IN_RESOLVED, "open", "bot", "reopened"},
};

guint conversation_state_bit(const char *state)
{
	static const struct {
		const char *name;
		guint bit;
	} states[] = {{"open", IN_OPEN},
		      {"pending", IN_PENDING},
		      {"handed_over", IN_HANDED_OVER},
		      {"resolved", IN_RESOLVED}};

	for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
		if (g_str_equal(states[i].name, state))
			return states[i].bit;
	return 0;
}

void conversation_free(Conversation *c)
{
	if (!c)
		return;
	g_free(c->state);
	g_free(c->owner);
	g_free(c->owner_id);
	g_free(c->owner_name);
	g_free(c->contact_id);
	g_free(c->contact_name);
	g_free(c->language);
	g_free(c->handover_reason);
	g_free(c);
}

/* ---- events -------------------------------------------------------------------------------------------------- */

gboolean conversation_event_add(Db *db, const char *org_id, const char *conversation_id,
				const char *kind, const char *data, GError **error)
{
	g_autofree char *event = g_strconcat("conversation.", kind, NULL);

	return db_run(db,
		      "INSERT INTO conversation_events (org_id, conversation_id, kind, data, at) "
		      "VALUES ($1, $2, $3, $4, $5)",
		      error, "ssssi", org_id, conversation_id, kind, data, clock_now_ms()) &&
	       webhook_note_event(db, org_id, event, conversation_id, data, error);
}

gboolean conversation_tell_state(Db *db, const char *org_id, const char *id, GError **error)
{
	g_autoptr(GString) data = g_string_new(NULL);

	return conversation_write(db, org_id, id, FALSE, data, error) &&
	       conversation_event_add(db, org_id, id, "state", data->str, error);
}

gboolean conversation_events_after(Db *db, const char *org_id, const char *conversation_id,
				   gint64 seq, int limit, ConversationEventEach each, gpointer data,
				   GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT seq, org_id, conversation_id, kind, data FROM conversation_events "
			 "WHERE seq > $1 AND (CAST ($2 AS TEXT) IS NULL OR org_id = $2) AND (CAST "
			 "($3 AS TEXT) IS NULL OR conversation_id = $3) ORDER BY seq LIMIT $4",
			 error, "issi", seq, org_id, conversation_id, (gint64)limit);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		each(db_int(rows, 0), db_text(rows, 1), db_text(rows, 2), db_text(rows, 3),
		     db_text(rows, 4), data);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gint64 conversation_events_last(Db *db, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT coalesce(max(seq), 0) FROM conversation_events", error, "");

	return rows && db_next(rows, error) ? db_int(rows, 0) : -1;
}

/* ---- reading one --------------------------------------------------------------------------------------------- */

Conversation *conversation_get(Db *db, const char *org_id, const char *id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(Conversation) c = g_new0(Conversation, 1);
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT c.state, c.owner, c.owner_id, u.name, c.contact_id, c.language, "
			 "c.handover_reason, c.n_misses, "
			 "c.n_messages, p.name FROM conversations c LEFT JOIN users u ON u.org_id "
			 "= c.org_id AND u.id = c.owner_id LEFT JOIN contacts p ON p.org_id = "
			 "c.org_id AND p.id = c.contact_id "
			 "WHERE c.org_id = $1 AND c.id = $2",
			 error, "ss", org_id, id);

	if (!rows)
		return NULL;
	if (!db_next(rows, &failed)) {
		conversation_fail_missing(g_steal_pointer(&failed), error);
		return NULL;
	}
	g_strlcpy(c->id, id, sizeof(c->id));
	c->state = g_strdup(db_text(rows, 0));
	c->owner = g_strdup(db_text(rows, 1));
	c->owner_id = g_strdup(db_text(rows, 2));
	c->owner_name = g_strdup(db_text(rows, 3));
	c->contact_id = g_strdup(db_text(rows, 4));
	c->contact_name = g_strdup(db_text(rows, 9));
	c->language = g_strdup(db_text(rows, 5));
	c->handover_reason = g_strdup(db_text(rows, 6));
	c->n_misses = (int)db_int(rows, 7);
	c->n_messages = (int)db_int(rows, 8);
	return g_steal_pointer(&c);
}

gboolean conversation_principal(Db *db, const char *token, Principal *ret_principal, GError **error)
{
	g_autofree char *hash = secret_hash(token);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT org_id, id FROM conversations WHERE token_hash = $1", error, "s", hash);

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed)) {
		if (failed)
			g_propagate_error(error, g_steal_pointer(&failed));
		else
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAUTHENTICATED,
				    "this chat is not known any more, start a new one");
		return FALSE;
	}
	*ret_principal = (Principal){.kind = PRINCIPAL_VISITOR};
	g_strlcpy(ret_principal->org_id, db_text(rows, 0), sizeof(ret_principal->org_id));
	g_strlcpy(ret_principal->conversation_id, db_text(rows, 1),
		  sizeof(ret_principal->conversation_id));
	return TRUE;
}

GPtrArray *conversation_history(Db *db, const char *org_id, const char *id, int n, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GPtrArray) history = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT role, body FROM (SELECT role, body, seq FROM messages WHERE org_id = $1 "
		"AND conversation_id = $2 AND role <> 'system' ORDER BY seq DESC LIMIT $3) AS "
		"last ORDER BY seq",
		error, "ssi", org_id, id, (gint64)n);

	if (!rows)
		return NULL;
	while (db_next(rows, &failed)) {
		g_ptr_array_add(history, g_strdup(db_text(rows, 0)));
		g_ptr_array_add(history, g_strdup(db_text(rows, 1)));
	}
	if (!failed)
		return g_steal_pointer(&history);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

gboolean conversation_write_bot_reply(Db *db, const char *org_id, const char *id, GString *out,
				      GError **error)
{
	g_autoptr(GError) failed = NULL;
	JsonWriter w = json_writer(out);
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT " MESSAGE_COLUMNS ", " MESSAGE_RATING " FROM messages "
			 "WHERE org_id = $1 AND conversation_id = $2 AND role <> "
			 "'system' ORDER BY seq DESC LIMIT 1",
			 error, "ss", org_id, id);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed) && g_str_equal(db_text(rows, 2), "bot"))
		conversation_put_message(&w, id, rows);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean message_write_why(Db *db, const char *org_id, const char *conversation_id,
			   const char *message_id, GString *out, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT why FROM messages WHERE org_id = $1 AND conversation_id = $2 AND "
			 "id = $3",
			 error, "sss", org_id, conversation_id, message_id);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		g_string_append(out, db_text(rows, 0) ? db_text(rows, 0) : "{}");
		return TRUE;
	}
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "there is no such message");
	return FALSE;
}

gboolean conversation_each_unanswered(Db *db, ConversationWaiting each, gpointer data,
				      GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT org_id, id FROM conversations WHERE owner = "
					  "'bot' AND last_role = 'customer' AND state = 'open' "
					  "ORDER BY updated_at LIMIT 1000",
					  error, "");

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		each(db_text(rows, 0), db_text(rows, 1), data);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gint64 time_of(gint64 at)
{
	return at ? at : clock_now_ms();
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

gboolean conversation_create(Db *db, const Principal *actor, const NewConversation *fresh,
			     char ret_id[37], char **ret_token, GError **error)
{
	g_autofree char *token = secret_new("zyv_");
	g_autofree char *hash = secret_hash(token);
	Principal visitor = *actor;

	id_new(ret_id);
	if (visitor.kind == PRINCIPAL_NOBODY) {
		visitor.kind = PRINCIPAL_VISITOR;
		g_strlcpy(visitor.conversation_id, ret_id, sizeof(visitor.conversation_id));
	}
	if (!db_run(db,
		    "INSERT INTO conversations (org_id, id, channel, language, state, owner, "
		    "contact_id, page_url, token_hash, "
		    "created_at, updated_at) VALUES ($1, $2, $3, $4, 'open', 'bot', $5, $6, $7, "
		    "$8, $8)",
		    error, "sssssssi", actor->org_id, ret_id, fresh->channel, fresh->language,
		    fresh->contact_id, fresh->page_url, hash, time_of(fresh->at)) ||
	    !audit_add(db, &visitor, "create", "conversations", ret_id, NULL, error) ||
	    !conversation_tell_state(db, actor->org_id, ret_id, error))
		return FALSE;
	*ret_token = g_steal_pointer(&token);
	return TRUE;
}

static gboolean said_by_people(const NewMessage *message)
{
	return g_str_equal(message->role, "customer") || g_str_equal(message->role, "agent");
}

static gboolean message_text_valid(const NewMessage *message, GError **error)
{
	g_autofree char *stripped = g_strstrip(g_strdup(message->text));

	if (*stripped &&
	    (!said_by_people(message) || g_utf8_strlen(message->text, -1) <= MESSAGE_MAX_CHARS))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
		    "text must have 1 to %d characters", MESSAGE_MAX_CHARS);
	return FALSE;
}

static gboolean touch_conversation(Db *db, const char *org_id, const char *id,
				   const NewMessage *message, gint64 now, GError **error)
{
	g_autofree char *start =
		g_utf8_substring(message->text, 0, MIN(g_utf8_strlen(message->text, -1), 200));
	gboolean system = g_str_equal(message->role, "system");

	if (system)
		return db_run(db,
			      "UPDATE conversations SET n_messages = n_messages + 1, updated_at = "
			      "$3 WHERE org_id = $1 AND id = $2",
			      error, "ssi", org_id, id, now);
	return db_run(db,
		      "UPDATE conversations SET n_messages = n_messages + 1, updated_at = $3, "
		      "last_role = $4, last_text = $5, "
		      "last_at = $3, waiting_since = CASE WHEN $4 = 'agent' THEN NULL ELSE "
		      "waiting_since END "
		      "WHERE org_id = $1 AND id = $2",
		      error, "ssiss", org_id, id, now, message->role, start);
}

/* The row, its event, its place in the conversation and in the full text. */
static gboolean message_store(Db *db, const Principal *actor, const char *conversation_id,
			      const NewMessage *message, GString *ret_json, GError **error)
{
	g_autoptr(GString) json = g_string_new(NULL);
	g_autofree char *seq = NULL;
	JsonWriter w = json_writer(json);
	gint64 now = time_of(message->at);
	char id[ID_LENGTH + 1];
	g_autoptr(DbRows) rows = db_query(
		db,
		"INSERT INTO messages (org_id, conversation_id, id, role, author_id, author_name, "
		"body, ai_generated, path, "
		"citations, at, why, options) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "
		"coalesce($10, "
		"'[]'), $11, $12, coalesce($13, '[]')) RETURNING " MESSAGE_COLUMNS ", 0",
		error, "sssssssississ", actor->org_id, conversation_id, id_new(id), message->role,
		*actor->id ? actor->id : NULL,
		g_str_equal(message->role, "agent") ? actor->name : NULL, message->text,
		(gint64)g_str_equal(message->role, "bot"), message->path, message->citations, now,
		message->why, message->options);

	if (!rows || !db_next(rows, error))
		return FALSE;
	conversation_put_message(&w, conversation_id, rows);
	seq = g_strdup(db_text(rows, 1));
	g_clear_pointer(&rows, db_rows_free);
	if (ret_json)
		g_string_append_len(ret_json, json->str, (gssize)json->len);
	return touch_conversation(db, actor->org_id, conversation_id, message, now, error) &&
	       conversation_event_add(db, actor->org_id, conversation_id, "message", json->str,
				      error) &&
	       (g_str_equal(message->role, "system") ||
		search_add(db, actor->org_id, "messages", seq, message->text, error));
}

gboolean message_add(Db *db, const Principal *actor, const char *conversation_id,
		     const NewMessage *message, GString *ret_json, GError **error)
{
	g_autoptr(Conversation) c = NULL;

	if (!message_text_valid(message, error))
		return FALSE;
	c = conversation_get(db, actor->org_id, conversation_id, error);
	if (!c)
		return FALSE;
	if (g_str_equal(message->role, "customer") && g_str_equal(c->state, "resolved") &&
	    !conversation_act(db, actor, conversation_id, ACTION_WAKE, NULL, error))
		return FALSE;
	if (g_str_equal(message->role, "agent") &&
	    (actor->kind == PRINCIPAL_USER || actor->kind == PRINCIPAL_KEY) &&
	    !g_str_equal(c->owner, "person") && !g_str_equal(c->state, "resolved") &&
	    !conversation_act(db, actor, conversation_id, ACTION_TAKE, NULL, error))
		return FALSE;
	return message_store(db, actor, conversation_id, message, ret_json, error) &&
	       (!g_str_equal(message->role, "agent") ||
		sla_note_reply(db, actor->org_id, conversation_id, time_of(message->at), error));
}

static gboolean action_allowed(const Conversation *c, const Principal *actor,
			       ConversationAction action, gboolean force, gboolean *ret_nothing,
			       GError **error)
{
	const ActionRow *row = &actions[action];
	gboolean same = g_str_equal(c->state, row->state) &&
			(!row->owner || g_str_equal(c->owner, row->owner));

	*ret_nothing = FALSE;
	if (!(conversation_state_bit(c->state) & row->allowed)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT, "the conversation is %s",
			    c->state);
		return FALSE;
	}
	if (action == ACTION_TAKE && same && g_strcmp0(c->owner_id, actor->id) != 0 && !force) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TAKEN,
			    "a colleague has this conversation");
		return FALSE;
	}
	*ret_nothing = same && (action != ACTION_TAKE || g_strcmp0(c->owner_id, actor->id) == 0);
	if (action == ACTION_HANDOVER && actor->kind != PRINCIPAL_USER)
		*ret_nothing =
			!g_str_equal(c->owner, "bot"); /* already with people: nothing to do */
	return TRUE;
}

static gboolean action_store(Db *db, const Principal *actor, const Conversation *c,
			     ConversationAction action, const ActionDetails *details,
			     GError **error)
{
	const ActionRow *row = &actions[action];
	const char *owner = row->owner ? row->owner : c->owner;
	const char *owner_id =
		g_str_equal(owner, "person") ? (row->owner ? actor->id : c->owner_id) : NULL;
	const char *state =
		action == ACTION_HANDOVER && details && details->off_hours ? "pending" : row->state;
	gboolean waits = action == ACTION_HANDOVER;
	gint64 now = time_of(details ? details->at : 0);

	return db_run(db,
		      "UPDATE conversations SET state = $3, owner = $4, owner_id = $5, updated_at "
		      "= $6, n_misses = 0, waiting_since = CASE WHEN $7 = 1 THEN CAST ($6 AS "
		      "BIGINT) END, handover_reason = CASE WHEN $7 = 1 THEN $8 ELSE "
		      "handover_reason END, handover_summary = CASE WHEN $7 = 1 THEN $9 ELSE "
		      "handover_summary END, handover_generated = CASE WHEN $7 = 1 THEN 0 ELSE "
		      "handover_generated END, handover_asked = CASE WHEN $7 = 1 THEN 0 ELSE "
		      "handover_asked END WHERE org_id = $1 AND id = $2",
		      error, "sssssiiss", actor->org_id, c->id, state, owner, owner_id, now,
		      (gint64)waits, details && details->reason ? details->reason : "staff",
		      details ? details->summary : NULL);
}

static gboolean action_tell(Db *db, const Principal *actor, const char *id,
			    ConversationAction action, const ActionDetails *details, GError **error)
{
	const char *word = action == ACTION_HANDOVER
				   ? (details && details->reason ? details->reason : "staff")
				   : (actor->name ? actor->name : "");
	g_auto(GStrv) parts = g_strsplit(actions[action].system_text, "%s", 2);
	g_autofree char *text = g_strjoinv(word, parts);
	NewMessage line = {.role = "system", .text = text, .at = details ? details->at : 0};

	return message_store(db, actor, id, &line, NULL, error);
}

gboolean conversation_act(Db *db, const Principal *actor, const char *id, ConversationAction action,
			  const ActionDetails *details, GError **error)
{
	g_autoptr(Conversation) c = conversation_get(db, actor->org_id, id, error);
	gboolean nothing;

	if (!c || !action_allowed(c, actor, action, details && details->force, &nothing, error))
		return FALSE;
	if (nothing)
		return TRUE;
	return action_store(db, actor, c, action, details, error) &&
	       action_tell(db, actor, id, action, details, error) &&
	       audit_add(db, actor, actions[action].audit, "conversations", id, NULL, error) &&
	       conversation_tell_state(db, actor->org_id, id, error);
}

gboolean conversation_set_misses(Db *db, const char *org_id, const char *id, int n_misses,
				 GError **error)
{
	return db_run(db, "UPDATE conversations SET n_misses = $3 WHERE org_id = $1 AND id = $2",
		      error, "ssi", org_id, id, (gint64)n_misses);
}

gboolean conversation_set_contact(Db *db, const Principal *actor, const char *id,
				  const char *contact_id, GError **error)
{
	return db_run(db, "UPDATE conversations SET contact_id = $3 WHERE org_id = $1 AND id = $2",
		      error, "sss", actor->org_id, id, contact_id) &&
	       audit_add(db, actor, "set_contact", "conversations", id, NULL, error) &&
	       conversation_tell_state(db, actor->org_id, id, error);
}

gboolean conversation_set_language(Db *db, const char *org_id, const char *id, const char *language,
				   GError **error)
{
	return db_run(db, "UPDATE conversations SET language = $3 WHERE org_id = $1 AND id = $2",
		      error, "sss", org_id, id, language);
}
