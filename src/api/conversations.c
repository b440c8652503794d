/* Conversations over HTTP: visitors with their token, staff with a session, programs with a key. */
#include <string.h>

#include "api/api.h"
#include "api/records.h"
#include "api/limits.h"
#include "api/live.h"
#include "base/error.h"
#include "bot/dialogue.h"
#include "bot/draft.h"
#include "crm/conversations.h"
#include "crm/conversation_view.h"
#include "crm/fields.h"
#include "crm/judging.h"
#include "crm/handover.h"
#include "crm/people.h"
#include "crm/ratings.h"
#include "text/language.h"
#include "text/normalise.h"

enum { PAGE_URL_MAX_BYTES = 2000 };

/* Whether the caller may know the conversation of the path, and change it where the call is no GET. */
static gboolean call_may(ApiCall *call, GError **error)
{
	gboolean reads = g_str_equal(call->route->method, "GET");

	return access_conversation(call->db, &call->principal, call_id(call),
				   reads ? ACCESS_READ : ACCESS_UPDATE, error);
}

static gboolean answer_conversation(ApiCall *call, gboolean with_messages, GError **error)
{
	g_autofree char *public = NULL;

	if (!conversation_write(call->db, call->principal.org_id, call_id(call), with_messages,
				call->out, error))
		return FALSE;
	if (call->principal.kind == PRINCIPAL_VISITOR) {
		public = conversation_view_visitor(call->out->str);
		g_string_assign(call->out, public);
	}
	return TRUE;
}

static gboolean visitor_pace(ApiCall *call, const char *what, GError **error)
{
	g_autofree char *key = NULL;

	if (call->principal.kind == PRINCIPAL_USER || call->principal.kind == PRINCIPAL_KEY)
		return TRUE;
	key = g_strdup_printf("%s:%s", what,
			      call->principal.kind == PRINCIPAL_VISITOR
				      ? call->principal.conversation_id
				      : http_client_address(call->exchange));
	return limits_take(
		call->api->limits, key,
		(guint)config_int(call->api->config, SETTING_VISITOR_MESSAGES_PER_MINUTE), error);
}

static gboolean conversations_get(ApiCall *call, GError **error)
{
	ConversationQuery query = {.states = http_query(call->exchange, "state"),
				   .owner = http_query(call->exchange, "owner"),
				   .contact_id = http_query(call->exchange, "contact_id")};

	return call_page(call, 200, &query.page_size, &query.page_token, error) &&
	       conversation_list(call->db, &call->principal, &query, call->out, error);
}

static gboolean counts_get(ApiCall *call, GError **error)
{
	return conversation_counts(call->db, &call->principal, call->out, error);
}

/* The contact of a new conversation: whoever has no credential is from now on its visitor. */
static gboolean link_contact(ApiCall *call, const char *id, GError **error)
{
	const json_t *details = json_object_get(call->body, "contact");
	Principal actor = call->principal;
	g_autofree char *contact_id = NULL;

	if (details && !json_is_object(details) && !json_is_null(details)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s must be an object",
			    "contact");
		return FALSE;
	}
	if (!people_details_given(details))
		return TRUE;
	if (actor.kind == PRINCIPAL_NOBODY) {
		actor.kind = PRINCIPAL_VISITOR;
		g_strlcpy(actor.conversation_id, id, sizeof(actor.conversation_id));
	}
	return dialogue_leave_details(call->db, &actor, id, details, &contact_id, error);
}

/* A page of another scheme is no address that staff could open: left out. */
static char *page_address(const char *page_url)
{
	g_autofree char *address = page_url ? field_normalise(FIELD_URL, page_url, NULL) : NULL;

	return address && strlen(address) <= PAGE_URL_MAX_BYTES ? g_steal_pointer(&address) : NULL;
}

