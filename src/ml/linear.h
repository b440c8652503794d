/*
 * Linear classifiers: one L2-regularised support vector machine with squared hinge loss against the rest for
 * each class (one alone where there are two), by dual coordinate descent [Hsieh et al. 2008, "A dual coordinate
 * descent method for large-scale linear SVM"]. A row has sparse features, dense ones, or both, and a constant.
 * The same data and seed give the same bits, however many threads work.
 *
 * Ownership: rows are borrowed; a Linear owns its weights. Threads: a Linear may be shared while nobody
 * updates it; training takes n_threads. Errors: none; at least two classes, finite values. Limits: n_outputs x
 * n_features floats of memory. Does not scale features and does not calibrate (ml/calibration.h).
 */
#pragma once

#include <glib.h>

/* Row i's features are indices[starts[i]] to indices[starts[i + 1] - 1], each once, with their values; dense
 * (n_rows x n_dense) may be NULL. */
typedef struct {
	gsize n_rows;
	const gsize *starts; /* n_rows + 1 */
	const guint32 *indices;
	const float *values;
	const float *weights; /* n_rows, above 0: how much each row counts; NULL: 1 */
	const float *dense;
	guint n_dense;
} LinearRows;

typedef struct {
	double cost;	/* C: weight of a row's error against the length of the weights */
	double balance; /* 0: rows count the same, 1: classes do */
	guint max_rounds;
	double tolerance; /* of the projected gradient */
	guint32 seed;
	guint n_threads;
} LinearOptions;

typedef struct {
	guint n_classes,
		n_outputs; /* n_outputs: 1 for two classes (class 1 above 0), else n_classes */
	guint n_features, n_dense;
	float *weights; /* (n_features + n_dense + 1) x n_outputs; the last row is the constant's */
} Linear;

/* classes: n_rows, 0 to n_classes - 1. */
Linear *linear_train(const LinearRows *rows, guint n_features, const guint *classes,
		     guint n_classes, const LinearOptions *options);
Linear *linear_new(guint n_classes, guint n_features, guint n_dense); /* all zero */
void linear_free(Linear *linear);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Linear, linear_free)

/* margins (n_classes) of one row; with two classes the first is minus the second. dense may be NULL when
 * n_dense is 0; features of n_features and above count as unknown. */
void linear_margins(const Linear *linear, const guint32 *indices, const float *values, gsize n,
		    const float *dense, float *margins);
