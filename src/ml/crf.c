/* Forward and backward sums are of probabilities scaled at each place, so that the inner loops are products. */
#include "ml/crf.h"

#include <math.h>
#include <string.h>

#include "ml/random.h"

#define LENGTH 4.0 /* of a vector as it is seen, on average */
#define NEVER (-1e9F)
#define LEAST_SCORE (-60.0F) /* below the best of a place: a float's range holds it */

gsize crf_n_rows(const Crf *crf)
{
	return crf->n_features + (gsize)CRF_SETS * crf->n_dense;
}

Crf *crf_new(guint n_features, guint n_dense, guint n_tags, const guint8 *allowed)
{
	Crf *crf = g_new0(Crf, 1);
	gsize n_pairs = ((gsize)n_tags + 1) * (n_tags + 1);

	crf->n_features = n_features;
	crf->n_dense = n_dense;
	crf->n_tags = n_tags;
	crf->weights = g_new0(float, crf_n_rows(crf) * n_tags + 1);
	crf->mean = g_new0(float, n_dense + 1);
	crf->scale = 1;
	crf->transitions = g_new0(float, n_pairs);
	crf->allowed = g_memdup2(allowed, n_pairs);
	return crf;
}

void crf_free(Crf *crf)
{
	if (!crf)
		return;
	g_free(crf->weights);
	g_free(crf->mean);
	g_free(crf->transitions);
	g_free(crf->allowed);
	g_free(crf);
}

/* What counts of a sequence while it is learnt from: its features, counted from the first, and the components of
 * its vectors. NULL: all. */
typedef struct {
	guint8 *features, *components;
} Kept;

/* Place i's vector as it is seen; what does not count is 0. */
static void see_vector(const Crf *crf, const CrfSequence *s, gsize i, const Kept *kept, float *seen)
{
	const float *v = s->vectors + (gsize)s->rows[i] * crf->n_dense;

	for (guint d = 0; d < crf->n_dense; d++)
		seen[d] = kept && !kept->components[d] ? 0 : (v[d] - crf->mean[d]) * crf->scale;
}

static gsize set_weights(const Crf *crf, guint set)
{
	return (crf->n_features + (gsize)set * crf->n_dense) * crf->n_tags;
}

static void add_vector_scores(const Crf *crf, const CrfSequence *s, const Kept *kept, float *scores)
{
	guint n_tags = crf->n_tags;
	g_autofree float *seen = g_new(float, crf->n_dense + 1);

	for (gsize i = 0; i < s->n; i++) {
		const float *w = crf->weights + set_weights(crf, s->sets[i]);
		float *restrict row = scores + i * n_tags;

		see_vector(crf, s, i, kept, seen);
		for (guint d = 0; d < crf->n_dense; d++, w += n_tags)
			for (guint k = 0; k < n_tags; k++)
				row[k] += seen[d] * w[k];
	}
}

