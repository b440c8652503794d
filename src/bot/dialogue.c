/* Reading and thinking happen outside the writer's transaction; inside it the state is looked at
 * once more, so that a person who stepped in meanwhile is never talked over. */
#include "bot/dialogue.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bot/handover.h"
#include "bot/texts.h"
#include "crm/conversations.h"
#include "crm/organisation.h"
#include "crm/people.h"
#include "text/contact_details.h"

enum { HISTORY = 8, MISSES_BEFORE_HANDOVER = 2 };

/* ---- hand-over ----------------------------------------------------------------------------------------------- */

static gboolean organisation_is_open(Db *db, const char *org_id, gboolean *ret_open, GError **error)
{
	g_autoptr(Organisation) organisation = organisation_get(db, org_id, error);

	if (!organisation)
		return FALSE;
	*ret_open = organisation_open_at(organisation, clock_now_ms());
	return TRUE;
}

static BotText handover_text(const char *reason, gboolean open, gboolean reachable)
{
	if (!open)
		return reachable ? BOT_TEXT_OFF_HOURS_REACHABLE : BOT_TEXT_OFF_HOURS;
	if (g_str_equal(reason, "nothing_found") || g_str_equal(reason, "misunderstood"))
		return BOT_TEXT_HANDED_OVER_MISSED;
	return g_str_equal(reason, "angry") || g_str_equal(reason, "complaint")
		       ? BOT_TEXT_HANDED_OVER_ANGRY
		       : BOT_TEXT_HANDED_OVER;
}

static gboolean bot_say(Db *db, const char *org_id, const char *conversation_id, BotText text,
			const char *language, GString *ret_json, GError **error)
{
	Principal bot = principal_system(org_id);
	NewMessage message = {.role = "bot", .text = bot_text(text, language), .path = "template"};

	return message_add(db, &bot, conversation_id, &message, ret_json, error);
}

static gboolean hand_over(Db *db, const Principal *actor, const Conversation *conversation,
			  const char *reason, GString *ret_json, GError **error)
{
	g_autofree char *summary = handover_brief_of(db, actor->org_id, conversation->id, error);
	ActionDetails details = {.reason = reason, .summary = summary};
	gboolean open, reachable;

	if (!summary || !organisation_is_open(db, actor->org_id, &open, error) ||
	    !people_reachable(db, actor->org_id, conversation->id, &reachable, error))
		return FALSE;
	details.off_hours = !open;
	return conversation_act(db, actor, conversation->id, ACTION_HANDOVER, &details, error) &&
	       bot_say(db, actor->org_id, conversation->id, handover_text(reason, open, reachable),
		       conversation->language, ret_json, error);
}

/* Somebody waits for a person who is not there: the details are what was asked for. */
static gboolean say_thanks(Db *db, const char *org_id, const Conversation *conversation,
			   GString *ret_json, GError **error)
{
	return !g_str_equal(conversation->state, "pending") ||
	       bot_say(db, org_id, conversation->id, BOT_TEXT_DETAILS_TAKEN, conversation->language,
		       ret_json, error);
}

static gboolean say_details(Db *db, const Principal *actor, const char *conversation_id,
			    const json_t *details, GError **error)
{
	static const char *const names[] = {"name", "email", "phone"};
	g_autoptr(GString) text = g_string_new(NULL);
	NewMessage message = {.role = "customer"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = json_member_string(details, names[i]);

		if (value && *value)
			g_string_append_printf(text, "%s%s", text->len ? ", " : "", value);
	}
	message.text = text->str;
	return message_add(db, actor, conversation_id, &message, NULL, error);
}

gboolean dialogue_leave_details(Db *db, const Principal *actor, const char *conversation_id,
				const json_t *details, char **ret_contact_id, GError **error)
{
	g_autoptr(Conversation) conversation = NULL;
	gboolean kept;

	if (!people_leave_details(db, actor, conversation_id, details, ret_contact_id, &kept,
				  error))
		return FALSE;
	if (actor->kind == PRINCIPAL_USER)
		return TRUE;
	if (!kept && !say_details(db, actor, conversation_id, details, error))
		return FALSE;
	conversation = conversation_get(db, actor->org_id, conversation_id, error);
	return conversation && say_thanks(db, actor->org_id, conversation, NULL, error);
}

/* Nothing is left to do: it waits for people, or they have it. Staff may put theirs back into the
 * queue, also what was left pending. */
