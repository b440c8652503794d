/*
 * The packed file of encoder weights (magic "E5S1", version 1): vocabulary, normaliser table, named
 * tensors. weights_open() maps the file read-only and checks every count and extent before anyone
 * may look inside, so that a damaged or hostile file is an error and never a crash; all pointers
 * that it hands out lie in the map and live as long as the Weights.
 * Threads: never changes after weights_open(), may be shared. The file must not be rewritten in
 * place while it is mapped (replace it by rename). Limits: 384 dimensions in heads of 32, 1 to 48
 * layers, 4 GiB; little-endian machines only.
 * Does not judge the values: what a tensor means, and whether its numbers are sane, is the
 * encoder's business.
 */
#pragma once

#include <glib.h>

#define WEIGHTS_DIMENSIONS 384
#define WEIGHTS_HEAD_SIZE 32
/* A Q4_0 block: an fp16 scale, then 16 bytes whose low nibbles are weights 0-15 and whose high
 * nibbles are weights 16-31, each minus 8, times the scale. */
#define WEIGHTS_BLOCK 32
#define WEIGHTS_BLOCK_BYTES 18
#define WEIGHTS_MAX_PIECE_BYTES 255

typedef struct {
	guint n_layers;
	guint n_feed_forward; /* width of the middle of a layer, a multiple of 32 */
	guint n_words;	      /* rows of the word embedding, at least n_pieces */
	guint n_positions, n_types;
	float epsilon; /* of the layer norms */
} WeightsShape;

/* The tokenizer's part. Pieces are UTF-8 without separators: piece i is blob[starts[i]] up to
 * blob[starts[i + 1]]. A score is a log probability; 0 marks the pieces that no text may write.
 * A rule of the normaliser is u32 code point (rising), u8 k, k times u32 replacement, unaligned. */
typedef struct {
	guint n_pieces;
	gint32 bos, eos, pad, unknown; /* ids, below n_pieces */
	const guint32 *starts;	       /* n_pieces + 1, rising, the last one is n_blob */
	const float *scores;	       /* n_pieces, finite */
	const char *blob;
	gsize n_blob;
	guint n_rules;
	const guint8 *rules;
	gsize n_rule_bytes;
} WeightsVocabulary;

typedef struct Weights Weights;

/* Fails with NOT_FOUND when there is no such file and with DAMAGED when it is not a sound file of
 * this kind. */
Weights *weights_open(const char *path, GError **error);
void weights_free(Weights *weights);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Weights, weights_free)

const WeightsShape *weights_shape(const Weights *weights);
const WeightsVocabulary *weights_vocabulary(const Weights *weights);
/* A float tensor of exactly n numbers. Fails with DAMAGED when it is missing or has another
 * size. */
const float *weights_floats(const Weights *weights, const char *name, gsize n, GError **error);
/* A Q4_0 tensor of exactly n_rows x n_columns, as blocks, row by row. Fails like
 * weights_floats(). */
const guint8 *weights_blocks(const Weights *weights, const char *name, gsize n_rows,
			     gsize n_columns, GError **error);
/* Tells the system that the pages of a Q4_0 tensor will not be read again soon (it was copied). */
void weights_forget(const Weights *weights, const char *name);

/* The scale of a block: little-endian half precision to single. */
float weights_scale(const guint8 *block);
/* Writes the n_columns numbers of one row of blocks. */
void weights_unpack(const guint8 *row, gsize n_columns, float *values);
