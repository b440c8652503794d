/*
 * Misspelt English words put right by the words of a body of text (the company's knowledge): "custums"
 * becomes "customs" where customs are spoken of. A word is left alone when the body has it or its
 * stem, when it is short, or when no word of the body is near; the caller's cost says whether it is a
 * word of the language at all (the pieces that a tokenizer needs for it: one for a common word, more
 * for a slip), so that a real word is not bent into another. Of several near ones the nearest wins,
 * then the most frequent; a word with two equally good corrections stays.
 *
 * Ownership: texts are copied. Threads: a vocabulary that is no longer added to may be shared.
 * Does not know Chinese, grammar, or words that belong together.
 */
#pragma once

#include <glib.h>

typedef struct Vocabulary Vocabulary;

Vocabulary *vocabulary_new(void);
void vocabulary_free(Vocabulary *vocabulary);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Vocabulary, vocabulary_free)
void vocabulary_add(Vocabulary *vocabulary, const char *text);

/* How odd a word looks; a correction must look less odd. */
typedef gsize (*SpellingCost)(const char *word, gpointer data);
/* The text with its slips put right, or NULL when there are none. The caller frees it. */
char *spelling_correct(const Vocabulary *vocabulary, const char *text, SpellingCost cost,
		       gpointer data);
