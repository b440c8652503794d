/*
 * From a question to an answer: intent, retrieval, gate, then the curated answer verbatim; of a
 * document what a generating model says from the passage that the gate let through, if there is one
 * and its words pass the check, else that passage itself with its source. What `zhiyin ask` prints and what
 * the dialogue says come from here. Threads: an engine is shared; answer_ask takes tens of
 * milliseconds when the encoder is needed, so not on event threads. Errors: those of the store. A
 * missing encoder is no error: words alone decide then.
 */
#pragma once

#include "base/json.h"
#include "bot/index.h"
#include "llm/task.h"
#include "ml/encoder.h"
#include "nlu/intent.h"
#include "crm/knowledge.h"
#include "store/store.h"

typedef struct AnswerEngine AnswerEngine;

typedef enum { ANSWER_ANSWER, ANSWER_CLARIFY, ANSWER_HANDOVER } AnswerAction;

typedef struct {
	char *article_id, *title, *passage, *url;
	double score; /* calibrated probability that this passage answers, for the first; fused score for the others */
} Citation;

typedef struct {
	char *text; /* what the bot says */
	char *why;  /* JSON object, for staff: passages and scores, gate, the model's call */
	GPtrArray *citations; /* Citation, best first, whatever the action */
	AnswerAction action;
	const char *
		reason; /* why: "curated", "passage", "small_talk", "ambiguous", "nothing_found", "asked_for_person", "angry" */
	const char *path; /* "curated", "extract", "generated", "template" */
	const char *language;
	Judgement judgement;
	gboolean missed; /* the knowledge did not hold it: counts as a misunderstood turn */
	guint n_prompt, n_cached, n_generated; /* tokens that models took for it */
	double ms;
} Answer;

void answer_free(Answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answer, answer_free)

/* encoder_path NULL = words only. The encoder is opened at its first use and closed by
 * answer_engine_tick when it was idle for idle_ms. */
AnswerEngine *answer_engine_new(Store *store, const char *encoder_path, guint n_threads,
				gint64 idle_ms);
void answer_engine_free(AnswerEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AnswerEngine, answer_engine_free)
void answer_engine_tick(AnswerEngine *engine);
/* From now on documents are answered by llm (borrowed) where it can; NULL: not. At any time, on any thread;
 * llm lives as long as the engine. */
void answer_engine_set_model(AnswerEngine *engine, const Tasks *tasks, Llm *llm);
/* Somebody is likely to ask soon: the model comes into memory meanwhile. Returns at once. */
void answer_engine_prepare(AnswerEngine *engine);

typedef struct {
	const char *org_id, *question;
	const GPtrArray
		*history;     /* pairs role, text, oldest first, without the question; or NULL */
	const char *language; /* of the conversation, or NULL */
	/* of people, NULL-terminated: no model elsewhere learns them; or NULL */
	const char *const *names;
	const char *session; /* whose turn it is with the model; NULL = the organisation's */
	/* there is no conversation that a person could take over: the answer does not promise it */
	gboolean nobody_takes_over;
	LlmPiece
		piece; /* gets what a model says, as it passes the check; or NULL. The answer's text is
			 * what counts: it may be another when the rest did not pass */
	gpointer piece_data;
	LlmWanted wanted; /* FALSE: no model need go on for it; or NULL */
	gpointer wanted_data;
} AnswerRequest;

Answer *answer_ask(AnswerEngine *engine, const AnswerRequest *request, GError **error);
/* "answer", "clarify", "handover" */
const char *answer_action_name(AnswerAction action);

/* {"answer","citations","action","reason","intent","sentiment","language","path","ms"}, members
 * only (the object is the caller's). */
void answer_write_members(const Answer *answer, JsonWriter *w);
/* The citations of an answer that was given, as JSON list: what is stored with the message. The
 * caller frees it. */
char *answer_citations(const Answer *answer);
/* What a question back offers to say next, as JSON list of texts ("[]" for other answers): they stand in
 * its text, too. The caller frees it. */
char *answer_options(const Answer *answer);

/* The index of the organisation's present knowledge: built anew when that has changed. */
RetrievalIndex *answer_engine_index(AnswerEngine *engine, const char *org_id, GError **error);

/* What the file of the encoder is called, without its ending; NULL: there is none. */
const char *answer_engine_encoder_name(const AnswerEngine *engine);
/* vectors (n x 384) = the texts, each of unit length, as retrieval has them; ret_n_tokens: what that took.
 * Errors: UNAVAILABLE (no encoder), and those of encoder_encode. */
gboolean answer_engine_embed(AnswerEngine *engine, EncoderPrefix prefix, const char *const *texts,
			     gsize n, float *vectors, gsize *ret_n_tokens, GError **error);
/* For knowledge_encode_missing; lives as long as the engine. */
const KnowledgeEncoder *answer_engine_encoder(const AnswerEngine *engine);
