/*
 * Low-rank corrections of the encoder's last layers: to the product W x of a matrix they add
 * U'(D x), D of rank x n_inputs and U of rank x n_outputs [Hu et al. 2021, "LoRA"]. They make the
 * encoder good at one task (finding the passage that answers a question) and leave the packed
 * weights as they are; a file of them is half a megabyte.
 * Five matrices of a layer are corrected: query, key, value, attention output, feed-forward up.
 *
 * File: "ZYA1", then little-endian u32 first layer, layers of the encoder, rank, width of the
 * feed-forward middle, n bytes of the card; f32 scale and offset of the training's logits; the card
 * (JSON, for people); then for each layer from the first, each matrix, D then U, each row: f32
 * scale and n int8.
 * Ownership: an Adapter owns its values. Threads: may be shared while nobody trains it. Limits: rank
 * 1 to 64. Does not apply itself: ml/transformer.h and ml/finetune.h do.
 */
#pragma once

#include <glib.h>

#define ADAPTER_MAX_RANK 64

typedef enum {
	ADAPTER_QUERY,
	ADAPTER_KEY,
	ADAPTER_VALUE,
	ADAPTER_OUTPUT,
	ADAPTER_UP,
	N_ADAPTER_MATRICES
} AdapterMatrix;

typedef struct {
	guint first_layer, n_layers; /* layers first_layer to n_layers - 1 are corrected */
	guint rank, n_middle;
	float scale,
		offset; /* probability that a passage answers ~ exp (scale (cosine - offset)) */
	gsize n;
	float *values; /* n, all D and U one after the other, in the order of the file */
} Adapter;

/* D is random of variance 1 / n_inputs by the seed, U is zero: corrects nothing yet. */
Adapter *adapter_new(guint first_layer, guint n_layers, guint rank, guint n_middle, guint64 seed);
void adapter_free(Adapter *adapter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Adapter, adapter_free)

/* Where D (rank x n_inputs) and U (rank x n_outputs) of a matrix begin in values; layer counts from
 * 0. */
gsize adapter_down(const Adapter *adapter, guint layer, AdapterMatrix matrix);
gsize adapter_up(const Adapter *adapter, guint layer, AdapterMatrix matrix);
guint adapter_outputs(const Adapter *adapter, AdapterMatrix matrix);

/* Fails with DAMAGED: anything odd. */
Adapter *adapter_parse(const guint8 *bytes, gsize n_bytes, GError **error);
/* The file's bytes; rounding to 8 bits moves values by up to .4 % of their row's greatest. */
GByteArray *adapter_format(const Adapter *adapter, const char *card);
