/* Scores of 8-bit vectors against dot products in double precision, by every table of this machine the same. */
#include "ml/vector.h"

#include <math.h>

#include "ml/kernels.h"

enum { N = 500 };

/* Unit length; like the encoder's they share a direction. */
static void draw(GRand *random, float *vector)
{
	double square = 0;

	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++) {
		vector[k] = (float)(0.1 + g_rand_double_range(random, -0.1, 0.1));
		square += (double)vector[k] * (double)vector[k];
	}
	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++)
		vector[k] /= (float)sqrt(square);
}

static double product(const float *a, const float *b)
{
	double sum = 0;

	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++)
		sum += (double)a[k] * (double)b[k];
	return sum;
}

static void test_scores(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(3);
	g_autoptr(VectorStore) store = vector_store_new();
	g_autofree float *vectors = g_new(float, N *VECTOR_DIMENSIONS), *scores = g_new(float, N);
	float query[VECTOR_DIMENSIONS];
	double most = 0;

	for (gsize i = 0; i < N; i++) {
		draw(random, vectors + i * VECTOR_DIMENSIONS);
		vector_store_add(store, vectors + i * VECTOR_DIMENSIONS);
	}
	vector_store_trim(store);
	g_assert_cmpuint(vector_store_bytes(store), ==, N * (VECTOR_DIMENSIONS + 4));
	draw(random, query);
	vector_store_scores(store, query, scores);
	for (gsize i = 0; i < N; i++)
		most = MAX(most, fabs((double)scores[i] -
				      product(query, vectors + i * VECTOR_DIMENSIONS)));
	g_assert_cmpfloat(most, <, 0.002);
	g_assert_cmpfloat(most, >, 0); /* it is rounded */
}

/* No vector: exactly 0; at right angles: not. Lengths other than 1 are kept. */
static void test_odd_rows(void)
{
	g_autoptr(VectorStore) store = vector_store_new();
	float east[VECTOR_DIMENSIONS] = {3}, north[VECTOR_DIMENSIONS] = {0, 1},
	      nothing[VECTOR_DIMENSIONS] = {0}, scores[5];

	vector_store_scores(store, east, scores); /* none */
	vector_store_add(store, NULL);
	vector_store_add(store, north);
	vector_store_add(store, east);
	vector_store_add(store, nothing);
	vector_store_scores(store, east, scores);
	g_assert_true(scores[0] == 0 && scores[1] != 0 && scores[3] == 0);
	g_assert_cmpfloat_with_epsilon(scores[1], 0, 1e-30);
	g_assert_cmpfloat_with_epsilon(scores[2], 9, 1e-3);
	vector_store_scores(store, nothing, scores);
	g_assert_cmpfloat_with_epsilon(scores[2], 0, 1e-30);
}

static void test_tables_agree(void)
{
	gint8 a[VECTOR_DIMENSIONS];
	gint16 b[VECTOR_DIMENSIONS];
	gint32 sum = 0;

	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++) {
		a[k] = k % 3 ? 127 : -127;
		b[k] = k % 3 ? 16383 : -16383; /* as far as it goes */
		sum += 127 * 16383;
	}
	for (guint t = 0; kernels_get(t); t++)
		g_assert_cmpint(kernels_get(t)->dot(a, b), ==, sum);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vector/scores", test_scores);
	g_test_add_func("/vector/odd-rows", test_odd_rows);
	g_test_add_func("/vector/tables-agree", test_tables_agree);
	return g_test_run();
}
