/* Expected values: whole numbers over binomials by hand, and Python's exact fractions over math.comb. */
#include "ml/proportions.h"

#include <math.h>

static void test_fisher(void)
{
	/* the lady tasting tea: 3 of 4 against 1 of 4, (16 + 1 + 16 + 1) / 70 */
	g_assert_cmpfloat_with_epsilon(proportions_p(3, 4, 1, 4), 34.0 / 70, 1e-12);
	/* 0 of 10 against 5 of 10: 2 * C(10,5) / C(20,5) */
	g_assert_cmpfloat_with_epsilon(proportions_p(0, 10, 5, 10), 2 * 252.0 / 15504, 1e-12);
}

static void test_z(void)
{
	/* 60 of 200 against 40 of 200: p = 1/4, z = 0.1 / sqrt (3/16 / 100) */
	double z = 0.1 / sqrt(3.0 / 16 / 100);

	g_assert_cmpfloat_with_epsilon(proportions_p(60, 200, 40, 200), erfc(z / sqrt(2)), 1e-12);
	g_assert_cmpfloat_with_epsilon(proportions_p(60, 200, 40, 200), 0.0209213, 1e-6);
}

/* Newcombe 1998, "Two-sided confidence intervals for the single proportion", table 1, method 3. */
static void test_interval(void)
{
	static const struct {
		gsize k, n;
		double low, high;
	} known[] = {{81, 263, .2553, .3662},
		     {15, 148, .0624, .1605},
		     {0, 20, 0, .1611},
		     {1, 29, .0061, .1718}};
	double low, high;

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
		proportions_interval(known[i].k, known[i].n, &low, &high);
		g_assert_cmpfloat_with_epsilon(low, known[i].low, 5e-5);
		g_assert_cmpfloat_with_epsilon(high, known[i].high, 5e-5);
	}
	proportions_interval(20, 20, &low, &high);
	g_assert_cmpfloat_with_epsilon(low, 1 - .1611, 5e-5);
	g_assert_cmpfloat(high, ==, 1);
	proportions_interval(0, 0, &low, &high);
	g_assert_true(low == 0 && high == 1);
}

static void test_nothing_to_compare(void)
{
	g_assert_cmpfloat(proportions_p(0, 0, 3, 9), ==, 1);
	g_assert_cmpfloat(proportions_p(0, 5, 0, 9), ==, 1);
	g_assert_cmpfloat(proportions_p(5, 5, 9, 9), ==, 1);
}

static void test_holm(void)
{
	double p[] = {0.01, 0.04, 0.03, 0.005};

	proportions_holm(p, G_N_ELEMENTS(p));
	g_assert_cmpfloat_with_epsilon(p[3], 0.02, 1e-12);
	g_assert_cmpfloat_with_epsilon(p[0], 0.03, 1e-12);
	g_assert_cmpfloat_with_epsilon(p[2], 0.06, 1e-12);
	g_assert_cmpfloat_with_epsilon(p[1], 0.06, 1e-12); /* never below one that is smaller */
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/proportions/interval", test_interval);
	g_test_add_func("/proportions/fisher", test_fisher);
	g_test_add_func("/proportions/z", test_z);
	g_test_add_func("/proportions/nothing", test_nothing_to_compare);
	g_test_add_func("/proportions/holm", test_holm);
	return g_test_run();
}
