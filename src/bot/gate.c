/* Facts become features, features a probability. Names, weights and thresholds stand in
 * gate_weights.def, which tests/eval/gate/fit.py writes from this very code's features, so the
 * calibration and the program cannot differ. Margins are taken to hits in the first one's language:
 * its twin in the other language is no rival. */
#include "bot/gate.h"

#include <math.h>

#define GATE(name, with_vectors, words_only) #name,
static const char *const names[N_GATE_FEATURES] = {
#include "bot/gate_weights.def"
};
#undef GATE

#define GATE(name, with_vectors, words_only) with_vectors,
static const double vector_weights[N_GATE_FEATURES] = {
#include "bot/gate_weights.def"
};
#undef GATE

#define GATE(name, with_vectors, words_only) words_only,
static const double word_weights[N_GATE_FEATURES] = {
#include "bot/gate_weights.def"
};
#undef GATE

#define MARGIN_MAX 0.2 /* more of a lead says no more */

const char *gate_feature_name(GateFeature feature)
{
	return names[feature];
}

/* Sets the margins to the nearest other hit, those in another language only when there is none in
 * this. */
static gboolean margins(const GArray *hits, gboolean same_language, double idf, double *x)
{
	const IndexHit *first = &g_array_index(hits, IndexHit, 0);
	double fused = -G_MAXDOUBLE, cosine = -G_MAXDOUBLE, words = -G_MAXDOUBLE;
	gboolean found = FALSE;

	for (guint i = 1; i < hits->len; i++) {
		const IndexHit *other = &g_array_index(hits, IndexHit, i);

		if (same_language && g_strcmp0(other->entry->language, first->entry->language) != 0)
			continue;
		fused = MAX(fused, (double)other->fused);
		cosine = MAX(cosine, (double)other->cosine);
		words = MAX(words, (double)other->bm25);
		found = TRUE;
	}
	if (!found)
		return FALSE;
	x[GATE_MARGIN] = MIN(first->fused - fused, MARGIN_MAX);
	x[GATE_COSINE_MARGIN] = MIN(first->cosine - cosine, MARGIN_MAX);
	x[GATE_WORDS_MARGIN] = (first->bm25 - words) / idf;
	return TRUE;
}

void gate_features(const RetrievalIndex *index, const char *question, const GArray *hits,
		   const QueryFacts *facts, const char *language, double *x)
{
	const IndexHit *first = &g_array_index(hits, IndexHit, 0);
	HitFacts hit = index_hit_facts(index, question, first->row);
	double idf = facts->idf_total + 1e-6;

	x[GATE_ONE] = 1;
	x[GATE_COSINE] = first->cosine;
	x[GATE_COVERAGE] = hit.coverage;
	x[GATE_TITLE] = hit.title_coverage;
	x[GATE_REVERSE] = hit.title_reverse;
	x[GATE_BOTH_WAYS] = hit.title_coverage * hit.title_reverse;
	x[GATE_UNKNOWN] = facts->idf_unknown / idf;
	x[GATE_WORDS] = first->bm25 / idf;
	x[GATE_CHINESE] = g_strcmp0(language, "zh") == 0;
	x[GATE_MARGIN] = x[GATE_COSINE_MARGIN] = MARGIN_MAX / 2;
	x[GATE_WORDS_MARGIN] = 0;
	if (!margins(hits, TRUE, idf, x))
		margins(hits, FALSE, idf, x);
}

GateVerdict gate_judge(const RetrievalIndex *index, const char *question, const GArray *hits,
		       const QueryFacts *facts, gboolean has_vector, const char *language)
{
	const double *weights = has_vector ? vector_weights : word_weights;
	double x[N_GATE_FEATURES], z = 0;
	GateVerdict verdict = {
		.answer_from = has_vector ? GATE_ANSWER_FROM : GATE_WORDS_ANSWER_FROM,
		.clarify_from = has_vector ? GATE_CLARIFY_FROM : GATE_WORDS_CLARIFY_FROM};

	if (!hits->len)
		return verdict;
	gate_features(index, question, hits, facts, language, x);
	for (int i = 0; i < N_GATE_FEATURES; i++)
		z += weights[i] * x[i];
	verdict.probability = 1.0 / (1.0 + exp(-z));
	verdict.answer = verdict.probability >= verdict.answer_from;
	verdict.clarify = !verdict.answer && verdict.probability >= verdict.clarify_from;
	return verdict;
}
