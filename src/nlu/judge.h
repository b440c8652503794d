/*
 * What a customer's message says of itself, in well under a millisecond: mood, what it is for, whether it presses,
 * and its language. Mood and purpose are told by classifiers of n-grams (nlu/classifier.h) that learn, within a
 * second, from the messages that travel in the binary (models/messages) and from a company's own corrections, the mood
 * of a long text also by reviews (nlu/reviews.h); or by a trained one that was put in their place. Another may stand in
 * shadow: it judges, too, and decides nothing.
 * A trained one that has views of the encoder judges by its n-grams, too, where it has such; a message of which these are not
 * sure is marked: the encoder's opinion is for somebody who has time (crm/opinions.h).
 * Threads: judge_new() takes half a second; a Judge may be shared once all is put in, it never changes then.
 * Ownership: results are static or the Judge's. Does not use the encoder, and does not store (crm/judgements.h).
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

/* corrections: GArray of JudgeCorrection, or NULL; each weighs as much as JUDGE_CORRECTION_WEIGHT rows. kin: another judge,
 * with which it shares what it knows of reviews (nlu/reviews.h), or NULL. Fails only when the models in the binary are
 * damaged. */
enum { JUDGE_CORRECTION_WEIGHT = 8 };
Judge *judge_new(const GArray *corrections, const Judge *kin, GError **error);
void judge_free(Judge *judge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judge, judge_free)

/* While trained is not shared yet: it learns the corrections (GArray of JudgeCorrection, or NULL). */
void judge_teach(Trained *trained, JudgeTask task, const GArray *corrections);

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
	gboolean unsure; /* the encoder would be asked, by one in use or in shadow */
	/* whether the trained one in use said it, and was sure; FALSE: the Judge's own */
	struct {
		gboolean trained, sure;
	} by[N_JUDGE_TASKS];
	/* what those in shadow say, and the hashes of their files; word NULL: there is none, or it is not sure */
	struct {
		const char *word, *sha256;
		double probability;
	} shadows[N_JUDGE_TASKS];
} JudgedMessage;

void judge_message(const Judge *judge, const char *text, JudgedMessage *judged);
/* Mood and strength alone: for many parts of texts while somebody waits. */
void judge_part(const Judge *judge, const char *text, const char **ret_mood, double *ret_strength);
/* Does the word name a mood ("positive", "neutral", "negative"), an intent? */
gboolean judge_knows_mood(const Judge *judge, const char *word);
gboolean judge_knows_intent(const Judge *judge, const char *word);
/* char *, borrowed. */
const GPtrArray *judge_intents(const Judge *judge);
/* What a message was judged by: the rows that the Judge's own learnt from, the first 12 digits of their SHA-256; then, where
 * trained ones said it, of their files: "0123456789ab sentiment:0123456789ab"; with "~" behind it n-grams said it alone
 * that are not sure. The caller frees it. */
char *judge_version(const Judge *judge, const JudgedMessage *judged);
/* The version when the encoder was asked, too, by the classifier of that file. The caller frees it. */
char *judge_version_after(const char *version, JudgeTask task, const char *sha256);
