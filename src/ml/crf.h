/*
 * Linear-chain conditional random fields [Lafferty, McCallum, Pereira 2001]: the likeliest tags of a sequence
 * whose places have binary features and, where wanted, a vector (of an encoder), by the tags' own scores and those
 * of neighbouring tags. A vector is seen less the mean and in the scale of the training sequences'. Training climbs
 * the likelihood sequence by sequence with AdaGrad [Duchi et al. 2011], leaves out features and components of
 * vectors at random, and keeps the mean of the weights of the later rounds. The same data and seed give the same bits.
 * Ownership: sequences are borrowed; a Crf owns its weights. Threads: a Crf may be shared while nobody trains it.
 * Errors: none. Limits: (n_features + CRF_SETS x n_dense) x n_tags floats of memory, in training four times that.
 */
#pragma once

#include <glib.h>

enum { CRF_SETS = 4 };

/* Place i has the features indices[starts[i]] to indices[starts[i + 1] - 1] and, unless vectors is NULL, the vector
 * rows[i] of vectors (n_dense numbers each) under the weights number sets[i] (below CRF_SETS). */
typedef struct {
	gsize n;
	const gsize *starts; /* n + 1 */
	const guint32 *indices;
	const guint *tags; /* n; NULL when unknown */
	const float *vectors;
	const guint32 *rows; /* n */
	const guint8 *sets;  /* n */
} CrfSequence;

typedef struct {
	guint n_features, n_dense, n_tags;
	float *weights; /* n_features x n_tags, then CRF_SETS x n_dense x n_tags for vectors */
	float *mean;	/* n_dense: taken off a vector, before it is multiplied by */
	float scale;
	float *transitions; /* (n_tags + 1) x (n_tags + 1): from, to; row n_tags begins, column n_tags ends */
	guint8 *allowed; /* of the same shape: what never follows is 0 */
} Crf;

typedef gboolean (*CrfProgress)(guint done, guint all, gpointer data); /* FALSE: stop there */

typedef struct {
	guint n_rounds;
	double rate; /* of AdaGrad */
	double drop; /* share of the features left out of each place, 0 to 1 */
	guint32 seed;
	CrfProgress progress; /* may be NULL */
	gpointer data;
} CrfOptions;

/* All weights 0; allowed is copied. n_dense 0: no vectors. */
Crf *crf_new(guint n_features, guint n_dense, guint n_tags, const guint8 *allowed);
void crf_free(Crf *crf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Crf, crf_free)

/* How many rows of n_tags weights there are. */
gsize crf_n_rows(const Crf *crf);
void crf_train(Crf *crf, const CrfSequence *sequences, gsize n, const CrfOptions *options);
/* The likeliest allowed tags (n) [Viterbi 1967]. */
void crf_decode(const Crf *crf, const CrfSequence *sequence, guint *tags);
/* marginals (n x n_tags): each tag's probability at each place. Returns the logarithm of the sum over all
 * allowed taggings. n > 0. */
double crf_marginals(const Crf *crf, const CrfSequence *sequence, float *marginals);
