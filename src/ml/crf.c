/* Forward and backward sums are of probabilities scaled at each place, so that the inner loops are products. */
#include "ml/crf.h"

#include <math.h>
#include <string.h>

#include "ml/random.h"

#define NEVER (-1e9F)
#define LEAST_SCORE (-60.0F) /* below the best of a place: a float's range holds it */

Crf *crf_new(guint n_features, guint n_tags, const guint8 *allowed)
{
	Crf *crf = g_new0(Crf, 1);
	gsize n_pairs = ((gsize)n_tags + 1) * (n_tags + 1);

	crf->n_features = n_features;
	crf->n_tags = n_tags;
	crf->weights = g_new0(float, (gsize)n_features *n_tags + 1);
	crf->transitions = g_new0(float, n_pairs);
	crf->allowed = g_memdup2(allowed, n_pairs);
	return crf;
}

void crf_free(Crf *crf)
{
	if (!crf)
		return;
	g_free(crf->weights);
	g_free(crf->transitions);
	g_free(crf->allowed);
	g_free(crf);
}

/* scores (n x n_tags) of each place alone. keep: which of the features count, NULL for all. */
static void place_scores(const Crf *crf, const CrfSequence *s, const guint8 *keep, float *scores)
{
	guint n_tags = crf->n_tags;

	memset(scores, 0, s->n * n_tags * sizeof *scores);
	for (gsize i = 0; i < s->n; i++)
		for (gsize f = s->starts[i]; f < s->starts[i + 1]; f++) {
			const float *restrict w = crf->weights + (gsize)s->indices[f] * n_tags;
			float *restrict row = scores + i * n_tags;

			if (keep && !keep[f - s->starts[0]])
				continue;
			for (guint k = 0; k < n_tags; k++)
				row[k] += w[k];
		}
}

/* ---- decoding ------------------------------------------------------------------------------------ */

static float step_score(const Crf *crf, guint from, guint to)
{
	gsize at = (gsize)from * (crf->n_tags + 1) + to;

	return crf->allowed[at] ? crf->transitions[at] : NEVER;
}

static void best_step(const float *steps, const float *before, float *row, guint *from,
		      guint n_tags)
{
	for (guint k = 0; k < n_tags; k++) {
		from[k] = 0;
		row[n_tags + k] = before[0] + steps[k];
	}
	for (guint j = 1; j < n_tags; j++)
		for (guint k = 0; k < n_tags; k++) {
			float score = before[j] + steps[j * n_tags + k];
			gboolean better = score > row[n_tags + k];

			row[n_tags + k] = better ? score : row[n_tags + k];
			from[k] = better ? j : from[k];
		}
	for (guint k = 0; k < n_tags; k++)
		row[k] += row[n_tags + k];
}

void crf_decode(const Crf *crf, const CrfSequence *s, guint *tags)
{
	guint n_tags = crf->n_tags, best = 0;
	g_autofree float *scores = g_new(float, (s->n + 1) * n_tags);
	g_autofree guint *from = g_new(guint, (s->n + 1) * n_tags);
	g_autofree float *steps = g_new(float, (gsize)n_tags *n_tags);
	g_autofree float *row = g_new(float, 2 * (gsize)n_tags);

	if (!s->n)
		return;
	place_scores(crf, s, NULL, scores);
	for (guint j = 0; j < n_tags; j++)
		for (guint k = 0; k < n_tags; k++)
			steps[j * n_tags + k] = step_score(crf, j, k);
	for (guint k = 0; k < n_tags; k++)
		scores[k] += step_score(crf, n_tags, k);
	for (gsize i = 1; i < s->n; i++) {
		memcpy(row, scores + i * n_tags, n_tags * sizeof *row);
		best_step(steps, scores + (i - 1) * n_tags, row, from + i * n_tags, n_tags);
		memcpy(scores + i * n_tags, row, n_tags * sizeof *row);
	}
	for (guint k = 0; k < n_tags; k++) {
		scores[(s->n - 1) * n_tags + k] += step_score(crf, k, n_tags);
		best = scores[(s->n - 1) * n_tags + k] > scores[(s->n - 1) * n_tags + best] ? k
											    : best;
	}
	for (gsize i = s->n; i-- > 0;) {
		tags[i] = best;
		best = i ? from[i * n_tags + best] : 0;
	}
}

