/*
 * Text to tokens for full-text search. (Terms for ranking are made of them in terms.h.)
 *
 * Tokens: one per Han, Kana or Hangul character and per emoji, one per word or number of other
 * scripts (Thai, Lao, Khmer and Burmese by ICU's dictionary). Folded as in normalise.h, and Latin
 * letters lose their accents: "Café" gives cafe, "ＡＢＣ" abc, 體 体, ﬁ fi. Words break at every sign,
 * so any part of an e-mail address, URL or order number is found; but "3.5" and "1,234" (1234) stay
 * one number, "O'Brien" is obrien and "customer's" customer. Emission in text order; start and end
 * are byte offsets into the original text; a token has at most TOKEN_BYTES_MAX bytes, longer words
 * are cut into several. The same function serves index and query, so that they agree.
 *
 * Ownership: token texts are valid during the call. Threads: safe from any thread (break iterators
 * are per thread). Errors: none, any bytes are accepted, NUL too. Does not segment Chinese into
 * words and does not remember positions.
 */
#pragma once

#include <glib.h>

#define TOKEN_BYTES_MAX 128

typedef enum { TOKEN_CHARACTER, TOKEN_WORD, TOKEN_NUMBER, TOKEN_EMOJI } TokenKind;

typedef struct {
	TokenKind kind;
	const char *text; /* folded, not NUL-terminated */
	int n_bytes;
	int start, end;
	gboolean latin; /* a word of Latin letters and digits */
} Token;

/* Returns 0 to go on, else its value ends the walk and is returned. */
typedef int (*TokenFunction)(const Token *token, gpointer data);
int text_foreach_token(const char *text, gsize n_bytes, TokenFunction function, gpointer data);

/* The same in the shape that the store asks for (StoreTokenize). n_bytes < 0: up to NUL. */
typedef int (*TextEmit)(const char *token, int n_bytes, int start, int end, gpointer data);
int text_tokenize(const char *text, int n_bytes, TextEmit emit, gpointer data);

/* About how many tokens a language model sees: a Han character counts 1, a word of other scripts
 * 1.3. */
double text_weigh(const char *text, gsize n_bytes);
