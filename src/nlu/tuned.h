/*
 * Fine-tuning the encoder for classes: low-rank corrections of its last layers (ml/adapter.h) and a linear head
 * on its vectors, learnt together from labelled texts. After each epoch the rows that were held out are scored,
 * and the best state is kept (early stopping).
 * The same rows, options and kind of machine give the same bits.
 * Threads: starts its own, two at the most; the caller's waits. Memory: below 1 GiB. Limits: TUNED_MAX_TOKENS of
 * a text are learnt from.
 */
#pragma once

#include "ml/adapter.h"
#include "ml/head.h"

enum { TUNED_MAX_TOKENS = 160 };

typedef struct {
	const char *encoder_path;
	const char *const *texts;
	const guint *classes;
	const gboolean *held_out; /* n: not learnt from */
	gsize n;
	guint n_classes;
	const float *weights; /* of classes, or NULL */
} TunedRows;

/* Told after each step; FALSE stops, which is no error. */
typedef gboolean (*TunedProgress)(guint n_done, guint n_all, double loss, gpointer data);

typedef struct {
	guint first_layer, rank, n_epochs, batch;
	double rate, head_rate, smoothing;
	guint32 seed;
	/* Where the state is kept after each epoch, CHECKPOINT-KEY, the key telling rows, options and encoder; one that is
	 * there is gone on from, to the same bits. The caller removes it. NULL: nowhere */
	const char *checkpoint;
	TunedProgress progress; /* or NULL */
	gpointer data;
} TunedOptions;

/* What fits the number of rows: more epochs for fewer, bounded by the time it may take. */
void tuned_options_default(gsize n_rows, guint n_classes, gint64 budget_s, TunedOptions *options);
/* ret_held_logits, where not NULL: (held-out rows in their order x n_classes), the caller's. */
gboolean tuned_train(const TunedRows *rows, const TunedOptions *options, Adapter **ret_adapter,
		     Head **ret_head, float **ret_held_logits, GError **error);
