/* Probabilities of tables go through logarithms of factorials (lgamma), so that nothing overflows. */
#include "ml/proportions.h"

#include <math.h>

static const double z95 = 1.959963984540054; /* of the normal distribution 95 % lie within */

void proportions_interval(gsize k, gsize n, double *ret_low, double *ret_high)
{
	double all = (double)n, p = (double)k / all, square = z95 * z95;
	double middle = (p + square / (2 * all)) / (1 + square / all);
	double half = z95 / (1 + square / all) * sqrt(p * (1 - p) / all + square / (4 * all * all));

	*ret_low = n && k ? MAX(middle - half, 0) : 0;
	*ret_high = n && k < n ? MIN(middle + half, 1) : 1;
}

enum { EXPECTED_MIN = 5 };
/* Tables as likely as the one at hand count, whatever the last bits say. */
#define AS_LIKELY (1 + 1e-7)

static double log_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/* Probability of k of n here, when k + l = s of n + m = all. */
static double table_probability(double k, double n, double m, double s)
{
	return exp(log_choose(n, k) + log_choose(m, s - k) - log_choose(n + m, s));
}

static double fisher_p(guint k, guint n, guint l, guint m)
{
	guint s = k + l, first = s > m ? s - m : 0, last = MIN(s, n);
	double at_hand = table_probability(k, n, m, s), sum = 0;

	for (guint i = first; i <= last; i++) {
		double p = table_probability(i, n, m, s);

		if (p <= at_hand * AS_LIKELY)
			sum += p;
	}
	return MIN(sum, 1);
}

double proportions_p(guint k, guint n, guint l, guint m)
{
	double s = (double)k + l, all = (double)n + m, pooled = s / all, z;
	double least = MIN(n, m) * MIN(pooled, 1 - pooled);

	if (!n || !m || s == 0 || s == all)
		return 1;
	if (least < EXPECTED_MIN)
		return fisher_p(k, n, l, m);
	z = ((double)k / n - (double)l / m) / sqrt(pooled * (1 - pooled) * (1.0 / n + 1.0 / m));
	return erfc(fabs(z) / G_SQRT2);
}

static int by_p(gconstpointer a, gconstpointer b, gpointer p)
{
	const double *values = p;
	double x = values[*(const guint *)a], y = values[*(const guint *)b];

	return x < y ? -1 : x > y;
}

void proportions_holm(double *p, gsize n)
{
	g_autofree guint *order = g_new(guint, n);
	double before = 0;

	for (guint i = 0; i < n; i++)
		order[i] = i;
	g_qsort_with_data(order, (gint)n, sizeof *order, by_p, p);
	for (gsize i = 0; i < n; i++)
		before = p[order[i]] = MAX(before, MIN(1, (double)(n - i) * p[order[i]]));
}
