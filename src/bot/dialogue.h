/*
 * The bot's side of a conversation: reads what the customer said, answers, counts misses, hands
 * over with reason and summary, asks for contact details off hours, and is silent as soon as a
 * person has the conversation. Threads: dialogue_reply from a bot thread (it waits for the store);
 * dialogue_hand_over inside a write.
 */
#pragma once

#include "bot/answer.h"
#include "crm/access.h"

/* Part of what the bot is saying, while it says it: n bytes of whole characters. */
typedef struct {
	const char *org_id, *conversation_id;
	int turn; /* messages that the conversation had when the bot began to think: tells one answer
		      * from the next */
	gint64 from; /* characters that were said before */
	const char *text;
	gsize n;
} DialoguePiece;

typedef void (*DialogueHear)(const DialoguePiece *piece, gpointer data);

/* Answers the customer's last message if the bot owns the conversation. *ret_reply: the JSON of the
 * bot's message, NULL when the bot is silent; the caller frees it. hear may be NULL. A second call for the same
 * message gives the reply that was stored. */
gboolean dialogue_reply(AnswerEngine *engine, Store *store, const char *org_id,
			const char *conversation_id, DialogueHear hear, gpointer hear_data,
			char **ret_reply, GError **error);

/* Contact details that a customer left in a form; where the contact does not take them they become
 * a message, so that staff read them. While the conversation is pending the bot says thank you. The
 * caller frees ret_contact_id. Inside a write. */
gboolean dialogue_leave_details(Db *db, const Principal *actor, const char *conversation_id,
				const json_t *details, char **ret_contact_id, GError **error);

/* Hands over with a summary of the conversation and tells the customer; to "pending" off hours. */
gboolean dialogue_hand_over(Db *db, const Principal *actor, const char *conversation_id,
			    const char *reason, GError **error);
