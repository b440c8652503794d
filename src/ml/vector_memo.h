/*
 * Vectors of texts that were encoded before, so that training anew, or by folds, encodes a text once: in memory, and in a
 * file where one is named. The same bits with and without it.
 *
 * File: "ZYV1", the vector of a fixed text, then rows of SHA-256 of the text (its first 16 bytes) and its vector,
 * SHA-256 of all that. Holds no text. Another encoder, or another kind of machine, gives that first vector other bits: the
 * file then counts as empty; so does a damaged one.
 * Ownership: a memo owns its vectors; the encoder is the caller's. Threads: one at a time. Limits: VECTOR_MEMO_MAX
 * vectors are kept (1.6 kB each); what comes after them is encoded and forgotten. For texts as classifiers read
 * them (ENCODER_QUERY). Errors: INVALID where the file is something else, which is left as it is; those of encoder_encode().
 */
#pragma once

#include "ml/encoder.h"

enum { VECTOR_MEMO_MAX = 200000 };

typedef struct VectorMemo VectorMemo;

/* path: NULL for memory alone; need not be there yet. */
VectorMemo *vector_memo_new(const char *path);
void vector_memo_free(VectorMemo *memo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VectorMemo, vector_memo_free)

/* vectors (n x ENCODER_DIMENSIONS) of texts; the file is read when it is needed first. memo NULL: all are encoded. The
 * same encoder each time. */
gboolean vector_memo_encode(VectorMemo *memo, const Encoder *encoder, const char *const *texts,
			    gsize n, float *vectors, GError **error);
/* How many vectors are kept. */
gsize vector_memo_size(const VectorMemo *memo);
/* memo may be NULL. Into the file, whole or not at all, if there is one and something is new. */
gboolean vector_memo_save(const VectorMemo *memo, GError **error);