static gboolean people_have(const Conversation *conversation, gboolean staff)
{
	if (g_str_equal(conversation->state, "resolved"))
		return FALSE;
	if (staff)
		return g_str_equal(conversation->state, "handed_over") &&
		       g_str_equal(conversation->owner, "queue");
	return !g_str_equal(conversation->owner, "bot");
}

gboolean dialogue_hand_over(Db *db, const Principal *actor, const char *conversation_id,
			    const char *reason, GError **error)
{
	g_autoptr(Conversation) conversation =
		conversation_get(db, actor->org_id, conversation_id, error);
	gboolean staff = actor->kind == PRINCIPAL_USER;

	if (!conversation)
		return FALSE;
	if (people_have(conversation, staff))
		return TRUE;
	if (!staff && g_str_equal(conversation->state, "resolved") &&
	    !conversation_act(db, actor, conversation_id, ACTION_WAKE, NULL, error))
		return FALSE;
	return hand_over(db, actor, conversation, reason, NULL, error);
}

/* ---- replies ------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *org_id, *conversation_id;
	const Answer *answer;
	const json_t *details; /* contact details found in the customer's words, or NULL */
	GString *reply;
	int n_before; /* messages when the bot began to think: a newer one makes this reply stale */
} Turn;

static const char *handover_reason(const Turn *turn, const Conversation *conversation)
{
	const Answer *answer = turn->answer;

	if (g_str_equal(answer->reason, "asked_for_person") || g_str_equal(answer->reason, "angry"))
		return answer->reason;
	if (answer->missed && conversation->n_misses + 1 >= MISSES_BEFORE_HANDOVER)
		return answer->action == ANSWER_CLARIFY ? "misunderstood" : "nothing_found";
	return NULL;
}

static gboolean say_answer(Db *db, const Turn *turn, const Conversation *conversation,
			   GError **error)
{
	const Answer *answer = turn->answer;
	Principal bot = principal_system(turn->org_id);
	g_autofree char *why = answer_why(answer);
	g_autofree char *options =
		answer_options(answer); /* answer_citations() shortens the list */
	g_autofree char *citations = answer_citations(answer);
	NewMessage message = {.role = "bot",
			      .text = answer->text,
			      .path = answer->path,
			      .citations = citations,
			      .options = options,
			      .why = why};
	int n_misses = answer->missed ? conversation->n_misses + 1 : 0;

	return message_add(db, &bot, turn->conversation_id, &message, turn->reply, error) &&
	       (n_misses == conversation->n_misses ||
		conversation_set_misses(db, turn->org_id, turn->conversation_id, n_misses,
					error)) &&
	       (g_str_equal(answer->language, conversation->language) ||
		conversation_set_language(db, turn->org_id, turn->conversation_id, answer->language,
					  error));
}

/* What was said in the chat stands there already, whatever the contact takes of it. */
static gboolean take_details(Db *db, const Turn *turn, const Conversation *conversation,
			     GError **error)
{
	Principal visitor = {.kind = PRINCIPAL_VISITOR};
	g_autofree char *contact_id = NULL;
	gboolean kept;

	g_strlcpy(visitor.org_id, turn->org_id, sizeof(visitor.org_id));
	g_strlcpy(visitor.conversation_id, turn->conversation_id, sizeof(visitor.conversation_id));
	return people_leave_details(db, &visitor, turn->conversation_id, turn->details, &contact_id,
				    &kept, error) &&
	       say_thanks(db, turn->org_id, conversation, turn->reply, error);
}

static gboolean turn_store(Db *db, gpointer data, GError **error)
{
	Turn *turn = data;
	g_autoptr(Conversation) conversation =
		conversation_get(db, turn->org_id, turn->conversation_id, error);
	Principal bot = principal_system(turn->org_id);
	const char *reason;

	if (!conversation)
		return FALSE;
	if (conversation->n_messages != turn->n_before)
		return TRUE; /* somebody spoke meanwhile: whoever it was, this reply is stale */
	if (turn->details && !take_details(db, turn, conversation, error))
		return FALSE;
	if (!g_str_equal(conversation->owner, "bot") || !turn->answer)
		return TRUE;
	reason = handover_reason(turn, conversation);
	return reason ? hand_over(db, &bot, conversation, reason, turn->reply, error)
		      : say_answer(db, turn, conversation, error);
}