/* ---- sums over all taggings ---------------------------------------------------------------------- */

typedef struct {
	const Crf *crf;
	gsize room;	/* places */
	float *factors; /* (n_tags + 1)^2: exp of transitions, 0 where not allowed */
	float *scores, *forward, *backward; /* room x n_tags; scores become factors */
	float *scales;			    /* room */
	float *ahead;			    /* n_tags */
} Lattice;

static void lattice_clear(Lattice *l)
{
	g_free(l->factors);
	g_free(l->scores);
	g_free(l->forward);
	g_free(l->backward);
	g_free(l->scales);
	g_free(l->ahead);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lattice, lattice_clear)

static void lattice_init(Lattice *l, const Crf *crf, gsize room)
{
	gsize n_pairs = ((gsize)crf->n_tags + 1) * (crf->n_tags + 1);

	*l = (Lattice){.crf = crf, .room = room};
	l->factors = g_new(float, n_pairs);
	l->scores = g_new(float, room * crf->n_tags);
	l->forward = g_new(float, room * crf->n_tags);
	l->backward = g_new(float, room * crf->n_tags);
	l->scales = g_new(float, room);
	l->ahead = g_new(float, crf->n_tags);
}

/* Scores to factors of at most 1; returns the sum of what was taken off. */
static double to_factors(Lattice *l, gsize n)
{
	guint n_tags = l->crf->n_tags;
	gsize n_pairs = ((gsize)n_tags + 1) * (n_tags + 1);
	double taken = 0;

	for (gsize p = 0; p < n_pairs; p++)
		l->factors[p] = l->crf->allowed[p] ? expf(l->crf->transitions[p]) : 0;
	for (gsize i = 0; i < n; i++) {
		float *row = l->scores + i * n_tags, most = row[0];

		for (guint k = 1; k < n_tags; k++)
			most = MAX(most, row[k]);
		for (guint k = 0; k < n_tags; k++)
			row[k] = expf(MAX(row[k] - most, LEAST_SCORE));
		taken += (double)most;
	}
	return taken;
}

static void sum_forward(Lattice *l, gsize i)
{
	guint n_tags = l->crf->n_tags;
	float *restrict row = l->forward + i * n_tags, sum = 0;
	const float *before = row - n_tags;

	for (guint k = 0; k < n_tags; k++)
		row[k] = i ? 0 : l->factors[(gsize)n_tags * (n_tags + 1) + k];
	for (guint j = 0; i && j < n_tags; j++) {
		const float *restrict steps = l->factors + (gsize)j * (n_tags + 1);

		for (guint k = 0; k < n_tags; k++)
			row[k] += before[j] * steps[k];
	}
	for (guint k = 0; k < n_tags; k++) {
		row[k] *= l->scores[i * n_tags + k];
		sum += row[k];
	}
	l->scales[i] = MAX(sum, 1e-36F);
	for (guint k = 0; k < n_tags; k++)
		row[k] /= l->scales[i];
}

/* ahead: what place i's tags weigh with all that follows. */
static void look_ahead(Lattice *l, gsize i)
{
	guint n_tags = l->crf->n_tags;

	for (guint k = 0; k < n_tags; k++)
		l->ahead[k] =
			l->scores[i * n_tags + k] * l->backward[i * n_tags + k] / l->scales[i];
}

