/*
 * The summary that a person reads who takes over: who it is, what was said, what was answered from where and
 * what was not, the mood, what is missing. It is made of what is stored, in the organisation's language, so
 * it is there with the hand-over, without a model. Where a model was chosen, handover_summarise() puts its
 * account before that once the hand-over is done, if it passes the check against the conversation.
 *
 * Ownership: texts given back belong to the caller. Threads: handover_brief() is pure; handover_summarise()
 * waits for the model: on a bot thread. Errors: those of the store; a model that fails is none.
 */
#pragma once

#include "bot/engine.h"
#include "crm/handover.h"

enum { HANDOVER_TURNS = 16 };

typedef struct {
	const GPtrArray *turns; /* HandoverTurn, oldest first */
	const HandoverContact *contact;
	const char *language; /* "zh" or "en": of who reads it */
} HandoverFacts;

/* A line for each thing that is known; never empty. */
char *handover_brief(const HandoverFacts *facts);
/* The same of a conversation. */
char *handover_brief_of(Db *db, const char *org_id, const char *conversation_id, GError **error);

/* Once for each hand-over, and only while people have the conversation. The streams hear of it, an audit
 * row tells who was asked. */
gboolean handover_summarise(AnswerEngine *engine, Store *store, const char *org_id,
			    const char *conversation_id, GError **error);