typedef struct {
	Conversation *conversation;
	GPtrArray *history;
	const char *
		question; /* the customer's last words, borrowed from history; NULL when somebody answered already */
} Reading;

static void reading_clear(Reading *reading)
{
	g_clear_pointer(&reading->conversation, conversation_free);
	g_clear_pointer(&reading->history, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static gboolean read_turn(Db *db, const char *org_id, const char *conversation_id, Reading *reading,
			  GError **error)
{
	reading->conversation = conversation_get(db, org_id, conversation_id, error);
	if (!reading->conversation)
		return FALSE;
	reading->history = conversation_history(db, org_id, conversation_id, 2 * HISTORY, error);
	if (!reading->history)
		return FALSE;
	if (reading->history->len >= 2 &&
	    g_str_equal(g_ptr_array_index(reading->history, reading->history->len - 2), "customer"))
		reading->question = g_ptr_array_index(reading->history, reading->history->len - 1);
	return TRUE;
}

typedef struct {
	DialogueHear hear;
	gpointer data;
	DialoguePiece piece; /* the last one */
} Listener;

static gboolean pass_piece(const char *text, gsize n, gpointer data)
{
	Listener *listener = data;
	DialoguePiece *piece = &listener->piece;

	piece->text = text;
	piece->n = n;
	listener->hear(piece, listener->data);
	piece->from += g_utf8_strlen(text, (gssize)n);
	return TRUE;
}

static gboolean reply_to(AnswerEngine *engine, Store *store, const char *org_id, Reading *reading,
			 DialogueHear hear, gpointer hear_data, char **ret_reply, GError **error)
{
	g_autoptr(GString) reply = g_string_new(NULL);
	g_autofree char *question = g_strdup(reading->question);
	g_autoptr(json_t) details = contact_details_find(question);
	g_autoptr(Answer) answer = NULL;
	Turn turn = {.org_id = org_id,
		     .conversation_id = reading->conversation->id,
		     .details = details,
		     .reply = reply};
	Listener listener = {.hear = hear,
			     .data = hear_data,
			     .piece = {.org_id = org_id,
				       .conversation_id = reading->conversation->id,
				       .turn = reading->conversation->n_messages}};

	turn.n_before = reading->conversation->n_messages;
	g_ptr_array_set_size(reading->history, (gint)reading->history->len - 2);
	if (g_str_equal(reading->conversation->owner, "bot")) {
		const char *const names[] = {reading->conversation->contact_name, NULL};
		AnswerRequest request = {.org_id = org_id,
					 .question = question,
					 .history = reading->history,
					 .language = reading->conversation->language,
					 .names = names,
					 .session = reading->conversation->id,
					 .conversation = reading->conversation->id,
					 .piece = hear ? pass_piece : NULL,
					 .piece_data = &listener};

		answer = answer_ask(engine, &request, error);
		if (!answer)
			return FALSE;
		turn.answer = answer;
	}
	if (!turn.answer && !turn.details)
		return TRUE;
	if (!store_write(store, turn_store, &turn, error))
		return FALSE;
	if (reply->len)
		*ret_reply = g_strdup(reply->str);
	return TRUE;
}

/* Somebody answered already: the bot's own answer is given again to a request that is repeated. */
static gboolean stored_reply(Db *db, const char *org_id, const char *conversation_id,
			     char **ret_reply, GError **error)
{
	g_autoptr(GString) json = g_string_new(NULL);

	if (!conversation_write_bot_reply(db, org_id, conversation_id, json, error))
		return FALSE;
	if (json->len)
		*ret_reply = g_strdup(json->str);
	return TRUE;
}

gboolean dialogue_reply(AnswerEngine *engine, Store *store, const char *org_id,
			const char *conversation_id, DialogueHear hear, gpointer hear_data,
			char **ret_reply, GError **error)
{
	g_auto(Reading) reading = {0};
	g_autoptr(Db) db = db_begin_read(store, error);

	*ret_reply = NULL;
	if (!db || !read_turn(db, org_id, conversation_id, &reading, error))
		return FALSE;
	if (!reading.question)
		return stored_reply(db, org_id, conversation_id, ret_reply, error);
	g_clear_pointer(&db, db_free);
	return reply_to(engine, store, org_id, &reading, hear, hear_data, ret_reply, error);
}
