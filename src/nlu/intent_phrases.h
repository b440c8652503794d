/*
 * Sets of fixed phrases over the plain form, each with a number: small talk by kind, moods by
 * weight. Ownership: a set borrows the rows it is made of and lives as long as the program.
 * Threads: a set never changes. Errors: none. Does not match inside a word of letters and digits:
 * "hi" is not in "history".
 */
#pragma once

#include <glib.h>

typedef struct {
	int value;
	const char *phrases; /* separated by bars, in the plain form without its ";" */
} PhraseRow;

typedef struct PhraseSet PhraseSet;

PhraseSet *phrases_new(const PhraseRow *rows, gsize n_rows);

/* The longest phrase that begins at text (a character of a string, not inside a word), its bytes or
 * 0. */
gsize phrases_find(const PhraseSet *set, const char *text, int *ret_value);
