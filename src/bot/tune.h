/*
 * Fine-tuning the encoder for finding answers: from knowledge with the questions that customers ask
 * about it, an Adapter (ml/adapter.h) that makes a question lie near the passage that answers it and
 * far from all when none does. A passage's vector is made as the index makes it
 * (crm/knowledge.h): the mean of its title as a question and of title and body as a passage.
 *
 * Input: JSON Lines, one file a knowledge:
 *   {"kind":"faq","language","question","answer","asked":[...]}
 *   {"kind":"passage","language","heading","text","asked":[...]}
 *   {"kind":"unanswerable","language","asked":[...],"near":...}
 * Each step takes one language of one knowledge whole, so that the neighbours of the right passage
 * are its rivals. Same input, seed and machine type: same adapter, bit for bit.
 * Threads: starts its own, two at the most; the caller's waits. Memory: about 2 GB.
 */
#pragma once

#include "ml/adapter.h"

typedef struct TuneSet TuneSet;

TuneSet *tune_set_new(const char *encoder_path, GError **error);
void tune_set_free(TuneSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TuneSet, tune_set_free)
/* Adds one knowledge. Fails with INVALID: file, line and what is wrong. */
gboolean tune_set_add(TuneSet *set, const char *file, GError **error);
guint tune_set_knowledges(const TuneSet *set);
guint tune_set_questions(const TuneSet *set);

typedef struct {
	guint first_layer, rank, n_epochs;
	double rate;
	guint64 seed;
} TuneOptions;

typedef struct {
	guint n_answerable, n_unanswerable;
	double first;	 /* right passage first (recall at 1) */
	double auc;	 /* the best cosine tells answerable from unanswerable questions */
	double answered; /* right and above the threshold that refuses .8 of the unanswerable */
} TuneMetrics;

/* Told after each step; FALSE stops, which is no error: the adapter is what it is then. */
typedef gboolean (*TuneProgress)(guint n_done, guint n_all, double loss, double accuracy,
				 gpointer data);

Adapter *tune_train(const TuneSet *set, const TuneOptions *options, TuneProgress progress,
		    gpointer data, GError **error);
/* adapter NULL: the encoder as it is. */
gboolean tune_measure(const TuneSet *set, const Adapter *adapter, TuneMetrics *ret_metrics,
		      GError **error);