static void sum_backward(Lattice *l, gsize i)
{
	guint n_tags = l->crf->n_tags;

	look_ahead(l, i + 1);
	for (guint j = 0; j < n_tags; j++) {
		const float *steps = l->factors + (gsize)j * (n_tags + 1);
		float sum = 0;

		for (guint k = 0; k < n_tags; k++)
			sum += steps[k] * l->ahead[k];
		l->backward[i * n_tags + j] = sum;
	}
}

/* Returns the logarithm of the sum; forward x backward are then the marginals. */
static double lattice_sum(Lattice *l, const CrfSequence *s, const guint8 *keep)
{
	guint n_tags = l->crf->n_tags;
	float *last = l->backward + (s->n - 1) * n_tags, end = 0;
	double log_sum;

	place_scores(l->crf, s, keep, l->scores);
	log_sum = to_factors(l, s->n);
	for (gsize i = 0; i < s->n; i++) {
		sum_forward(l, i);
		log_sum += log((double)l->scales[i]);
	}
	for (guint k = 0; k < n_tags; k++) {
		last[k] = l->factors[(gsize)k * (n_tags + 1) + n_tags];
		end += last[k] * l->forward[(s->n - 1) * n_tags + k];
	}
	end = MAX(end, 1e-36F);
	for (guint k = 0; k < n_tags; k++)
		last[k] /= end;
	for (gsize i = s->n - 1; i-- > 0;)
		sum_backward(l, i);
	return log_sum + log((double)end);
}

double crf_marginals(const Crf *crf, const CrfSequence *s, float *marginals)
{
	g_auto(Lattice) l;
	double log_sum;

	lattice_init(&l, crf, s->n);
	log_sum = lattice_sum(&l, s, NULL);
	for (gsize i = 0; i < s->n * crf->n_tags; i++)
		marginals[i] = l.forward[i] * l.backward[i];
	return log_sum;
}

/* ---- training ------------------------------------------------------------------------------------ */

typedef struct {
	Crf *crf;
	Lattice lattice;
	float *squares, *step_squares; /* of gradients, as weights and transitions */
	float *sums, *step_sums;       /* over the later rounds */
	float *gradient;	       /* (n_tags + 1)^2 */
	guint8 *keep;
	float rate;
} Climb;

static void climb(float *restrict w, float *restrict squares, const float *restrict gradient,
		  gsize n, float rate)
{
	for (gsize k = 0; k < n; k++) {
		squares[k] += gradient[k] * gradient[k];
		w[k] += rate * gradient[k] / sqrtf(squares[k] + 1e-6F);
	}
}

static void climb_places(Climb *c, const CrfSequence *s)
{
	guint n_tags = c->crf->n_tags;

	for (gsize i = 0; i < s->n; i++) {
		float *g = c->gradient, most = 0;

		for (guint k = 0; k < n_tags; k++) {
			gsize at = i * n_tags + k;

			g[k] = (float)(s->tags[i] == k) -
			       c->lattice.forward[at] * c->lattice.backward[at];
			most = MAX(most, fabsf(g[k]));
		}
		for (gsize f = s->starts[i]; most > 1e-3F && f < s->starts[i + 1]; f++)
			if (c->keep[f - s->starts[0]])
				climb(c->crf->weights + (gsize)s->indices[f] * n_tags,
				      c->squares + (gsize)s->indices[f] * n_tags, g, n_tags,
				      c->rate);
	}
}

