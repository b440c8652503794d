/*
 * What a customer's message says of itself, in well under a millisecond: mood, what it is for, whether it presses,
 * and its language. Mood and purpose are told by classifiers of n-grams (nlu/classifier.h) that learn, within a
 * second, from the messages that travel in the binary (models/messages) and from a company's own corrections; or by a
 * trained one that was put in their place. Another may stand in shadow: it judges, too, and decides nothing.
 * Threads: judge_new() takes half a second; a Judge may be shared once all is put in, it never changes then.
 * Ownership: results are static or the Judge's. Does not use the encoder unless a trained one does, and does not
 * store (crm/judgements.h).
 */
#pragma once

#include <glib.h>

#include "nlu/trained.h"
#include "text/language.h"

typedef struct Judge Judge;

/* What people said of a message; NULL = nothing. */
typedef struct {
	char *text, *mood, *intent;
} JudgeCorrection;

void judge_correction_clear(gpointer correction);

/* corrections: GArray of JudgeCorrection, or NULL; each weighs as much as JUDGE_CORRECTION_WEIGHT rows. Fails only
 * when the messages in the binary are damaged. */
enum { JUDGE_CORRECTION_WEIGHT = 8 };
Judge *judge_new(const GArray *corrections, GError **error);
void judge_free(Judge *judge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judge, judge_free)

typedef enum { JUDGE_IN_USE, JUDGE_SHADOW, N_JUDGE_PLACES } JudgePlace;
/* Before the judge is shared. trained, with the hash of its file, is taken; one in use learns the corrections. */
void judge_put(Judge *judge, JudgeTask task, JudgePlace place, Trained *trained,
	       const GArray *corrections);

typedef struct {
	const char *mood, *intent; /* of the Judge */
	double mood_probability, intent_probability;
	double strength; /* -1 to 1: p (positive) - p (negative) */
	gboolean urgent;
	TextLanguage language;
	/* what those in shadow say, and the hashes of their files; word NULL: there is none */
	struct {
		const char *word, *sha256;
		double probability;
	} shadows[N_JUDGE_TASKS];
} JudgedMessage;

void judge_message(const Judge *judge, const char *text, JudgedMessage *judged);
/* Mood and strength alone, always by n-grams alone: for many parts of texts while somebody waits. */
void judge_part(const Judge *judge, const char *text, const char **ret_mood, double *ret_strength);
/* Does the word name a mood ("positive", "neutral", "negative"), an intent? */
gboolean judge_knows_mood(const Judge *judge, const char *word);
gboolean judge_knows_intent(const Judge *judge, const char *word);
/* char *, borrowed. */
const GPtrArray *judge_intents(const Judge *judge);
/* Which rows it learnt from, the first 12 digits of their SHA-256; then, where trained ones are in use, of their
 * files: "0123456789ab sentiment:0123456789ab". */
const char *judge_version(const Judge *judge);