/* scores (n x n_tags) of each place alone. kept may be NULL. */
static void place_scores(const Crf *crf, const CrfSequence *s, const Kept *kept, float *scores)
{
	guint n_tags = crf->n_tags;

	memset(scores, 0, s->n * n_tags * sizeof *scores);
	for (gsize i = 0; i < s->n; i++)
		for (gsize f = s->starts[i]; f < s->starts[i + 1]; f++) {
			const float *restrict w = crf->weights + (gsize)s->indices[f] * n_tags;
			float *restrict row = scores + i * n_tags;

			if (kept && !kept->features[f - s->starts[0]])
				continue;
			for (guint k = 0; k < n_tags; k++)
				row[k] += w[k];
		}
	if (s->vectors && crf->n_dense)
		add_vector_scores(crf, s, kept, scores);
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
static double lattice_sum(Lattice *l, const CrfSequence *s, const Kept *kept)
{
	guint n_tags = l->crf->n_tags;
	float *last = l->backward + (s->n - 1) * n_tags, end = 0;
	double log_sum;

	place_scores(l->crf, s, kept, l->scores);
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
	float *dense_gradient;	       /* CRF_SETS x n_dense x n_tags */
	float *seen;		       /* n_dense */
	Kept kept;
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

/* The gradient of place i's own scores; FALSE when it is next to nothing. */
static gboolean place_gradient(const Climb *c, const CrfSequence *s, gsize i)
{
	guint n_tags = c->crf->n_tags;
	float most = 0;

	for (guint k = 0; k < n_tags; k++) {
		gsize at = i * n_tags + k;

		c->gradient[k] =
			(float)(s->tags[i] == k) - c->lattice.forward[at] * c->lattice.backward[at];
		most = MAX(most, fabsf(c->gradient[k]));
	}
	return most > 1e-3F;
}

static void climb_features(Climb *c, const CrfSequence *s, gsize i)
{
	guint n_tags = c->crf->n_tags;

	for (gsize f = s->starts[i]; f < s->starts[i + 1]; f++) {
		gsize at = (gsize)s->indices[f] * n_tags;

		if (c->kept.features[f - s->starts[0]])
			climb(c->crf->weights + at, c->squares + at, c->gradient, n_tags, c->rate);
	}
}

static void add_vector_gradient(Climb *c, const CrfSequence *s, gsize i)
{
	guint n_tags = c->crf->n_tags;
	float *restrict sum = c->dense_gradient + (gsize)s->sets[i] * c->crf->n_dense * n_tags;

	see_vector(c->crf, s, i, &c->kept, c->seen);
	for (guint d = 0; d < c->crf->n_dense; d++, sum += n_tags)
		for (guint k = 0; k < n_tags && c->seen[d] != 0; k++)
			sum[k] += c->seen[d] * c->gradient[k];
}

/* Weights of features move place by place, those of vectors, which every place shares, once a sequence. */
static void climb_places(Climb *c, const CrfSequence *s)
{
	gsize first = set_weights(c->crf, 0);
	gsize n_dense = s->vectors ? set_weights(c->crf, CRF_SETS) - first : 0;

	memset(c->dense_gradient, 0, n_dense * sizeof(float));
	for (gsize i = 0; i < s->n; i++) {
		if (!place_gradient(c, s, i))
			continue;
		climb_features(c, s, i);
		if (n_dense)
			add_vector_gradient(c, s, i);
	}
	climb(c->crf->weights + first, c->squares + first, c->dense_gradient, n_dense, c->rate);
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

static void keep_some(guint8 *keep, gsize n, double drop, Random *random)
{
	guint32 limit = (guint32)(drop * 65536);

	for (gsize i = 0; i < n; i++)
		keep[i] = (random_next(random) & 0xFFFF) >= limit;
}

static void climb_sequence(Climb *c, const CrfSequence *s, double drop, Random *random)
{
	if (!s->n)
		return;
	keep_some(c->kept.features, s->starts[s->n] - s->starts[0], drop, random);
	keep_some(c->kept.components, c->crf->n_dense, drop, random);
	lattice_sum(&c->lattice, s, &c->kept);
	climb_steps(c, s);
	climb_places(c, s);
}

static void climb_rounds(Climb *c, const CrfSequence *sequences, gsize n, const CrfOptions *o)
{
	gsize n_weights = crf_n_rows(c->crf) * c->crf->n_tags;
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

/* The mean of all vectors, and the scale that gives them LENGTH on average. */
static void learn_scale(Crf *crf, const CrfSequence *sequences, gsize n)
{
	g_autofree double *mean = g_new0(double, crf->n_dense + 1);
	double n_places = 0, squares = 0;

	for (gsize s = 0; s < n; s++)
		for (gsize i = 0; i < sequences[s].n && sequences[s].vectors; i++, n_places++) {
			const float *v =
				sequences[s].vectors + (gsize)sequences[s].rows[i] * crf->n_dense;

			for (guint d = 0; d < crf->n_dense; d++) {
				mean[d] += (double)v[d];
				squares += (double)v[d] * (double)v[d];
			}
		}
	for (guint d = 0; d < crf->n_dense && n_places > 0; d++) {
		mean[d] /= n_places;
		crf->mean[d] = (float)mean[d];
		squares -= n_places * mean[d] * mean[d];
	}
	if (squares > 0)
		crf->scale = (float)(LENGTH / sqrt(squares / n_places));
}

void crf_train(Crf *crf, const CrfSequence *sequences, gsize n, const CrfOptions *o)
{
	gsize n_weights = crf_n_rows(crf) * crf->n_tags + 1, longest = 1, most = 1;
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
	c.kept.features = g_new0(guint8, most);
	c.kept.components = g_new0(guint8, crf->n_dense + 1);
	c.dense_gradient = g_new0(float, (gsize)CRF_SETS * crf->n_dense * crf->n_tags + 1);
	c.seen = g_new0(float, crf->n_dense + 1);
	learn_scale(crf, sequences, n);
	climb_rounds(&c, sequences, n, o);
	lattice_clear(&c.lattice);
	g_free(c.squares);
	g_free(c.sums);
	g_free(c.step_squares);
	g_free(c.step_sums);
	g_free(c.gradient);
	g_free(c.kept.features);
	g_free(c.kept.components);
	g_free(c.dense_gradient);
	g_free(c.seen);
}