static void climb_steps(Climb *c, const CrfSequence *s)
{
	Lattice *l = &c->lattice;
	guint n_tags = c->crf->n_tags, wide = n_tags + 1;
	gsize last = s->n - 1;

	memset(c->gradient, 0, (gsize)wide * wide * sizeof *c->gradient);
	for (guint k = 0; k < n_tags; k++) {
		c->gradient[n_tags * wide + k] -= l->forward[k] * l->backward[k];
		c->gradient[k * wide + n_tags] -=
			l->forward[last * n_tags + k] * l->backward[last * n_tags + k];
	}
	c->gradient[n_tags * wide + s->tags[0]]++;
	c->gradient[s->tags[last] * wide + n_tags]++;
	for (gsize i = 1; i < s->n; i++) {
		look_ahead(l, i);
		for (guint j = 0; j < n_tags; j++)
			for (guint k = 0; k < n_tags; k++)
				c->gradient[j * wide + k] -= l->forward[(i - 1) * n_tags + j] *
							     l->factors[j * wide + k] * l->ahead[k];
		c->gradient[s->tags[i - 1] * wide + s->tags[i]]++;
	}
	climb(c->crf->transitions, c->step_squares, c->gradient, (gsize)wide * wide, c->rate);
}

static void add_to(float *sums, const float *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		sums[i] += values[i];
}

static void take_mean(float *values, const float *sums, gsize n, guint n_rounds)
{
	for (gsize i = 0; i < n && n_rounds; i++)
		values[i] = sums[i] / (float)n_rounds;
}

static void climb_sequence(Climb *c, const CrfSequence *s, double drop, Random *random)
{
	gsize n = s->n ? s->starts[s->n] - s->starts[0] : 0;
	guint32 limit = (guint32)(drop * 65536);

	if (!s->n)
		return;
	for (gsize f = 0; f < n; f++)
		c->keep[f] = (random_next(random) & 0xFFFF) >= limit;
	lattice_sum(&c->lattice, s, c->keep);
	climb_steps(c, s);
	climb_places(c, s);
}

static void climb_rounds(Climb *c, const CrfSequence *sequences, gsize n, const CrfOptions *o)
{
	gsize n_weights = (gsize)c->crf->n_features * c->crf->n_tags;
	gsize n_steps = ((gsize)c->crf->n_tags + 1) * (c->crf->n_tags + 1);
	g_autofree guint32 *order = g_new(guint32, n + 1);
	guint n_summed = 0;
	Random random;

	random_seed(&random, o->seed);
	for (gsize i = 0; i < n; i++)
		order[i] = (guint32)i;
	for (guint round = 0; round < o->n_rounds; round++) {
		if (o->progress && !o->progress(round, o->n_rounds, o->data) && round)
			break;
		random_shuffle(&random, order, n);
		for (gsize i = 0; i < n; i++)
			climb_sequence(c, sequences + order[i], o->drop, &random);
		if (round < o->n_rounds / 2)
			continue;
		add_to(c->sums, c->crf->weights, n_weights);
		add_to(c->step_sums, c->crf->transitions, n_steps);
		n_summed++;
	}
	take_mean(c->crf->weights, c->sums, n_weights, n_summed);
	take_mean(c->crf->transitions, c->step_sums, n_steps, n_summed);
}

void crf_train(Crf *crf, const CrfSequence *sequences, gsize n, const CrfOptions *o)
{
	gsize n_weights = (gsize)crf->n_features * crf->n_tags + 1, longest = 1, most = 1;
	gsize n_steps = ((gsize)crf->n_tags + 1) * (crf->n_tags + 1);
	Climb c = {.crf = crf, .rate = (float)o->rate};

	for (gsize i = 0; i < n; i++) {
		longest = MAX(longest, sequences[i].n);
		most = MAX(most, sequences[i].starts[sequences[i].n] - sequences[i].starts[0]);
	}
	lattice_init(&c.lattice, crf, longest);
	c.squares = g_new0(float, n_weights);
	c.sums = g_new0(float, n_weights);
	c.step_squares = g_new0(float, n_steps);
	c.step_sums = g_new0(float, n_steps);
	c.gradient = g_new0(float, n_steps);
	c.keep = g_new0(guint8, most);
	climb_rounds(&c, sequences, n, o);
	lattice_clear(&c.lattice);
	g_free(c.squares);
	g_free(c.sums);
	g_free(c.step_squares);
	g_free(c.step_sums);
	g_free(c.gradient);
	g_free(c.keep);
}
