/*
 * The nearest of some words to a misspelt one, for "did you mean" in commands, options and
 * settings.
 * Threads: pure. Does not know word frequencies: edit distance alone (insert, delete, replace, swap
 * of neighbours).
 */
#pragma once

#include <glib.h>

/* Edit distance of two short words (at most 64 bytes count). */
guint word_distance(const char *a, const char *b);
/* Keeps the best so far: returns word when it is nearer to wanted than best, else best. Start with
 * NULL; a word that is farther than a third of its length (at least 2) is never near. */
const char *word_nearer(const char *wanted, const char *best, const char *word);
