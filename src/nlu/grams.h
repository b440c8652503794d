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

/* Appends the keys (guint32), repeated as often as they occur. normal: text_normalise of the text. spans (of
 * GramSpan), unless NULL, gets where each stands. */
void grams_append(const char *normal, GArray *keys, GArray *spans);
