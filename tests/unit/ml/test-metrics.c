/* Against figures of scikit-learn 1.9 and SciPy. */
#include "ml/metrics.h"

#include <math.h>

static const guint truth[] = {0, 1, 1, 0, 1, 0, 1, 1, 0, 0};
static const double score[] = {.1, .9, .4, .4, .8, .3, .4, .7, .6, .2};

static void test_binary(void)
{
	double p[20];
	guint predicted[10];
	Predictions predictions = {10, 2, truth, predicted, p};
	g_auto(Metrics) m = {0};

	for (guint i = 0; i < 10; i++) {
		p[2 * i] = 1 - score[i];
		p[2 * i + 1] = score[i];
		predicted[i] = score[i] > .5;
	}
	metrics_compute(&predictions, 1, &m);
	g_assert_cmpfloat_with_epsilon(m.auc, 0.88, 1e-12);
	g_assert_cmpfloat_with_epsilon(m.average_precision, 0.8857142857142857, 1e-12);
	g_assert_cmpfloat_with_epsilon(m.brier, 0.152, 1e-12);
	g_assert_cmpfloat_with_epsilon(m.precision, 0.7083333333333333, 1e-12);
	g_assert_cmpfloat_with_epsilon(m.recall, 0.7, 1e-12);
	g_assert_cmpfloat_with_epsilon(m.f1_macro, 0.696969696969697, 1e-12);
	g_assert_cmpfloat_with_epsilon(m.f1_weighted, 0.696969696969697, 1e-12);
	g_assert_cmpfloat(m.accuracy_ci.low, <, m.accuracy);
	g_assert_cmpfloat(m.accuracy_ci.high, >, m.accuracy);
	g_assert_cmpuint(m.confusion[0 * 2 + 1], ==, 1);
	g_assert_cmpuint(m.confusion[1 * 2 + 0], ==, 2);
}

static void test_calibration_error(void)
{
	/* half of what is told with .75 is right: the error is a quarter */
	static const guint ones[] = {1, 1, 0, 0}, told[] = {1, 1, 1, 1};
	static const double p[] = {.25, .75, .25, .75, .25, .75, .25, .75};
	Predictions predictions = {4, 2, ones, told, p};
	g_auto(Metrics) m = {0};

	metrics_compute(&predictions, 1, &m);
	g_assert_cmpfloat_with_epsilon(m.ece, .25, 1e-12);
}

static void test_one_class(void)
{
	static const guint ones[] = {1, 1};
	static const double p[] = {0, 1, 0, 1};
	Predictions predictions = {2, 2, ones, ones, p};
	g_auto(Metrics) m = {0};

	metrics_compute(&predictions, 1, &m);
	g_assert_true(isnan(m.auc));
	g_assert_cmpfloat(m.accuracy, ==, 1);
	g_assert_cmpfloat(m.f1_macro, ==, 1); /* a class that never occurs does not count */
}

static void test_mcnemar(void)
{
	g_assert_cmpfloat_with_epsilon(metrics_mcnemar(3, 12), 0.03515625, 1e-9);
	g_assert_cmpfloat_with_epsilon(metrics_mcnemar(12, 3), 0.03515625, 1e-9);
	g_assert_cmpfloat(metrics_mcnemar(0, 0), ==, 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/metrics/binary", test_binary);
	g_test_add_func("/metrics/calibration-error", test_calibration_error);
	g_test_add_func("/metrics/one-class", test_one_class);
	g_test_add_func("/metrics/mcnemar", test_mcnemar);
	return g_test_run();
}
