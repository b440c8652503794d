/*
 * Conversations: state, owner, and the append-only log of messages. Every change writes its event
 * row for the live streams and its audit row in the same transaction. The bot is one author among
 * others here; what it says is decided in bot/.
 *
 *   open         the bot is talking (owner bot)
 *   handed_over  a person is wanted (owner queue) or has it (owner person): the bot is silent
 *   pending      nobody is there now, or the customer must answer first: an open item with contact
 *                details (owner queue)
 *   resolved     closed; a new message of the customer opens it again with the bot
 *
 * All functions work in the principal's organisation. Errors: NOT_FOUND, CONFLICT (the state does
 * not allow it), TAKEN, UNPROCESSABLE (text empty or too long).
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "store/store.h"

enum {
	MESSAGE_MAX_CHARS = 4000
}; /* of what people write; the bot repeats articles of any length */

typedef enum {
	ACTION_HANDOVER, /* to the queue; off hours to pending */
	ACTION_TAKE,	 /* to the acting person */
	ACTION_RETURN,	 /* back to the bot */
	ACTION_RESOLVE,
	ACTION_REOPEN, /* staff: to the acting person */
	ACTION_WAKE,   /* a customer wrote into a resolved one: to the bot */
	N_ACTIONS
} ConversationAction;

typedef struct {
	const char *channel;	/* "web", "api" */
	const char *language;	/* "zh", "en" */
	const char *page_url;	/* or NULL */
	const char *contact_id; /* or NULL */
	gint64 at;		/* when it began, for what is brought in from elsewhere; 0 = now */
} NewConversation;

/* ret_token: the visitor's secret, shown once; the caller frees it. */
gboolean conversation_create(Db *db, const Principal *actor, const NewConversation *fresh,
			     char ret_id[37], char **ret_token, GError **error);
/* Who holds this token. */
gboolean conversation_principal(Db *db, const char *token, Principal *ret_principal,
				GError **error);

/* What the dialogue needs to know. */
typedef struct {
	char id[37];
	char *state, *owner, *owner_id, *owner_name, *contact_id, *language, *handover_reason;
	char *contact_name; /* or NULL */
	int n_misses, n_messages;
} Conversation;

void conversation_free(Conversation *conversation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conversation, conversation_free)
Conversation *conversation_get(Db *db, const char *org_id, const char *id, GError **error);

/* How the bot came to a message, as JSON object, "{}" where it had nothing to look up. NOT_FOUND. */
gboolean message_write_why(Db *db, const char *org_id, const char *conversation_id,
			   const char *message_id, GString *out, GError **error);

typedef struct {
	const char *role; /* "customer", "agent", "bot", "system" */
	const char *text;
	const char *path;      /* bot: "curated", "extract", "generated", "template"; else NULL */
	const char *citations; /* JSON list or NULL */
	const char *options;   /* what it offers to say next: JSON list of texts, or NULL */
	const char *why;       /* how the bot came to it, JSON object for staff, or NULL */
	gint64 at;	       /* as above */
} NewMessage;

/* Adds a message and its event; a customer's message wakes a resolved conversation, an agent's,
 * also when a program hands it in, takes it over from the bot or queue. Appends the message's JSON to ret_json (may be NULL). */
gboolean message_add(Db *db, const Principal *actor, const char *conversation_id,
		     const NewMessage *message, GString *ret_json, GError **error);

typedef struct {
	const char *reason;  /* ACTION_HANDOVER: a word of handover_reason_valid() */
	const char *summary; /* ACTION_HANDOVER: for the person who takes it */
	gboolean off_hours;  /* ACTION_HANDOVER */
	gboolean force;	     /* ACTION_TAKE although a colleague has it */
	gint64 at;	     /* as above */
} ActionDetails;

/* TRUE also when the conversation was already there. details may be NULL. */
gboolean conversation_act(Db *db, const Principal *actor, const char *id, ConversationAction action,
			  const ActionDetails *details, GError **error);
/* Inside a write: the streams hear how the conversation stands now. */
gboolean conversation_tell_state(Db *db, const char *org_id, const char *id, GError **error);
/* Counts misunderstood turns; 0 resets. */
gboolean conversation_set_misses(Db *db, const char *org_id, const char *id, int n_misses,
				 GError **error);
gboolean conversation_set_contact(Db *db, const Principal *actor, const char *id,
				  const char *contact_id, GError **error);
gboolean conversation_set_language(Db *db, const char *org_id, const char *id, const char *language,
				   GError **error);

typedef struct {
	const char *states;	/* "open,pending" or NULL = all; INVALID for a word that is none */
	const char *owner;	/* "me", "none", "bot", "any" or NULL */
	const char *contact_id; /* or NULL */
	const char *page_token;
	int page_size;
} ConversationQuery;

/* JSON in the list form; with_messages adds "messages" (at most 1,000, oldest first). */
gboolean conversation_write(Db *db, const char *org_id, const char *id, gboolean with_messages,
			    GString *out, GError **error);
gboolean conversation_list(Db *db, const Principal *principal, const ConversationQuery *query,
			   GString *out, GError **error);
/* {"mine", "unassigned", "waiting"}: the principal's own that are not resolved, those that wait for anybody, and in how many
 * of both a customer waits. */
gboolean conversation_counts(Db *db, const Principal *principal, GString *out, GError **error);
/* The last n texts, oldest first, of customer, agent and bot: pairs role, text. For summaries and
 * follow-ups. */
GPtrArray *conversation_history(Db *db, const char *org_id, const char *id, int n, GError **error);

/* The bot's message that is the last word of the conversation, as JSON; nothing is appended when
 * somebody else spoke last. */
gboolean conversation_write_bot_reply(Db *db, const char *org_id, const char *id, GString *out,
				      GError **error);

/* Conversations whose last word is the customer's while the bot owns them: calls each(org_id, id,
 * language, text). */
typedef void (*ConversationWaiting)(const char *org_id, const char *id, gpointer data);
gboolean conversation_each_unanswered(Db *db, ConversationWaiting each, gpointer data,
				      GError **error);

/* Events after seq, in order, at most limit; conversation_id NULL = the whole organisation (org_id
 * NULL = all). */
typedef void (*ConversationEventEach)(gint64 seq, const char *org_id, const char *conversation_id,
				      const char *kind, const char *data_json, gpointer data);
gboolean conversation_events_after(Db *db, const char *org_id, const char *conversation_id,
				   gint64 seq, int limit, ConversationEventEach each, gpointer data,
				   GError **error);
gint64 conversation_events_last(Db *db, GError **error);
/* Inside a write: one for the live streams; data is a JSON object. */
gboolean conversation_event_add(Db *db, const char *org_id, const char *conversation_id,
				const char *kind, const char *data, GError **error);
