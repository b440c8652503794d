/* Rows that a line parts are parted; features, classes and threads come and go; the same bits each time. */
#include "ml/linear.h"

#include <math.h>
#include <string.h>

#include "ml/calibration.h"
#include "ml/features.h"

/* three classes, each with a feature of its own and a common one; the dense part repeats the class */
enum { N = 9 };
static const gsize starts[N + 1] = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18};
static const guint32 indices[18] = {0, 3, 1, 3, 2, 3, 0, 3, 1, 3, 2, 3, 0, 3, 1, 3, 2, 3};
static const float values[18] = {1,   .5F, 1,	.5F, 1,	  .5F, 1,   .5F, 1,
				 .5F, 1,   .5F, 1,   .5F, 1,   .5F, 1,	 .5F};
static const guint classes[N] = {0, 1, 2, 0, 1, 2, 0, 1, 2};
static const LinearOptions options = {
	.cost = 10, .max_rounds = 100, .tolerance = 1e-3, .seed = 1, .n_threads = 1};

static void test_parts(void)
{
	LinearRows rows = {.n_rows = N, .starts = starts, .indices = indices, .values = values};
	LinearOptions threads = options;
	g_autoptr(Linear) linear = linear_train(&rows, 4, classes, 3, &options), again = NULL;
	static const guint32 unknown = 77;
	static const float one = 1;
	float margins[3];

	for (guint i = 0; i < N; i++) {
		linear_margins(linear, indices + starts[i], values + starts[i], 2, NULL, margins);
		for (guint c = 0; c < 3; c++)
			g_assert_true((margins[c] > 0) == (c == classes[i]));
	}
	linear_margins(linear, &unknown, &one, 1, NULL, margins); /* is left out */
	g_assert_cmpfloat(margins[0], <, 1);
	threads.n_threads = 3;
	again = linear_train(&rows, 4, classes, 3, &threads);
	g_assert_cmpmem(linear->weights, 15 * sizeof(float), again->weights, 15 * sizeof(float));
}

static void test_two_classes_dense(void)
{
	static const float dense[8] = {1, 0, .9F, .1F, 0, 1, .2F, .8F};
	static const gsize none[5] = {0};
	static const guint two[4] = {0, 0, 1, 1};
	LinearRows rows = {.n_rows = 4, .starts = none, .dense = dense, .n_dense = 2};
	g_autoptr(Linear) linear = linear_train(&rows, 0, two, 2, &options);
	float margins[2];

	g_assert_cmpuint(linear->n_outputs, ==, 1);
	for (guint i = 0; i < 4; i++) {
		linear_margins(linear, NULL, NULL, 0, dense + (gsize)2 * i, margins);
		g_assert_true((margins[1] > 0) == (two[i] == 1));
		g_assert_cmpfloat(margins[0], ==, -margins[1]);
	}
}

/* A row that counts double is that row twice. */
static void test_weights(void)
{
	static const float dense[8] = {1, 0, .2F, .8F, .6F, .4F, .6F, .4F};
	static const float weights[3] = {1, 1, 2};
	static const gsize none[5] = {0};
	static const guint two[4] = {0, 1, 1, 1};
	LinearOptions exact = {
		.cost = 1, .max_rounds = 10000, .tolerance = 1e-7, .seed = 1, .n_threads = 1};
	LinearRows rows = {.n_rows = 4, .starts = none, .dense = dense, .n_dense = 2};
	g_autoptr(Linear) twice = linear_train(&rows, 0, two, 2, &exact), weighted = NULL,
			  once = NULL;

	rows.n_rows = 3;
	once = linear_train(&rows, 0, two, 2, &exact);
	rows.weights = weights;
	weighted = linear_train(&rows, 0, two, 2, &exact);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpfloat_with_epsilon((double)weighted->weights[i],
					       (double)twice->weights[i], 1e-4);
	g_assert_cmpfloat(fabs((double)(once->weights[1] - twice->weights[1])), >, 1e-3);
}

static void test_features(void)
{
	static const guint32 first[] = {7, 7, 9}, second[] = {9, 11}, asked[] = {7, 7, 99, 9};
	GArray *rows[2] = {g_array_new(FALSE, FALSE, 4), g_array_new(FALSE, FALSE, 4)};
	g_autoptr(FeatureTable) table = NULL;
	g_autoptr(FeatureTable) frequent = NULL;
	g_auto(FeatureRow) row = {0};
	double square = 0;

	g_array_append_vals(rows[0], first, 3);
	g_array_append_vals(rows[1], second, 2);
	table = features_build((const GArray *const *)rows, 2, 1, 100);
	frequent = features_build((const GArray *const *)rows, 2, 2, 100);
	g_assert_cmpuint(features_size(table), ==, 3);
	g_assert_cmpuint(features_size(frequent), ==, 1);
	g_assert_cmpuint(features_key(frequent, 0), ==, 9);
	g_assert_cmpfloat_with_epsilon((double)features_idf(table, 0), 1,
				       1e-6); /* 9: in both rows */
	features_weigh(table, asked, 4, &row);
	g_assert_cmpuint(row.n, ==, 2);
	for (guint i = 0; i < row.n; i++)
		square += (double)row.values[i] * (double)row.values[i];
	g_assert_cmpfloat_with_epsilon(square, 1, 1e-6);
	features_weigh(table, asked + 2, 1, &row); /* the counters went back, and 99 is unknown */
	g_assert_cmpuint(row.n, ==, 0);
	g_assert_null(features_restore(first, (const float[]){1, 1}, 2)); /* a key twice */
	g_array_unref(rows[0]);
	g_array_unref(rows[1]);
}

/* Margins twice as large as they should be, and a second view of pure noise: the fit finds out. */
static void test_calibration(void)
{
	enum { ROWS = 400 };
	g_autofree float *margins = g_new(float, ROWS * 4);
	g_autofree guint *truth = g_new(guint, ROWS);
	g_autoptr(Calibration) c = NULL;
	double p[2];

	for (guint i = 0; i < ROWS; i++) {
		float sure = i % 2 ? 2 : -2, noise = (float)(i / 2 % 2) * 2 - 1;

		/* three of four rows with this margin are of the class that it names */
		truth[i] = i / 4 % 4 == 3 ? i % 2 == 0 : i % 2;
		margins[4 * i] = -sure;
		margins[4 * i + 1] = sure;
		margins[4 * i + 2] = -noise;
		margins[4 * i + 3] = noise;
	}
	c = calibration_fit(margins, truth, ROWS, 2, 2, NULL);
	calibration_apply(c, margins + 4, p);
	g_assert_cmpfloat_with_epsilon(p[1], .75, .01);
	g_assert_cmpfloat_with_epsilon(c->scale[1], 0, .01);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/linear/parts", test_parts);
	g_test_add_func("/linear/two-classes-dense", test_two_classes_dense);
	g_test_add_func("/linear/weights", test_weights);
	g_test_add_func("/linear/features", test_features);
	g_test_add_func("/linear/calibration", test_calibration);
	return g_test_run();
}
