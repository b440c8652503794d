/*
 * The layers of the encoder: token ids in, the last hidden states out; a BERT of 384 dimensions
 * with 4-bit matrices.
 * Sequences are stacked for the matrix products and kept apart in attention, so a row depends on
 * its own sequence only, bit for bit, whatever else is in the stack.
 * Ownership: borrows the Weights, which must live as long. Threads: a Transformer never changes; a
 * TransformerStack is scratch of one thread. Does not add bos and eos, and does not pool.
 */
#pragma once

#include <glib.h>

#include "ml/adapter.h"
#include "ml/weights.h"

typedef struct Transformer Transformer;
typedef struct TransformerStack TransformerStack;

typedef struct {
	const gint32 *ids; /* each below n_words */
	guint n;	   /* 1 to n_positions */
} Sequence;

/* Packs the matrices of the layers for this machine's kernels. Fails with DAMAGED when a tensor is
 * missing or has another size. */
Transformer *transformer_new(const Weights *weights, GError **error);
void transformer_free(Transformer *transformer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transformer, transformer_free)
/* From now on the corrections of adapter (borrowed) are added; before others use the transformer.
 * Fails with DAMAGED when they are for another encoder. */
gboolean transformer_correct(Transformer *transformer, const Adapter *adapter, GError **error);

/* Scratch for stacks of up to max_rows tokens, about 10 kB a row and a megabyte. */
TransformerStack *transformer_stack_new(const Transformer *transformer, gsize max_rows);
void transformer_stack_free(TransformerStack *stack);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TransformerStack, transformer_stack_free)

/* The hidden states (tokens x 384) of the sequences, one after the other; they lie in the stack
 * until its next use.
 * The tokens of all sequences must fit the stack's max_rows. */
const float *transformer_run(const Transformer *transformer, TransformerStack *stack,
			     const Sequence *sequences, gsize n_sequences);
/* The same in front of layer number n_layers, which runs the first n_layers only. */
const float *transformer_run_to(const Transformer *transformer, TransformerStack *stack,
				const Sequence *sequences, gsize n_sequences, guint n_layers);
