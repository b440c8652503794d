/*
 * What is thought of customers' messages (nlu/judge.h), a row each, and what people put right. Only staff see it.
 * Errors: NOT_FOUND, UNPROCESSABLE (no such mood or intent). Threads: as the Db.
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "nlu/judge.h"
#include "store/store.h"

/* A customer's message that nobody judged yet. */
typedef struct {
	gint64 seq;
	char *org_id, *conversation_id, *id, *text;
	gint64 at;
} UnjudgedMessage;

void unjudged_message_clear(gpointer message);
/* GArray of UnjudgedMessage: the first n behind the last one that was judged, in their order. */
GArray *judgements_waiting(Db *db, int n, GError **error);
/* Inside a write, with an event for staff's streams; again is no error. aspects: "delivery:negative
 * quality:positive" (nlu/aspects.h), "" for none. Where judged is unsure, the message waits for the encoder's opinion. */
gboolean judgement_add(Db *db, const UnjudgedMessage *message, const JudgedMessage *judged,
		       const char *version, const char *aspects, GError **error);
/* Inside a write: what the encoder thinks of a message that was judged, too (crm/opinions.h): mood, intent and
 * version take the place of what stands there, with an event, unless a person corrected that; shadows are added. The
 * message waits for an opinion no longer. */
gboolean judgement_refine(Db *db, const UnjudgedMessage *message, const JudgedMessage *judged,
			  const char *version, GError **error);

/* Inside a write, audited: a person says what it is; both NULL take that back. mood, intent: as judge knows them,
 * NULL = nothing to say. Appends the judgement's JSON to out. */
gboolean judgement_correct(Db *db, const Principal *actor, const Judge *judge,
			   const char *conversation_id, const char *message_id, const char *mood,
			   const char *intent, GString *out, GError **error);
/* GArray of JudgeCorrection of an organisation, oldest first; at most JUDGEMENTS_LEARNT of the newest. */
enum { JUDGEMENTS_LEARNT = 5000 };
GArray *judgements_corrected(Db *db, const char *org_id, GError **error);
/* Organisations with corrections: char *. */
GPtrArray *judgements_organisations(Db *db, GError **error);

/* {"items": [...]} of a conversation, oldest first. */
gboolean judgements_write(Db *db, const char *org_id, const char *conversation_id, GString *out,
			  GError **error);
/* The same of a contact, from conversations that the principal may read: the newest, oldest first. */
enum { JUDGEMENTS_OF_CONTACT = 60 };
gboolean judgements_write_moods(Db *db, const Principal *principal, const char *contact_id,
				GString *out, GError **error);
/* {"n", "moods", "intents": {word: n}, "urgent", "reviewed", "agreed"} of messages between two times (ms, to 0 =
 * now): corrected words count where there are any; agreed: reviewed ones that were right. */
gboolean judgements_write_summary(Db *db, const char *org_id, gint64 from, gint64 to, GString *out,
				  GError **error);
