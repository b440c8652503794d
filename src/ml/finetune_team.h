/*
 * Passes of fine-tuning side by side, a thread each: the sequences of a step are dealt out to them by work,
 * always in the same way, so that the result does not hang on how fast threads are.
 * Ownership: borrows weights and adapter. Threads: one caller at a time, who waits. Memory: about 40 kB a token
 * of max_tokens and tuned layer.
 */
#pragma once

#include "ml/finetune.h"

typedef struct FinetuneTeam FinetuneTeam;

/* max_tokens: of all sequences of a step together, with room for two of the longest. */
FinetuneTeam *finetune_team_new(const Weights *weights, const Adapter *adapter, gsize max_tokens,
				GError **error);
void finetune_team_free(FinetuneTeam *team);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FinetuneTeam, finetune_team_free)

/* vectors (n x 384) as finetune_forward. */
void finetune_team_forward(FinetuneTeam *team, const Sequence *sequences, guint n, float *vectors);
/* gradient (adapter->n) = what d_vectors (n x 384, of the last forward's vectors) mean for the corrections. */
void finetune_team_backward(FinetuneTeam *team, const float *d_vectors, float *gradient);
