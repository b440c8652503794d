/*
 * What customers think of the bot's answers: helpful or not, a tap. Shown with the message
 * (crm/conversations.h), told live, audited. Threads: as the Db. Does not rate what people say.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

/* Inside a write. rating: "up", "down", NULL takes it back; the last one counts. Appends {"conversation_id",
 * "message_id", "rating"} to out, which is the event, too. NOT_FOUND, UNPROCESSABLE (not the bot's, no such
 * word). */
gboolean message_rate(Db *db, const Principal *actor, const char *conversation_id,
		      const char *message_id, const char *rating, GString *out, GError **error);
