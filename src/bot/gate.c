/* Facts become features, features a probability. The numbers below come from `./dev eval gate`, see docs/measurements.md. */
#include "bot/gate.h"

#include <math.h>

enum { F_BIAS, F_COSINE, F_MARGIN, F_COVERAGE, F_TITLE, F_REVERSE, F_UNKNOWN, N_FEATURES };

static const double weights[N_FEATURES] = {
	[F_BIAS] = -2.0, [F_COSINE] = 30.0, [F_MARGIN] = 6.0, [F_COVERAGE] = 2.0, [F_TITLE] = 2.0, [F_REVERSE] = 1.0, [F_UNKNOWN] = -1.0,
};

#define COSINE_CENTRE 0.87
#define ANSWER_FROM 0.55
#define CLARIFY_FROM 0.25

GateVerdict gate_judge(const RetrievalIndex *index, const char *question, const GArray *hits, const QueryFacts *facts,
		       gboolean has_vector, const char *language)
{
	GateVerdict verdict = {0};
	const IndexHit *first = hits->len > 0 ? &g_array_index(hits, IndexHit, 0) : NULL;
	const IndexHit *second = hits->len > 1 ? &g_array_index(hits, IndexHit, 1) : NULL;
	double x[N_FEATURES] = {[F_BIAS] = 1}, z = 0;
	HitFacts hit;

	(void)language;
	if (!first)
		return verdict;
	hit = index_hit_facts(index, question, first->row);
	x[F_COSINE] = has_vector ? first->cosine - COSINE_CENTRE : 0;
	x[F_MARGIN] = second ? (double)first->fused - second->fused : 0.5;
	x[F_COVERAGE] = hit.coverage;
	x[F_TITLE] = hit.title_coverage;
	x[F_REVERSE] = hit.title_reverse;
	x[F_UNKNOWN] = facts->idf_unknown / MAX(facts->idf_total, 1e-6F);
	for (int i = 0; i < N_FEATURES; i++)
		z += weights[i] * x[i];
	verdict.probability = 1.0 / (1.0 + exp(-z));
	verdict.answer = verdict.probability >= ANSWER_FROM;
	verdict.clarify = !verdict.answer && verdict.probability >= CLARIFY_FROM;
	return verdict;
}
