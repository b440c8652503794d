/* Decoding and sums against all taggings of a short sequence; training parts what a feature tells apart. */
#include "ml/crf.h"

#include <math.h>

enum { TAGS = 3, PLACES = 4, ALL = 81 };
static const gsize starts[PLACES + 1] = {0, 1, 2, 3, 4};
static const guint32 indices[PLACES] = {0, 1, 2, 1};
static const guint8 allowed[16] = {1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0};

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
			score += (double)crf->weights[indices[i] * TAGS + to];
		before = to;
	}
	return score;
}

static void test_brute_force(void)
{
	CrfSequence s = {.n = PLACES, .starts = starts, .indices = indices};
	g_autoptr(Crf) crf = crf_new(3, TAGS, allowed);
	double sum = 0, best = -INFINITY, marginal[PLACES * TAGS] = {0};
	guint tags[PLACES], found[PLACES];
	float marginals[PLACES * TAGS];

	for (guint i = 0; i < 9; i++)
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

static void test_train(void)
{
	static const guint truth[PLACES] = {0, 1, 2, 1};
	CrfSequence s = {.n = PLACES, .starts = starts, .indices = indices, .tags = truth};
	CrfOptions options = {.n_rounds = 30, .rate = 0.1, .seed = 1};
	g_autoptr(Crf) crf = crf_new(3, TAGS, allowed), again = crf_new(3, TAGS, allowed);
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
	return g_test_run();
}
