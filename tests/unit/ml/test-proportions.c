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
	g_test_add_func("/proportions/fisher", test_fisher);
	g_test_add_func("/proportions/z", test_z);
	g_test_add_func("/proportions/nothing", test_nothing_to_compare);
	g_test_add_func("/proportions/holm", test_holm);
	return g_test_run();
}
