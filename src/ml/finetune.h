/*
 * Learning an Adapter: forward and backward through the encoder's last layers in single precision
 * on OpenBLAS. The layers below and all packed weights stay as they are; only the corrections get
 * gradients.
 * A pass keeps what a backward pass needs, about 40 kB a token and layer. The same sequences and
 * corrections give the same bits, whatever the number of passes at work beside it.
 * Threads: a Finetune may be shared by threads each with a pass of its own, as long as nobody
 * changes the adapter meanwhile; OpenBLAS must run one thread (the caller's). Ownership: borrows
 * weights and adapter. Limits: as the encoder's; sequences of up to n_positions tokens.
 * Does not know what is learnt (ml/contrast.h), does not update the values (ml/adam.h).
 */
#pragma once

#include "ml/adapter.h"
#include "ml/transformer.h"

typedef struct Finetune Finetune;
typedef struct FinetunePass FinetunePass;

/* Fails with DAMAGED when the weights lack a tensor or the adapter is not for them. */
Finetune *finetune_new(const Weights *weights, const Adapter *adapter, GError **error);
void finetune_free(Finetune *finetune);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Finetune, finetune_free)

FinetunePass *finetune_pass_new(const Finetune *finetune, gsize max_rows);
void finetune_pass_free(FinetunePass *pass);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FinetunePass, finetune_pass_free)

/* vectors (n x 384) = mean of the last hidden states of each sequence, of unit length. The tokens
 * of all sequences must fit the pass. */
void finetune_forward(FinetunePass *pass, const Sequence *sequences, gsize n, float *vectors);
/* Adds to gradient (adapter->n) what d_vectors (n x 384, of the last forward's vectors) mean for
 * the corrections. */
void finetune_backward(FinetunePass *pass, const float *d_vectors, float *gradient);
