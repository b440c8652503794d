/*
 * What a customer's message says of itself, in well under a millisecond: mood, what it is for, whether it presses,
 * and its language. Mood and purpose are told by classifiers of n-grams (nlu/classifier.h) that learn, within a
 * second, from the messages that travel in the binary (models/messages) and from a company's own corrections.
 * Threads: judge_new() takes half a second; a Judge may be shared, it never changes. Ownership: results are static
 * or the Judge's. Does not use the encoder and does not store (crm/judgements.h).
 */
#pragma once

#include <glib.h>

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

typedef struct {
	const char *mood, *intent; /* of the Judge */
	double mood_probability, intent_probability;
	double strength; /* -1 to 1: p (positive) - p (negative) */
	gboolean urgent;
	TextLanguage language;
} JudgedMessage;

void judge_message(const Judge *judge, const char *text, JudgedMessage *judged);
/* Does the word name a mood ("positive", "neutral", "negative"), an intent? */
gboolean judge_knows_mood(const Judge *judge, const char *word);
gboolean judge_knows_intent(const Judge *judge, const char *word);
/* Which rows it learnt from: the first 12 digits of their SHA-256. */
const char *judge_version(const Judge *judge);
