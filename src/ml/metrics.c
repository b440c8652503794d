/* Everything but the two rank measures follows from the confusion matrix and one walk over the rows. */
#include "ml/metrics.h"

#include <math.h>
#include <string.h>

#include "ml/proportions.h"
#include "ml/random.h"

enum { BINS = 15 };

typedef struct {
	double score;
	gboolean positive;
} Ranked;

static int higher_first(gconstpointer a, gconstpointer b)
{
	double x = ((const Ranked *)a)->score, y = ((const Ranked *)b)->score;

	return (x < y) - (x > y);
}

void metrics_rank(const double *scores, const gboolean *positive, gsize n, double *ret_auc,
		  double *ret_ap)
{
	g_autofree Ranked *rows = g_new(Ranked, n + 1);
	double n_positive = 0, seen = 0, pairs = 0, ap = 0;

	for (gsize i = 0; i < n; i++) {
		rows[i] = (Ranked){scores[i], positive[i]};
		n_positive += positive[i] ? 1 : 0;
	}
	qsort(rows, n, sizeof *rows, higher_first);
	for (gsize i = 0, end; i < n; i = end) {
		double hits = 0;

		for (end = i; end < n && !(rows[end].score < rows[i].score); end++)
			hits += rows[end].positive ? 1 : 0;
		/* negatives of this tie stand below the positives seen, and half below its own */
		pairs += ((double)(end - i) - hits) * (seen + hits / 2);
		seen += hits;
		if (hits > 0)
			ap += hits / n_positive * seen / (double)end;
	}
	*ret_auc = n_positive > 0 && n_positive < (double)n
			   ? pairs / (n_positive * ((double)n - n_positive))
			   : NAN;
	*ret_ap = n_positive > 0 ? ap : NAN;
}

/* Means over classes from a confusion matrix; classes (n_classes) may be NULL. */
static void from_confusion(const gsize *confusion, guint n_classes, ClassMetrics *classes,
			   Metrics *m)
{
	double n = 0, right = 0, n_seen = 0;

	m->precision = m->recall = m->f1_macro = m->f1_weighted = 0;
	for (guint c = 0; c < n_classes; c++) {
		gsize hit = confusion[c * n_classes + c], support = 0, told = 0;
		double precision, recall, f1;

		for (guint k = 0; k < n_classes; k++) {
			support += confusion[c * n_classes + k];
			told += confusion[k * n_classes + c];
		}
		precision = told ? (double)hit / (double)told : 0;
		recall = support ? (double)hit / (double)support : 0;
		f1 = hit ? 2 * precision * recall / (precision + recall) : 0;
		if (classes)
			classes[c] = (ClassMetrics){support, precision, recall, f1};
		n += (double)support;
		right += (double)hit;
		if (!support && !told)
			continue;
		n_seen++;
		m->precision += precision;
		m->recall += recall;
		m->f1_macro += f1;
		m->f1_weighted += f1 * (double)support;
	}
	m->accuracy = n > 0 ? right / n : 0;
	m->f1_weighted = n > 0 ? m->f1_weighted / n : 0;
	if (n_seen > 0) {
		m->precision /= n_seen;
		m->recall /= n_seen;
		m->f1_macro /= n_seen;
	}
}

void metrics_means(const guint *truth, const guint *predicted, gsize n, guint n_classes,
		   double *ret_accuracy, double *ret_f1_macro)
{
	g_autofree gsize *confusion = g_new0(gsize, (gsize)n_classes * n_classes + 1);
	Metrics m = {0};

	for (gsize i = 0; i < n; i++)
		confusion[(gsize)truth[i] * n_classes + predicted[i]]++;
	from_confusion(confusion, n_classes, NULL, &m);
	*ret_accuracy = m.accuracy;
	*ret_f1_macro = m.f1_macro;
}

