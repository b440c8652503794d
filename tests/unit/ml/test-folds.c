/* Shuffles and folds are those of NumPy 1.x/2.x and scikit-learn, recorded from them. */
#include "ml/folds.h"

#include "ml/random.h"

static void test_shuffle(void)
{
	static const guint32 wanted[] = {8, 1, 5, 0, 7, 2, 9, 4, 3, 6};
	guint32 items[10];
	Random random;

	for (guint32 i = 0; i < 10; i++)
		items[i] = i;
	random_seed(&random, 42);
	random_shuffle(&random, items, 10);
	g_assert_cmpmem(items, sizeof items, wanted, sizeof wanted);
	g_assert_cmpfloat_with_epsilon(random_unit(&random), 0.15599452033620265, 1e-16);
}

static void test_stratified(void)
{
	static const guint five[] = {0, 1, 2, 1, 0, 0, 1, 1, 2, 0, 1, 0,
				     0, 1, 2, 2, 0, 1, 0, 1, 0, 0, 1};
	static const guint five_wanted[] = {4, 0, 4, 0, 0, 2, 2, 1, 2, 0, 2, 3,
					    1, 3, 1, 0, 4, 4, 2, 3, 1, 3, 1};
	static const guint three[] = {2, 2, 0, 1, 0, 1, 1, 0, 2, 0, 1, 1, 0, 2, 0, 0};
	static const guint three_wanted[] = {1, 0, 1, 2, 0, 2, 1, 0, 0, 1, 0, 0, 2, 2, 1, 2};
	guint folds[G_N_ELEMENTS(five)];

	folds_stratified(five, G_N_ELEMENTS(five), 3, 5, 42, folds);
	g_assert_cmpmem(folds, sizeof five, five_wanted, sizeof five_wanted);
	folds_stratified(three, G_N_ELEMENTS(three), 3, 3, 7, folds);
	g_assert_cmpmem(folds, sizeof three, three_wanted, sizeof three_wanted);
}

static void test_grouped(void)
{
	static const guint groups[] = {0, 1, 0, 2, 2, 0, 3, 1, 0, 3};
	guint folds[10], fold_of[4] = {9, 9, 9, 9}, sizes[2] = {0};

	folds_grouped(groups, 10, 4, 2, folds);
	for (guint i = 0; i < 10; i++) {
		g_assert_true(fold_of[groups[i]] == 9 || fold_of[groups[i]] == folds[i]);
		fold_of[groups[i]] = folds[i];
		sizes[folds[i]]++;
	}
	g_assert_cmpuint(MAX(sizes[0], sizes[1]), <=, 6);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/folds/shuffle", test_shuffle);
	g_test_add_func("/folds/stratified", test_stratified);
	g_test_add_func("/folds/grouped", test_grouped);
	return g_test_run();
}