static gboolean conversation_post(ApiCall *call, GError **error)
{
	NewConversation fresh = {.channel = call->principal.kind == PRINCIPAL_KEY ? "api" : "web"};
	const char *page_url;
	g_autofree char *address = NULL;
	g_autofree char *token = NULL;
	JsonWriter w = json_writer(call->out);
	char id[37];

	if (!visitor_pace(call, "start", error) ||
	    !call_string(call, "language", &fresh.language, error) ||
	    !call_string(call, "page_url", &page_url, error))
		return FALSE;
	if (!fresh.language || !g_str_equal(fresh.language, "en"))
		fresh.language = "zh";
	address = page_address(page_url);
	fresh.page_url = address;
	if (!conversation_create(call->db, &call->principal, &fresh, id, &token, error) ||
	    !link_contact(call, id, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "id", id);
	json_put_string(&w, "token", token);
	json_object_end(&w);
	return TRUE;
}

/* Whoever opens a chat is about to ask: the model wakes up meanwhile. */
static void conversation_opened(ApiCall *call)
{
	answer_engine_prepare(bot_service_engine(call->api->bot));
	call_answer(call);
}

static gboolean conversation_one_get(ApiCall *call, GError **error)
{
	return call_may(call, error) && answer_conversation(call, TRUE, error);
}

/* ---- messages
 * ------------------------------------------------------------------------------------------------
 */

/* customer for visitors and keys, agent for staff; a key may say which. */
static gboolean message_role(ApiCall *call, const char **ret_role, GError **error)
{
	gboolean staff = call->principal.kind == PRINCIPAL_USER;

	if (!call_string(call, "role", ret_role, error))
		return FALSE;
	if (!*ret_role)
		*ret_role = staff ? "agent" : "customer";
	if (g_str_equal(*ret_role, "customer") ||
	    (g_str_equal(*ret_role, "agent") && call->principal.kind != PRINCIPAL_VISITOR))
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
			    call->principal.kind == PRINCIPAL_VISITOR
				    ? "role must be customer"
				    : "role must be customer or agent");
	return FALSE;
}

/* {"message":M} -> {"message":M,"reply":R}. */
static void add_reply(ApiCall *call, const char *reply)
{
	g_string_truncate(call->out, call->out->len - 1);
	g_string_append_printf(call->out, ",\"reply\":%s}", reply ? reply : "null");
}

static void message_replied(const char *reply, gpointer data)
{
	ApiCall *call = data;

	add_reply(call, reply);
	call_answer(call);
}

/* The customer's words go to the bot; with ?wait=true the answer waits for its reply. */
static void message_notify(ApiCall *call)
{
	const char *wait = http_query(call->exchange, "wait"), *role = NULL;
	gboolean waits = wait && g_str_equal(wait, "true");
	gboolean said_by_customer =
		message_role(call, &role, NULL) && g_str_equal(role, "customer");

	if (said_by_customer && !call->replayed && call->api->judging)
		judging_nudge(call->api->judging);
	if (waits && said_by_customer) {
		bot_service_submit(call->api->bot, call->principal.org_id, call_id(call),
				   message_replied, call);
		return;
	}
	if (said_by_customer && !call->replayed)
		bot_service_submit(call->api->bot, call->principal.org_id, call_id(call), NULL,
				   NULL);
	if (waits)
		add_reply(call, NULL);
	call_answer(call);
}

static gboolean message_post(ApiCall *call, GError **error)
{
	NewMessage message = {0};
	const char *text;
	g_autofree char *clean = NULL;
	g_autoptr(GString) json = g_string_new(NULL);

	if (!call_may(call, error) || !visitor_pace(call, "say", error) ||
	    !call_string(call, "text", &text, error) || !message_role(call, &message.role, error))
		return FALSE;
	clean = text_clean(text ? text : "", -1);
	message.text = clean;
	if (!message_add(call->db, &call->principal, call_id(call), &message, json, error))
		return FALSE;
	g_string_printf(call->out, "{\"message\":%s}", json->str);
	return TRUE;
}

/* ---- actions
 * ------------------------------------------------------------------------------------------------- */

static gboolean act(ApiCall *call, ConversationAction action, const ActionDetails *details,
		    GError **error)
{
	return call_may(call, error) &&
	       conversation_act(call->db, &call->principal, call_id(call), action, details,
				error) &&
	       answer_conversation(call, FALSE, error);
}

static gboolean handover_post(ApiCall *call, GError **error)
{
	gboolean staff = call->principal.kind == PRINCIPAL_USER;
	const char *reason;

	if (!call_may(call, error) || !call_string(call, "reason", &reason, error))
		return FALSE;
	if (!reason)
		reason = staff ? "staff" : "asked_for_person";
	if (!handover_reason_valid(reason)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "reason is not one of the reasons for a hand-over");
		return FALSE;
	}
	return dialogue_hand_over(call->db, &call->principal, call_id(call), reason, error) &&
	       answer_conversation(call, FALSE, error);
}

/* A model may improve the summary; the caller does not wait for that. */
static void handover_notify(ApiCall *call)
{
	if (!call->replayed)
		bot_service_submit(call->api->bot, call->principal.org_id, call_id(call), NULL,
				   NULL);
	call_answer(call);
}

static gboolean take_post(ApiCall *call, GError **error)
{
	const json_t *force = json_object_get(call->body, "force");
	ActionDetails details = {.force = json_is_true(force)};

	if (force && !json_is_boolean(force)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "force must be true or false");
		return FALSE;
	}
	return act(call, ACTION_TAKE, &details, error);
}

static gboolean return_post(ApiCall *call, GError **error)
{
	return act(call, ACTION_RETURN, NULL, error);
}

static gboolean resolve_post(ApiCall *call, GError **error)
{
	return act(call, ACTION_RESOLVE, NULL, error);
}

