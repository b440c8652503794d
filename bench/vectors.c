/*
 * Searching vectors of 384 numbers: 8-bit ones (ml/vector.h) beside single precision on OpenBLAS, over made-up vectors of unit
 * length that lie as close together as the encoder's (cosines about .8). bench-vectors [--vectors N] [--queries N]. Prints one line
 * of JSON: milliseconds of the quickest query, others share the machine; bytes, and how many of the ten nearest by single precision are among the ten nearest by 8 bits.
 */
#include <cblas.h>
#include <math.h>

#include "ml/vector.h"

enum { TOP = 10 };

static int n_vectors = 300000, n_queries = 20;

static const GOptionEntry options[] = {
	{"vectors", 0, 0, G_OPTION_ARG_INT, &n_vectors, "how many are searched", "N"},
	{"queries", 0, 0, G_OPTION_ARG_INT, &n_queries, "how often", "N"},
	G_OPTION_ENTRY_NULL,
};

static void draw(GRand *random, float *vector)
{
	double square = 0;

	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++) {
		double noise = g_rand_double(random) + g_rand_double(random) - 1;

		vector[k] = (float)((k % 2 ? 0.8 : -0.8) + noise);
		square += (double)vector[k] * (double)vector[k];
	}
	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++)
		vector[k] /= (float)sqrt(square);
}

static void find_top(const float *scores, int *ret_top)
{
	for (int t = 0; t < TOP; t++) {
		int best = -1;

		for (int i = 0; i < n_vectors; i++) {
			gboolean taken = FALSE;

			for (int s = 0; s < t && !taken; s++)
				taken = ret_top[s] == i;
			if (!taken && (best < 0 || scores[i] > scores[best]))
				best = i;
		}
		ret_top[t] = best;
	}
}

static int n_common(const float *a, const float *b)
{
	int top_a[TOP], top_b[TOP], n = 0;

	find_top(a, top_a);
	find_top(b, top_b);
	for (int i = 0; i < TOP; i++)
		for (int k = 0; k < TOP; k++)
			n += top_a[i] == top_b[k];
	return n;
}

typedef struct {
	double exact_ms, store_ms;
	int n_found;
} Measured;

static Measured measure(GRand *random, const float *matrix, const VectorStore *store)
{
	g_autofree float *exact = g_new(float, n_vectors), *rounded = g_new(float, n_vectors);
	Measured measured = {.exact_ms = G_MAXDOUBLE, .store_ms = G_MAXDOUBLE};

	for (int q = 0; q < n_queries; q++) {
		float query[VECTOR_DIMENSIONS];
		gint64 start, between, end;

		draw(random, query);
		start = g_get_monotonic_time();
		cblas_sgemv(CblasRowMajor, CblasNoTrans, n_vectors, VECTOR_DIMENSIONS, 1.0F, matrix,
			    VECTOR_DIMENSIONS, query, 1, 0.0F, exact, 1);
		between = g_get_monotonic_time();
		vector_store_scores(store, query, rounded);
		end = g_get_monotonic_time();
		measured.exact_ms = MIN(measured.exact_ms, (double)(between - start) / 1000);
		measured.store_ms = MIN(measured.store_ms, (double)(end - between) / 1000);
		measured.n_found += n_common(exact, rounded);
	}
	return measured;
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	g_autoptr(VectorStore) store = vector_store_new();
	g_autofree float *matrix = NULL;
	Measured measured;

	g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, NULL) || n_vectors < TOP)
		return 2;
	matrix = g_new(float, (gsize)n_vectors *VECTOR_DIMENSIONS);
	for (gsize i = 0; i < (gsize)n_vectors; i++) {
		draw(random, matrix + i * VECTOR_DIMENSIONS);
		vector_store_add(store, matrix + i * VECTOR_DIMENSIONS);
	}
	vector_store_trim(store);
	measured = measure(random, matrix, store);
	g_print("{\"vectors\":%d,\"float_ms\":%.3f,\"int8_ms\":%.3f,\"float_bytes\":%zu,\"int8_"
		"bytes\":"
		"%zu,\"recall_at_10\":%.4f}\n",
		n_vectors, measured.exact_ms, measured.store_ms,
		(gsize)n_vectors * VECTOR_DIMENSIONS * sizeof(float), vector_store_bytes(store),
		(double)measured.n_found / TOP / n_queries);
	return 0;
}
