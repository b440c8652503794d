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
#include "bot/engine.h"
#include "nlu/intent.h"

typedef enum { ANSWER_ANSWER, ANSWER_CLARIFY, ANSWER_HANDOVER } AnswerAction;

typedef struct {
	char *article_id, *title, *passage, *url;
	char *name; /* what it is called where people choose */
	double score; /* calibrated probability that this passage answers, for the first; fused score for the others */
} Citation;

typedef struct {
	char *text; /* what the bot says */
	char *why; /* JSON object, for staff: passages and scores, gate, the model's calls; or NULL */
	gboolean
		exact; /* the question is word for word one of the knowledge, or one that was offered */
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

typedef struct {
	const char *org_id, *question;
	const GPtrArray
		*history;     /* pairs role, text, oldest first, without the question; or NULL */
	const char *language; /* of the conversation, or NULL */
	/* of people, NULL-terminated: no model elsewhere learns them; or NULL */
	const char *const *names;
	const char *session; /* whose turn it is with the model; NULL = the organisation's */
	const char *
		conversation; /* its id: what a model elsewhere must not learn has one name in it; or NULL */
	gboolean no_model; /* of documents the passage itself; a follow-up by the rules alone */
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
/* How it came about, as JSON object for staff: what is stored with the message. The caller frees it. */
char *answer_why(const Answer *answer);
/* What a question back offers to say next, as JSON list of texts ("[]" for other answers): they stand in
 * its text, too. The caller frees it. */
char *answer_options(const Answer *answer);