static int ascending(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static Interval interval(double *samples)
{
	qsort(samples, METRICS_RESAMPLES, sizeof *samples, ascending);
	return (Interval){samples[METRICS_RESAMPLES / 40],
			  samples[METRICS_RESAMPLES - 1 - METRICS_RESAMPLES / 40]};
}

static void bootstrap(const Predictions *p, guint32 seed, Metrics *m)
{
	gsize n_cells = (gsize)p->n_classes * p->n_classes;
	g_autofree gsize *confusion = g_new(gsize, n_cells);
	g_autofree double *samples = g_new(double, 2 * METRICS_RESAMPLES);
	Metrics drawn = {0};
	Random random;

	random_seed(&random, seed);
	for (guint s = 0; s < METRICS_RESAMPLES; s++) {
		memset(confusion, 0, n_cells * sizeof *confusion);
		for (gsize i = 0; i < p->n; i++) {
			gsize row = (gsize)(random_unit(&random) * (double)p->n);

			confusion[(gsize)p->truth[row] * p->n_classes + p->predicted[row]]++;
		}
		from_confusion(confusion, p->n_classes, NULL, &drawn);
		samples[s] = drawn.f1_macro;
		samples[METRICS_RESAMPLES + s] = drawn.recall;
	}
	m->f1_macro_ci = interval(samples);
	m->recall_ci = interval(samples + METRICS_RESAMPLES);
}

static void accuracy_interval(const Predictions *p, Metrics *m)
{
	gsize right = 0;

	for (gsize i = 0; i < p->n; i++)
		right += p->truth[i] == p->predicted[i];
	proportions_interval(right, p->n, &m->accuracy_ci.low, &m->accuracy_ci.high);
}

static void rank_classes(const Predictions *p, Metrics *m)
{
	g_autofree double *scores = g_new(double, p->n + 1);
	g_autofree gboolean *positive = g_new(gboolean, p->n + 1);
	double auc = 0, ap = 0, n_auc = 0, n_ap = 0;

	for (guint c = p->n_classes == 2 ? 1 : 0; c < p->n_classes; c++) {
		double one_auc, one_ap;

		for (gsize i = 0; i < p->n; i++) {
			scores[i] = p->probabilities[i * p->n_classes + c];
			positive[i] = p->truth[i] == c;
		}
		metrics_rank(scores, positive, p->n, &one_auc, &one_ap);
		if (!isnan(one_auc)) {
			auc += one_auc;
			n_auc++;
		}
		if (!isnan(one_ap)) {
			ap += one_ap;
			n_ap++;
		}
	}
	m->auc = n_auc > 0 ? auc / n_auc : NAN;
	m->average_precision = n_ap > 0 ? ap / n_ap : NAN;
}

static void judge_probabilities(const Predictions *p, Metrics *m)
{
	double sure[BINS] = {0}, right[BINS] = {0};

	for (gsize i = 0; i < p->n; i++) {
		const double *row = p->probabilities + i * p->n_classes;
		double top = row[p->predicted[i]];
		guint bin = (guint)CLAMP(top * BINS, 0, BINS - 1);

		for (guint c = p->n_classes == 2 ? 1 : 0; c < p->n_classes; c++)
			m->brier += pow(row[c] - (c == p->truth[i]), 2) / (double)p->n;
		m->log_loss -= log(MAX(row[p->truth[i]], 1e-15)) / (double)p->n;
		sure[bin] += top;
		right[bin] += p->predicted[i] == p->truth[i];
	}
	for (guint b = 0; b < BINS && p->n; b++)
		m->ece += fabs(sure[b] - right[b]) / (double)p->n;
}

void metrics_compute(const Predictions *p, guint32 seed, Metrics *m)
{
	*m = (Metrics){.n = p->n, .n_classes = p->n_classes};
	m->classes = g_new0(ClassMetrics, p->n_classes + 1);
	m->confusion = g_new0(gsize, (gsize)p->n_classes * p->n_classes + 1);
	for (gsize i = 0; i < p->n; i++)
		m->confusion[(gsize)p->truth[i] * p->n_classes + p->predicted[i]]++;
	from_confusion(m->confusion, p->n_classes, m->classes, m);
	rank_classes(p, m);
	judge_probabilities(p, m);
	if (p->n)
		bootstrap(p, seed, m);
	accuracy_interval(p, m);
}

void metrics_clear(Metrics *m)
{
	g_clear_pointer(&m->classes, g_free);
	g_clear_pointer(&m->confusion, g_free);
}

double metrics_mcnemar(gsize only_first, gsize only_second)
{
	gsize n = only_first + only_second, few = MIN(only_first, only_second);
	double p = 0;

	for (gsize k = 0; k <= few; k++)
		p += exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
			 lgamma((double)(n - k) + 1) - (double)n * log(2));
	return MIN(2 * p, 1);
}
