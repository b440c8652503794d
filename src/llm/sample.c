/* Vocabularies have hundreds of thousands of tokens, and a token costs milliseconds: so one pass over
 * the logits with a threshold, and no sorting of what cannot be chosen. */
#include "llm/sample.h"

#include <math.h>

enum { PICK_MAX = 40 };

static const double least_share = 0.05; /* of the best one's probability */

gint32 sample_greedy(const float *logits, guint n_tokens)
{
	float best = -INFINITY;
	guint at = 0;

	for (guint i = 0; i < n_tokens; i++) {
		if (logits[i] > best) {
			best = logits[i];
			at = i;
		}
	}
	return (gint32)at;
}

/* Puts a candidate at its place among the best n, of which there is room for n_top. */
static guint insert(SampleCandidate *top, guint n, guint n_top, SampleCandidate candidate)
{
	guint at = n < n_top ? n : n_top - 1;

	for (; at > 0 && top[at - 1].logit < candidate.logit; at--)
		top[at] = top[at - 1];
	top[at] = candidate;
	return MIN(n + 1, n_top);
}

guint sample_top(const float *logits, guint n_tokens, SampleCandidate *top, guint n_top)
{
	float threshold = -INFINITY;
	guint n = 0;

	n_top = MIN(n_top, (guint)SAMPLE_TOP);
	for (guint i = 0; i < n_tokens; i++) {
		if (!(logits[i] > threshold))
			continue;
		n = insert(top, n, n_top, (SampleCandidate){(gint32)i, logits[i]});
		if (n == n_top)
			threshold = top[n_top - 1].logit;
	}
	return n;
}

/* SplitMix64 (Steele, Lea, Flood 2014): a number from [0, 1). */
static double next_random(guint64 *state)
{
	guint64 z = *state += G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

gint32 sample_pick(const SampleCandidate *candidates, guint n, double temperature, guint64 *state)
{
	double shares[PICK_MAX], total = 0, chance;
	guint first = 0, n_shares = 0, last = 0;

	while (first < n && !(candidates[first].logit > -INFINITY))
		first++;
	if (first == n)
		return -1;
	if (temperature <= 0)
		return candidates[first].token;
	for (guint i = first; i < n && n_shares < PICK_MAX; i++) {
		double share = exp((candidates[i].logit - candidates[first].logit) / temperature);

		shares[n_shares] = share >= least_share ? share : 0;
		total += shares[n_shares++];
	}
	chance = next_random(state) * total;
	for (guint i = 0; i < n_shares; i++) {
		if (shares[i] <= 0)
			continue;
		last = i;
		if (chance < shares[i])
			break;
		chance -= shares[i];
	}
	return candidates[first + last].token;
}
