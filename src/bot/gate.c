/* Facts become features, features a probability. The weights are a logistic regression (C = .3)
 * over the 730 questions of tests/eval/gate and the tuning half of the demo's; left out company by
 * company it answers .70 of what can be answered and refuses .75 of what cannot
 * (docs/measurements.md). Without vectors the words alone decide, by weights of their own. */
#include "bot/gate.h"

#include <math.h>

typedef enum {
	F_ONE,
	F_COSINE,	/* of the first hit */
	F_COSINE_SCORE, /* the same in standard deviations over all passages */
	F_MARGIN,	/* fused, to the second article */
	F_COSINE_MARGIN,
	F_COVERAGE,	/* share of the question's idf that the passage holds */
	F_TITLE,	/* ... that its title holds */
	F_REVERSE,	/* share of the title's idf that the question holds */
	F_UNKNOWN,	/* share of the question's idf that stands nowhere */
	F_WORDS,	/* bm25 per idf of the question */
	F_WORDS_FIRST,	/* the first hit is the best by words, too */
	F_COSINE_FIRST, /* ... by cosine, too */
	F_CHINESE,	/* Chinese cosines lie higher */
	F_WORDS_MARGIN,
	N_FEATURES
} Feature;

static const double with_vectors[N_FEATURES] = {
	[F_ONE] = -49.8152,    [F_COSINE] = 54.6372,	    [F_COSINE_SCORE] = 0.0638,
	[F_MARGIN] = -1.4318,  [F_COSINE_MARGIN] = 12.0951, [F_COVERAGE] = 0.2033,
	[F_TITLE] = -2.2194,   [F_REVERSE] = 2.1581,	    [F_UNKNOWN] = -0.7565,
	[F_WORDS] = 0.0596,    [F_WORDS_FIRST] = 0.6938,    [F_COSINE_FIRST] = 0.8257,
	[F_CHINESE] = -1.4115, [F_WORDS_MARGIN] = 1.1134,
};

static const double words_only[N_FEATURES] = {
	[F_ONE] = -0.9296,    [F_COVERAGE] = 1.2124,	 [F_TITLE] = -3.6085,
	[F_REVERSE] = 4.6973, [F_UNKNOWN] = -1.4545,	 [F_WORDS] = 0.7252,
	[F_CHINESE] = 0.6546, [F_WORDS_MARGIN] = 0.2097,
};

#define ANSWER_FROM 0.48
#define CLARIFY_FROM 0.20

static void compare_hits(const GArray *hits, const QueryFacts *facts, double x[N_FEATURES])
{
	const IndexHit *first = &g_array_index(hits, IndexHit, 0);
	const IndexHit *second = hits->len > 1 ? &g_array_index(hits, IndexHit, 1) : NULL;
	double idf = facts->idf_total + 1e-6;

	x[F_COSINE] = first->cosine;
	x[F_COSINE_SCORE] = ((double)first->cosine - facts->cosine_mean) / facts->cosine_sd;
	x[F_WORDS] = first->bm25 / idf;
	x[F_MARGIN] = second ? (double)first->fused - second->fused : 1;
	x[F_COSINE_MARGIN] = second ? (double)first->cosine - second->cosine : 0.05;
	x[F_WORDS_MARGIN] = second ? ((double)first->bm25 - second->bm25) / idf : 0;
	x[F_WORDS_FIRST] = x[F_COSINE_FIRST] = 1;
	for (guint i = 1; i < hits->len; i++) {
		const IndexHit *other = &g_array_index(hits, IndexHit, i);

		if (other->bm25 > first->bm25)
			x[F_WORDS_FIRST] = 0;
		if (other->cosine > first->cosine)
			x[F_COSINE_FIRST] = 0;
	}
}

GateVerdict gate_judge(const RetrievalIndex *index, const char *question, const GArray *hits,
		       const QueryFacts *facts, gboolean has_vector, const char *language)
{
	const double *weights = has_vector ? with_vectors : words_only;
	double x[N_FEATURES] = {[F_ONE] = 1}, z = 0;
	GateVerdict verdict = {0};
	HitFacts hit;

	if (!hits->len)
		return verdict;
	hit = index_hit_facts(index, question, g_array_index(hits, IndexHit, 0).row);
	compare_hits(hits, facts, x);
	x[F_COVERAGE] = hit.coverage;
	x[F_TITLE] = hit.title_coverage;
	x[F_REVERSE] = hit.title_reverse;
	x[F_UNKNOWN] = facts->idf_unknown / (facts->idf_total + 1e-6);
	x[F_CHINESE] = g_strcmp0(language, "zh") == 0;
	for (int i = 0; i < N_FEATURES; i++)
		z += weights[i] * x[i];
	verdict.probability = 1.0 / (1.0 + exp(-z));
	verdict.answer = verdict.probability >= ANSWER_FROM;
	verdict.clarify = !verdict.answer && verdict.probability >= CLARIFY_FROM;
	return verdict;
}
