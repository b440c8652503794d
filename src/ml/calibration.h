/*
 * From margins to probabilities: p(class | row) = softmax over classes of sum over views v of
 * scale[v] * margin[v][class] + bias[class], fitted to held-out margins by the likelihood [Platt 1999; Guo et
 * al. 2017, "temperature scaling"]. With several views (classifiers over other features) it is also how they
 * are put together.
 * Threads: pure.
 */
#pragma once

#include <glib.h>

enum { CALIBRATION_MAX_VIEWS = 4 };

typedef struct {
	guint n_views, n_classes;
	double scale[CALIBRATION_MAX_VIEWS];
	double *bias; /* n_classes */
} Calibration;

/* margins (n x n_views x n_classes), of rows that the classifiers did not learn from. weights: how much a row of
 * each class counts, or NULL. */
Calibration *calibration_fit(const float *margins, const guint *classes, gsize n, guint n_views,
			     guint n_classes, const float *weights);
Calibration *calibration_new(guint n_views, guint n_classes); /* scales 1, biases 0 */
void calibration_free(Calibration *calibration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Calibration, calibration_free)

/* probabilities (n_classes) of one row's margins (n_views x n_classes). */
void calibration_apply(const Calibration *calibration, const float *margins, double *probabilities);