static gboolean reopen_post(ApiCall *call, GError **error)
{
	return act(call, ACTION_REOPEN, NULL, error);
}

static gboolean contact_post(ApiCall *call, GError **error)
{
	g_autofree char *contact_id = NULL;

	if (!call_may(call, error) || !visitor_pace(call, "say", error))
		return FALSE;
	return dialogue_leave_details(call->db, &call->principal, call_id(call), call->body,
				      &contact_id, error) &&
	       people_write(call->db, &call->principal, contact_id, call->out, error);
}

/* For handlers without a snapshot: the conversation is there, and this caller may know it. */
static gboolean call_knows(ApiCall *call, GError **error)
{
	g_autoptr(Db) db = db_begin_read(call->api->store, error);
	g_autoptr(Conversation) conversation = NULL;

	if (!db || !access_conversation(db, &call->principal, call_id(call), ACCESS_READ, error))
		return FALSE;
	conversation = conversation_get(db, call->principal.org_id, call_id(call), error);
	return conversation != NULL;
}

static gboolean typing_post(ApiCall *call, GError **error)
{
	gboolean staff = call->principal.kind != PRINCIPAL_VISITOR;

	if (!call_knows(call, error))
		return FALSE;
	live_typing(call->api->live, call->principal.org_id, call_id(call),
		    staff ? "agent" : "customer", staff ? call->principal.name : NULL);
	return TRUE;
}

/* ---- a draft for staff
 * ------------------------------------------------------------------------------------------------- */

enum { DRAFTS_PER_MINUTE = 20 };

static gboolean draft_pace(ApiCall *call, GError **error)
{
	g_autofree char *principal = principal_key(&call->principal);
	g_autofree char *key = g_strconcat("draft:", principal, NULL);

	return limits_take(call->api->limits, key, DRAFTS_PER_MINUTE, error);
}

static gboolean is_wanted(gpointer exchange)
{
	return !http_is_abandoned(exchange);
}

/* Nothing is stored or sent: the answer is for the one who asks. */
static gboolean draft_post(ApiCall *call, GError **error)
{
	DraftRequest request = {.org_id = call->principal.org_id,
				.conversation_id = call_id(call),
				.wanted = is_wanted,
				.wanted_data = call->exchange};
	g_auto(Draft) draft = {0};
	JsonWriter w = json_writer(call->out);

	if (!call_knows(call, error) || !draft_pace(call, error) ||
	    !draft_make(bot_service_engine(call->api->bot), call->api->store, &request, &draft,
			error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "text", draft.text);
	json_put_raw(&w, "citations", draft.citations);
	json_put_string(&w, "path", draft.path);
	json_put_string(&w, "language", draft.language);
	json_object_end(&w);
	return TRUE;
}

/* ---- streams
 * ------------------------------------------------------------------------------------------------- */

static gboolean open_stream(ApiCall *call, const char *conversation_id, GError **error)
{
	const char *last = http_header(call->exchange, "Last-Event-ID");
	gint64 seq = -1;

	if (!last)
		last = http_query(call->exchange, "last_event_id");
	if (last && *last && !g_ascii_string_to_signed(last, 10, 0, G_MAXINT64, &seq, NULL)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "Last-Event-ID must be the id of an event");
		return FALSE;
	}
	if (!live_subscribe(call->api->live, call->exchange, &call->principal, conversation_id, seq,
			    error))
		return FALSE;
	call->answered = TRUE;
	return TRUE;
}

static gboolean conversation_events_get(ApiCall *call, GError **error)
{
	return call_knows(call, error) && open_stream(call, call_id(call), error);
}

/* The address is two things: the records that are called events, and the inbox's live stream, which
 * its readers ask for by Accept: text/event-stream. A person who says nothing gets the stream, a
 * program the records. */
static gboolean wants_stream(const ApiCall *call)
{
	static const char *const of_lists[] = {"page_size", "page_token", "filter", "order_by",
					       "q"};
	const char *accept = http_header(call->exchange, "Accept");

	if (accept && strstr(accept, "text/event-stream"))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(of_lists); i++)
		if (http_query(call->exchange, of_lists[i]))
			return FALSE;
	return call->principal.kind == PRINCIPAL_USER &&
	       !(accept && strstr(accept, "application/json"));
}

static gboolean events_get(ApiCall *call, GError **error)
{
	g_autoptr(Db) db = NULL;
	gboolean ok;

	if (wants_stream(call))
		return access_check(&call->principal, "conversations:read", error) &&
		       open_stream(call, NULL, error);
	db = db_begin_read(call->api->store, error);
	if (!db)
		return FALSE;
	call->db = db;
	ok = record_list_get(call, error);
	call->db = NULL;
	return ok;
}

