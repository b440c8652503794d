/*
 * A reply that a member of staff looks at, changes, and sends or not: to the customer's last question, resting
 * on the passage that the gate lets through. A model that was chosen words it, if what it says passes the
 * check; else it is the curated answer or the passage itself between two polite sentences. Where the
 * knowledge holds nothing it says that somebody will look into it.
 *
 * Ownership: the Draft's texts are the caller's. Threads: waits for the model, so on a thread of the pool that
 * may. Errors: those of the store, NOT_FOUND; no model, or one that fails, is none. Limits: the deadline of
 * the task's row. Does not send, does not store, does not ask who may.
 */
#pragma once

#include "bot/engine.h"

typedef struct {
	const char *org_id, *conversation_id;
	LlmWanted wanted; /* FALSE: nobody waits for it any more; or NULL */
	gpointer wanted_data;
} DraftRequest;

typedef struct {
	char *text;
	char *citations;      /* JSON list: what it rests on */
	const char *path;     /* "generated", "curated", "extract", "template" */
	const char *language; /* "zh", "en" */
} Draft;

void draft_clear(Draft *draft);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Draft, draft_clear)

gboolean draft_make(AnswerEngine *engine, Store *store, const DraftRequest *request,
		    Draft *ret_draft, GError **error);
