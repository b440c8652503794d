/*
 * Live streams: sends every row of conversation_events to whoever listens, in order, none left out,
 * also after a reconnect (Last-Event-ID). One thread reads new rows once for all listeners; it is
 * woken by the store's news. A person is also told that there is a new notification; that is not kept,
 * whoever comes back asks for them. Threads: safe from any thread.
 */
#pragma once

#include "bot/dialogue.h"
#include "crm/access.h"
#include "http/http.h"
#include "store/store.h"

typedef struct Live Live;

Live *live_new(Store *store, GError **error);
/* Ends all streams. */
void live_free(Live *live);
/* For store_set_news. */
void live_news(gpointer live);

/* Answers the exchange with a stream; a visitor's is without what is for staff. conversation_id NULL = all that the principal reaches; it ends
 * when roles, teams or users change, so that the client comes again with what it may now. after: the
 * last event the client has, -1 = only what comes. Runs on an event thread (one indexed read for
 * what was missed). */
gboolean live_subscribe(Live *live, HttpExchange *exchange, const Principal *principal,
			const char *conversation_id, gint64 after, GError **error);
/* What the bot is saying; not stored: the message that follows is what counts. A DialogueHear, data is the
 * Live. */
void live_token(const DialoguePiece *piece, gpointer live);
/* Tells the others at once; not stored. name may be NULL. */
void live_typing(Live *live, const char *org_id, const char *conversation_id, const char *role,
		 const char *name);
