/* How messages are selected and written. Private to crm/conversations*.c. */
#pragma once

#include "base/json.h"
#include "store/store.h"

#define MESSAGE_COLUMNS \
	"id, seq, role, body, at, ai_generated, author_name, path, citations, options"
#define MESSAGE_RATING                                                            \
	"(SELECT rating FROM message_ratings r WHERE r.org_id = messages.org_id " \
	"AND r.message_id = messages.id) AS rating"

/* Writes the message of a row with MESSAGE_COLUMNS and MESSAGE_RATING. */
void conversation_put_message(JsonWriter *w, const char *conversation_id, DbRows *rows);
/* FALSE with failed, or NOT_FOUND. */
gboolean conversation_fail_missing(GError *failed, GError **error);
/* One bit a state; 0: there is no such state. */
guint conversation_state_bit(const char *state);
