/*
 * How good predictions are. Precision, recall and F1 by class and their means; the area under the ROC curve and
 * average precision (one class against the rest: of two classes the second, of more the mean over classes);
 * Brier score (mean squared error of the probabilities, over all classes for more than two) and expected
 * calibration error over 15 even bins of the likeliest class's probability [Guo et al. 2017]. Intervals, 95 %:
 * of the accuracy by its score (ml/proportions.h), of the others by METRICS_RESAMPLES bootstrap samples [Efron 1979].
 * Threads: pure. Does not split data (ml/folds.h).
 */
#pragma once

#include <glib.h>

enum { METRICS_RESAMPLES = 1000 };

typedef struct {
	gsize n;
	guint n_classes;
	const guint *truth;	     /* n */
	const guint *predicted;	     /* n */
	const double *probabilities; /* n x n_classes */
} Predictions;

typedef struct {
	gsize support;
	double precision, recall, f1; /* 0 where there is nothing to divide by */
} ClassMetrics;

typedef struct {
	double low, high;
} Interval;

typedef struct {
	gsize n;
	guint n_classes;
	double accuracy, precision, recall, f1_macro,
		f1_weighted;	       /* means over classes that occur */
	double auc, average_precision; /* NAN where only one class occurs */
	double brier, ece, log_loss;
	Interval accuracy_ci, f1_macro_ci, recall_ci;
	ClassMetrics *classes; /* n_classes */
	gsize *confusion;      /* n_classes x n_classes: truth, predicted */
} Metrics;

void metrics_compute(const Predictions *predictions, guint32 seed, Metrics *metrics);
void metrics_clear(Metrics *metrics);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Metrics, metrics_clear)

/* Accuracy and F1's mean over classes alone. */
void metrics_means(const guint *truth, const guint *predicted, gsize n, guint n_classes,
		   double *ret_accuracy, double *ret_f1_macro);

/* Area under the ROC curve and average precision of scores for rows that are positive or not; ties count half. */
void metrics_rank(const double *scores, const gboolean *positive, gsize n, double *ret_auc,
		  double *ret_average_precision);
/* Two sided p of McNemar's exact test: does one of two classifiers err less on the same rows? only_first: rows
 * that the first alone has right. */
double metrics_mcnemar(gsize only_first, gsize only_second);
