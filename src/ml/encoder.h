/*
 * The text encoder: multilingual-e5-small, text in Chinese, English and 90 more languages to 384
 * numbers of unit length.
 * Texts are stripped; a text of more than 510 tokens is cut into windows of 510, whose means are
 * averaged by their number of tokens. The vector of a text depends on the text and the prefix only,
 * bit for bit, whatever else is in the call and however many threads work. Another instruction set
 * or compiler rounds differently, which moves a cosine by about 0.001.
 * Ownership: what goes in is borrowed, what comes out is the caller's.
 * Threads: an Encoder never changes after encoder_open(); any number of threads may call at once,
 * without a lock, since scratch (about 4 MB for each working thread) lives for one call. A call
 * works on up to n_threads threads, the caller's being one.
 * Limits: TOKENIZER_MAX_BYTES of text each, and as many texts as the caller has room for. 15 MB of
 * memory besides the mapped file.
 * Cosines of this model lie in about 0.7 to 1: subtract a mean or calibrate before setting
 * thresholds.
 * Does not normalise beyond the tokenizer's table, does not mask personal data, does not cache and
 * does not learn.
 */
#pragma once

#include <glib.h>

#define ENCODER_DIMENSIONS 384

typedef struct Encoder Encoder;

/* What the text is: questions are found by passages when each is encoded as what it is. */
typedef enum {
	ENCODER_QUERY,	 /* "query: " in front; also for likeness, classes, clusters */
	ENCODER_PASSAGE, /* "passage: " in front */
	ENCODER_PLAIN	 /* nothing in front */
} EncoderPrefix;

/* Maps and packs the weights at path. n_threads 0 counts as 1. Fails with NOT_FOUND or, for
 * anything odd in the file, DAMAGED. */
Encoder *encoder_open(const char *path, guint n_threads, GError **error);
void encoder_free(Encoder *encoder);
/* Corrects the last layers for a task by an adapter file's bytes (ml/adapter.h), which are copied.
 * Right after encoder_open(), before others use the encoder. Fails with DAMAGED; the encoder is then
 * as it was. */
gboolean encoder_correct(Encoder *encoder, const guint8 *bytes, gsize n_bytes, GError **error);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Encoder, encoder_free)

/* vectors (n_texts x 384) = the texts, each of unit length; a text of nothing but spaces is its
 * prefix. Bytes that are not UTF-8 count as spaces. Fails with TOO_LARGE when a text is above the
 * limit, DAMAGED when the weights give no finite vector; vectors then holds nothing to use. */
gboolean encoder_encode(const Encoder *encoder, EncoderPrefix prefix, const char *const *texts,
			gsize n_texts, float *vectors, GError **error);

/* The tokens of one text, without bos, eos and what comes from the prefix alone. Token i stands for
 * the bytes starts[i] to ends[i] of the text, without the space in front. The vectors, each of unit
 * length, serve late interaction or as features of a tagger. */
typedef struct {
	guint n;
	gint32 *ids;		/* n */
	guint32 *starts, *ends; /* n */
	float *vectors;		/* n x 384 */
} EncoderTokens;

/* tokens (n_texts) = the texts token by token; fails like encoder_encode(), tokens then need no
 * clearing. */
gboolean encoder_encode_tokens(const Encoder *encoder, EncoderPrefix prefix,
			       const char *const *texts, gsize n_texts, EncoderTokens *tokens,
			       GError **error);
void encoder_tokens_clear(EncoderTokens *tokens);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EncoderTokens, encoder_tokens_clear)

/* The number of tokens of the text with its prefix, bos and eos, before windows: what its encoding
 * costs. 0 above the limit. */
gsize encoder_count(const Encoder *encoder, EncoderPrefix prefix, const char *text);

/* "avx512", "avx2" or "portable": what the arithmetic of this process runs on. */
const char *encoder_kernels(const Encoder *encoder);

/* OpenBLAS takes some newer processors under a hypervisor for old ones and is then 4 to 5 times
 * slower. The name that a process should set as OPENBLAS_CORETYPE before it starts itself anew, or
 * NULL when it is set already or all is well.
 * The encoder does not use OpenBLAS; training does. */
const char *encoder_blas_hint(void);
