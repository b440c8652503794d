/*
 * A text as keys of its n-grams, the features of the fast classifiers. They are made of the normalised text, so width, case,
 * traditional characters and invisible signs make no difference; a letter or sign repeated more than three times
 * counts three. Its atoms are Han characters, signs, emoji, and whole words and numbers of other scripts; one
 * key for each run of one to three atoms. Words also give their runs of three to five letters with the edges
 * marked, so that forms of a word and slips in it stay alike.
 * Threads: pure. Limits: time linear in the text.
 */
#pragma once

#include <glib.h>

typedef struct {
	guint32 start, end; /* bytes of the normalised text */
} GramSpan;

/* Kinds of keys: of words' letters, and of two and three atoms in a row; single atoms are always there. */
enum { GRAMS_LETTERS = 1, GRAMS_RUNS = 2, GRAMS_ALL = GRAMS_LETTERS | GRAMS_RUNS };

/* Appends the keys (guint32), repeated as often as they occur. normal: text_normalise of the text. spans (of
 * GramSpan), unless NULL, gets where each stands. kinds: GRAMS_ALL, or fewer to see what a kind is worth. */
void grams_append(const char *normal, guint kinds, GArray *keys, GArray *spans);
