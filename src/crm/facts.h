/*
 * What the customer of a conversation stated: values (text/values.h: dates, money, order numbers, phones ...) and
 * what they asked for (nlu/requirement.h), and what of the firm's work they judge, and how (nlu/aspects.h), each with
 * the message and the words it was read from. Read when asked,
 * not stored: FACTS_MESSAGES messages take about a millisecond each.
 * Ownership: out belongs to the caller. Threads: as db. Errors: those of the store. Dates are reckoned from the
 * message's own time in the organisation's zone. Does not decide who may read (crm/access.h).
 */
#pragma once

#include "nlu/judge.h"
#include "store/store.h"

enum { FACTS_MESSAGES = 100 }; /* the newest */

/* {"items": [{"message_id", "type", "text", "value", "unit", "start", "end", "confidence"}], "requests":
 * [{"message_id", "text", "what", "quantity", "budget", "deadline"}], "aspects": [{"message_id", "aspect", "mood",
 * "strength", "text"}]}, oldest message first; start and end in code points. judge NULL: no aspects. */
gboolean facts_write(Db *db, const Judge *judge, const char *org_id, const char *conversation_id,
		     GString *out, GError **error);