static gboolean message_why_get(ApiCall *call, GError **error)
{
	return call_may(call, error) &&
	       message_write_why(call->db, call->principal.org_id, call_id(call),
				 route_match_value(&call->match, "message_id"), call->out, error);
}

static gboolean rating_post(ApiCall *call, GError **error)
{
	const char *rating;

	if (!call_may(call, error) || !visitor_pace(call, "rate", error) ||
	    !call_string(call, "rating", &rating, error))
		return FALSE;
	return message_rate(call->db, &call->principal, call_id(call),
			    route_match_value(&call->match, "message_id"), rating, call->out,
			    error);
}

#define ONE "/api/v1/conversations/{id}"
#define EVENT_QUERY "last_event_id:integer"

const HttpRoute conversation_routes[] = {
	{"GET", "/api/v1/conversations", "conversation_list", "List, latest activity first",
	 "conversations:read", API_READ, 0, NULL, "ConversationList", 200,
	 "state:string,owner:string,contact_id:string,page_size:integer,page_token:string",
	 conversations_get, NULL},
	{"GET", "/api/v1/conversations/counts", "conversation_counts",
	 "How many are one's own, are nobody's yet, and have a customer waiting in either",
	 "conversations:read", API_READ, 0, NULL, "ConversationCounts", 200, NULL, counts_get,
	 NULL},
	{"POST", "/api/v1/conversations", "conversation_create",
	 "Begin a chat; visitors need no key", "public", API_WRITE, 16384, "NewConversation",
	 "ConversationToken", 201, NULL, conversation_post, conversation_opened},
	{"GET", ONE, "conversation_get", "One conversation with its messages", "chat", API_READ, 0,
	 NULL, "ConversationFull", 200, NULL, conversation_one_get, NULL},
	{"POST", ONE "/messages", "message_create",
	 "Say something; ?wait=true answers with the bot's reply", "chat", API_WRITE, 65536,
	 "NewMessage", "MessageReply", 201, "wait:boolean", message_post, message_notify},
	{"GET", ONE "/messages/{message_id}/why", "message_why",
	 "How the bot came to a message: passages, scores, the model's call", "conversations:read",
	 API_READ, 0, NULL, "Why", 200, NULL, message_why_get, NULL},
	{"POST", ONE "/messages/{message_id}/rating", "message_rate",
	 "Say whether an answer of the bot helped", "chat", API_WRITE, 4096, "NewRating", "Rating",
	 200, NULL, rating_post, NULL},
	{"POST", ONE "/handover", "conversation_hand_over", "Ask for a person", "chat", API_WRITE,
	 4096, "HandOver", "Conversation", 200, NULL, handover_post, handover_notify},
	{"POST", ONE "/take", "conversation_take", "Take over; the bot falls silent",
	 "conversations:write", API_WRITE, 4096, "Take", "Conversation", 200, NULL, take_post,
	 NULL},
	{"POST", ONE "/return", "conversation_return", "Give back to the bot",
	 "conversations:write", API_WRITE, 4096, NULL, "Conversation", 200, NULL, return_post,
	 NULL},
	{"POST", ONE "/resolve", "conversation_resolve", "Close", "chat", API_WRITE, 4096, NULL,
	 "Conversation", 200, NULL, resolve_post, NULL},
	{"POST", ONE "/reopen", "conversation_reopen", "Undo closing", "conversations:write",
	 API_WRITE, 4096, NULL, "Conversation", 200, NULL, reopen_post, NULL},
	{"POST", ONE "/contact", "conversation_contact", "Leave a name, e-mail or phone", "chat",
	 API_WRITE, 4096, "ContactDetails", "Contact", 200, NULL, contact_post, NULL},
	{"POST", ONE "/draft", "conversation_draft",
	 "A reply for a member of staff to change: nothing is sent or stored",
	 "conversations:write", API_MODEL, 4096, NULL, "Draft", 200, NULL, draft_post, NULL},
	{"POST", ONE "/typing", "conversation_typing", "Tell the others that one is typing", "chat",
	 API_DIRECT, 4096, NULL, NULL, 204, NULL, typing_post, NULL},
	{"GET", ONE "/events", "conversation_events",
	 "Live events of one conversation (server-sent events)", "chat", API_DIRECT, 0, NULL, NULL,
	 200, EVENT_QUERY, conversation_events_get, NULL},
	{"GET", "/api/v1/events", "events",
	 "List events; with Accept: text/event-stream, the live events of the whole inbox", "staff",
	 API_DIRECT, 0, NULL, "EventList", 200,
	 EVENT_QUERY ",page_size:integer,page_token:string,filter:string,order_by:string,"
		     "fields:string,expand:string,total:boolean",
	 events_get, NULL},
};
const gsize n_conversation_routes = G_N_ELEMENTS(conversation_routes);
