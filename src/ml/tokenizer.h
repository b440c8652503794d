/*
 * The encoder's tokenizer: SentencePiece unigram over the vocabulary of the packed weights.
 * Text goes through the normaliser table (compatibility forms, full width, spaces; control
 * characters vanish), runs of spaces become one, spaces at both ends fall away, U+2581 stands for a
 * space and in front of the text; then the split into pieces with the highest sum of log
 * probabilities wins, an unknown character counting as the lowest one minus 10.
 * No text can write a control piece: "</s>" is split like any other text. Bytes that are not UTF-8
 * count as U+FFFD.
 * Ownership: borrows the vocabulary, which must live as long. Threads: never changes after
 * tokenizer_new(), may be shared.
 * Limits: TOKENIZER_MAX_BYTES of text. Memory: about 12 bytes a piece, and 28 bytes a character
 * while it works.
 * Does not add bos and eos, does not cut, and composes no sequences of code points (send NFC when
 * accents matter).
 */
#pragma once

#include <glib.h>

#include "ml/weights.h"

#define TOKENIZER_MAX_BYTES (256u << 10)

typedef struct {
	gint32 id;
	/* The bytes of the text that it stands for, without the space in front unless it is nothing
	 * but a space. end is 0 for a token that comes from the prefix, or from the U+2581 in
	 * front, alone. */
	guint32 start, end;
} Token;

typedef struct Tokenizer Tokenizer;

Tokenizer *tokenizer_new(const WeightsVocabulary *vocabulary);
void tokenizer_free(Tokenizer *tokenizer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tokenizer, tokenizer_free)

/* Appends the tokens of prefix followed by text to tokens (of Token). prefix is UTF-8 or NULL; text
 * is any n_bytes bytes.
 * Only spaces: the prefix alone, or no token. Fails with TOO_LARGE above the limit; tokens is then
 * as before. */
gboolean tokenizer_split(const Tokenizer *tokenizer, const char *prefix, const char *text,
			 gsize n_bytes, GArray *tokens, GError **error);
