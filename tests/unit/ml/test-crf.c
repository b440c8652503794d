/* Decoding and sums against all taggings of a short sequence; training parts what a feature tells apart. */
#include "ml/crf.h"

#include <math.h>

enum { TAGS = 3, PLACES = 4, ALL = 81 };
static const gsize starts[PLACES + 1] = {0, 1, 2, 3, 4};
static const guint32 indices[PLACES] = {0, 1, 2, 1};
static const guint8 allowed[16] = {1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0};

/* Two numbers a row; two places share one, as characters do a token. */
static const float vectors[] = {1, -2, 0.5, 3, -1, 0.25};
static const guint32 rows[PLACES] = {0, 1, 1, 2};
static const guint8 sets[PLACES] = {0, 1, 3, 0};
enum { DENSE = 2 };

static double vector_score(const Crf *crf, guint i, guint tag)
{
	double score = 0;

	for (guint d = 0; d < crf->n_dense; d++)
		score += (double)((vectors[rows[i] * DENSE + d] - crf->mean[d]) * crf->scale) *
			 (double)crf->weights[(3 + sets[i] * DENSE + d) * TAGS + tag];
	return score;
}

static double score_of(const Crf *crf, const guint *tags)
{
	guint before = TAGS;
	double score = 0;

	for (guint i = 0; i <= PLACES; i++) {
		guint to = i < PLACES ? tags[i] : TAGS;

		if (!allowed[before * 4 + to])
			return -INFINITY;
		score += (double)crf->transitions[before * 4 + to];
		if (i < PLACES)
			score += (double)crf->weights[indices[i] * TAGS + to] +
				 vector_score(crf, i, to);
		before = to;
	}
	return score;
}

static void check_brute_force(guint n_dense)
{
	CrfSequence s = {.n = PLACES, .starts = starts, .indices = indices};
	g_autoptr(Crf) crf = crf_new(3, n_dense, TAGS, allowed);
	double sum = 0, best = -INFINITY, marginal[PLACES * TAGS] = {0};
	guint tags[PLACES], found[PLACES];
	float marginals[PLACES * TAGS];

	if (n_dense) {
		s.vectors = vectors;
		s.rows = rows;
		s.sets = sets;
		crf->mean[1] = 0.5F;
		crf->scale = 0.75F;
	}
	for (guint i = 0; i < crf_n_rows(crf) * TAGS; i++)
		crf->weights[i] = (float)((i * 7) % 5) / 3 - 0.5F;
	for (guint i = 0; i < 16; i++)
		crf->transitions[i] = (float)((i * 5) % 7) / 4 - 0.7F;
	for (guint t = 0; t < ALL; t++) {
		double score;

		for (guint i = 0, rest = t; i < PLACES; i++, rest /= TAGS)
			tags[i] = rest % TAGS;
		score = score_of(crf, tags);
		best = MAX(best, score);
		sum += exp(score);
		for (guint i = 0; i < PLACES; i++)
			marginal[i * TAGS + tags[i]] += exp(score);
	}
	crf_decode(crf, &s, found);
	g_assert_cmpfloat_with_epsilon(score_of(crf, found), best, 1e-6);
	g_assert_cmpfloat_with_epsilon(crf_marginals(crf, &s, marginals), log(sum), 1e-4);
	for (guint i = 0; i < PLACES * TAGS; i++)
		g_assert_cmpfloat_with_epsilon((double)marginals[i], marginal[i] / sum, 1e-4);
}

static void test_brute_force(void)
{
	check_brute_force(0);
	check_brute_force(DENSE);
}

/* Places that have the same features and differ by their vectors alone. */
static void test_train_by_vectors(void)
{
	static const guint truth[PLACES] = {0, 1, 2, 1};
	static const gsize none[PLACES + 1] = {0};
	static const float apart[] = {1, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0};
	static const guint32 own[PLACES] = {0, 1, 2, 3};
	static const guint8 one_set[PLACES] = {2, 2, 2, 2};
	CrfSequence s = {PLACES, none, indices, truth, apart, own, one_set};
	CrfOptions options = {.n_rounds = 60, .rate = 0.1, .seed = 1};
	g_autoptr(Crf) crf = crf_new(3, 3, TAGS, allowed);
	guint found[PLACES];

	/* place 3 looks like place 1 */
	crf_train(crf, &s, 1, &options);
	crf_decode(crf, &s, found);
	g_assert_cmpmem(found, sizeof found, truth, sizeof truth);
	g_assert_cmpfloat((double)crf->mean[0], >, 0);
}

static void test_train(void)
{
	static const guint truth[PLACES] = {0, 1, 2, 1};
	CrfSequence s = {.n = PLACES, .starts = starts, .indices = indices, .tags = truth};
	CrfOptions options = {.n_rounds = 30, .rate = 0.1, .seed = 1};
	g_autoptr(Crf) crf = crf_new(3, 0, TAGS, allowed), again = crf_new(3, 0, TAGS, allowed);
	guint found[PLACES];

	crf_train(crf, &s, 1, &options);
	crf_train(again, &s, 1, &options);
	crf_decode(crf, &s, found);
	g_assert_cmpmem(found, sizeof found, truth, sizeof truth);
	g_assert_cmpmem(crf->weights, 9 * sizeof(float), again->weights, 9 * sizeof(float));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/crf/brute-force", test_brute_force);
	g_test_add_func("/crf/train", test_train);
	g_test_add_func("/crf/train-by-vectors", test_train_by_vectors);
	return g_test_run();
}
