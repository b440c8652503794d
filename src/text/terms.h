/*
 * Text to the terms that ranking (BM25) counts: Han, Kana and Hangul characters and pairs of
 * neighbours, words, numbers. English stop words and Chinese characters of pure grammar are left
 * out; what says little is kept but weak; words of a to z are stems (stem.h). Tokens, and so
 * folding, are those of tokenize.h: 退貨 and 退货 give the same terms. Ownership: the array and its
 * terms belong to the caller. Threads: pure. Errors: none. Limits: a term has at most
 * TOKEN_BYTES_MAX + 1 bytes. Does not count, weigh or remember positions; order is that of the
 * text, a pair stands behind its second character.
 */
#pragma once

#include <glib.h>

typedef enum { TERM_HAN1, TERM_HAN2, TERM_WORD, TERM_NUMBER } TermKind;

typedef struct {
	TermKind kind;
	gboolean weak; /* tells little: the ranking may count it less */
	guint n_bytes;
	char text[]; /* NUL-terminated */
} TextTerm;

/* GPtrArray of TextTerm *, repeated as often as in the text. */
GPtrArray *text_terms(const char *text);

/* The same without an allocation per term: text is NUL-terminated and valid during the call.
 * Returns 0 to go on. */
typedef int (*TermFunction)(TermKind kind, gboolean weak, const char *text, guint n_bytes,
			    gpointer data);
int text_foreach_term(const char *text, gsize n_bytes, TermFunction function, gpointer data);

/* A word of grammar of English ("the", "please"), as a token: lower case, without apostrophe. */
gboolean text_is_stop_word(const char *word);
