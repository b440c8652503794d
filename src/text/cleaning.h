/*
 * A message made fit for reading by machines, step by step, each of which tells what it changed: see
 * cleaning_steps.def. Smileys of every kind (":-)", "(╥﹏╥)", "[微笑]", emoji) become one emoji each
 * and are told with their mood. Chinese punctuation stays full-width, the case of letters stays.
 * Ownership: cleaned_clear frees what a result holds; the original is the caller's and untouched.
 * Threads: any; expressions are compiled once and shared. Errors: none, valid UTF-8 is expected
 * (text_clean). Limits: linear in the text. Cleaning twice changes nothing more. Does not correct
 * spelling. Characters written as their parts (讠舌 for 话) are joined as far as parts.def knows them.
 */
#pragma once

#include <glib.h>

typedef enum {
#define CLEANING_STEP(id, name, expression, replace) CLEANING_##id,
#define CLEANING_LIST(id, name, make_expression, replace) CLEANING_##id,
#include "text/cleaning_steps.def"
#undef CLEANING_STEP
#undef CLEANING_LIST
	N_CLEANING_STEPS
} CleaningStep;

typedef enum { MOOD_NEGATIVE = -1, MOOD_NEUTRAL, MOOD_POSITIVE } MoodSign;

typedef struct {
	CleaningStep step;
	gsize at; /* byte of the text as it came into this step */
	char *before, *after;
} CleaningChange;

typedef struct {
	const char *sign; /* the emoji; static or of the text's making, valid with the result */
	MoodSign mood;
} CleaningMood;

typedef struct {
	char *text;
	GArray *changes; /* CleaningChange, by step, then by place */
	GArray *moods;	 /* CleaningMood, as they stand in the text */
	GStringChunk *signs;
} Cleaned;

Cleaned text_cleaning(const char *text);
void cleaned_clear(Cleaned *cleaned);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cleaned, cleaned_clear)
/* "markup", "quoted" ... */
const char *cleaning_step_name(CleaningStep step);
/* "negative", "neutral", "positive" */
const char *mood_sign_name(MoodSign mood);
