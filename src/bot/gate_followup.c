/* Every passage that either question finds is judged by both; the rules of the header choose. */
#include "bot/gate_followup.h"

#include "text/normalise.h"

#define NOT_AGAINST 0.3F    /* probability by the two together that lets a new passage stand */
#define IN_PASSAGE 0.3F	    /* share of the question's own words that the last passage must have */
#define BY_FAR 0.8	    /* probability of a rewritten question ... */
#define NOT_AGAINST_OWN 0.1 /* ... and of the own one beside it */
#define NEARER 0.05F	    /* lead by the own words that takes the last passage before a new one */

typedef struct {
	IndexHit own, joint;
	GateVerdict alone, together;
	gboolean is_before;
} Candidate;

static gboolean is_known(const GArray *hits, guint row)
{
	for (guint i = 0; i < hits->len; i++)
		if (g_array_index(hits, IndexHit, i).row == row)
			return TRUE;
	return FALSE;
}

/* What either finds. */
static GArray *find_hits(const RetrievalIndex *index, const FollowUp *q, guint n)
{
	QueryFacts facts;
	GArray *hits = index_search(index, q->joint, q->language, q->joint_vector, n, &facts);
	g_autoptr(GArray) own = index_search(index, q->own, q->language, q->own_vector, n, &facts);

	for (guint i = 0; i < own->len; i++) {
		const IndexHit *hit = &g_array_index(own, IndexHit, i);

		if (!is_known(hits, hit->row))
			g_array_append_val(hits, *hit);
	}
	return hits;
}

/* Of the i-th passage, the others beside it. */
static GateVerdict judge_hit(const RetrievalIndex *index, const char *question, GArray *hits,
			     guint i, const QueryFacts *facts, gboolean has_vector,
			     const char *language)
{
	g_autoptr(GArray) first = g_array_copy(hits);
	IndexHit hit = g_array_index(hits, IndexHit, i);

	g_array_remove_index(first, i);
	g_array_prepend_val(first, hit);
	return gate_judge(index, question, first, facts, has_vector, language);
}

static GArray *judge_all(const RetrievalIndex *index, const FollowUp *q, guint n)
{
	g_autoptr(GArray) joint = find_hits(index, q, n), own = g_array_copy(joint);
	GArray *candidates = g_array_new(FALSE, TRUE, sizeof(Candidate));
	QueryFacts own_facts, joint_facts;
	gboolean has_vector = q->own_vector && q->joint_vector;

	index_score(index, q->own, q->language, q->own_vector, own, &own_facts);
	index_score(index, q->joint, q->language, q->joint_vector, joint, &joint_facts);
	for (guint i = 0; i < joint->len; i++) {
		Candidate c = {.own = g_array_index(own, IndexHit, i),
			       .joint = g_array_index(joint, IndexHit, i)};

		c.alone = judge_hit(index, q->own, own, i, &own_facts, has_vector, q->language);
		c.together =
			judge_hit(index, q->joint, joint, i, &joint_facts, has_vector, q->language);
		c.is_before = q->before && c.own.entry == q->before;
		g_array_append_val(candidates, c);
	}
	return candidates;
}

static gboolean before_answers(const RetrievalIndex *index, const FollowUp *q, const Candidate *c)
{
	g_autofree char *body = NULL;

	if (!c->together.answer)
		return FALSE;
	if (index_hit_facts(index, q->own, c->own.row).coverage >= IN_PASSAGE)
		return TRUE;
	body = text_normalise(c->own.entry->body, -1);
	return followup_told(followup_ask(q->own), body);
}

static gboolean fresh_answers(const FollowUp *q, const Candidate *c)
{
	if (q->rewritten && c->together.probability >= BY_FAR &&
	    c->alone.probability >= NOT_AGAINST_OWN)
		return TRUE;
	return c->alone.answer &&
	       (q->lean != LEAN_CLEARLY || c->together.probability >= NOT_AGAINST);
}

/* How near a passage is: by the own words where they may be all there is to it, else by both. */
static float nearness(const FollowUp *q, const Candidate *c)
{
	return q->lean == LEAN_CLEARLY ? c->own.fused + c->joint.fused : 2 * c->own.fused;
}

/* What the own words may ask for; where they may stand alone that may be the last passage, too. */
static const Candidate *best_fresh(const FollowUp *q, const GArray *candidates)
{
	const Candidate *best = NULL;

	for (guint i = 0; i < candidates->len; i++) {
		const Candidate *c = &g_array_index(candidates, Candidate, i);

		if (c->is_before && q->lean == LEAN_CLEARLY)
			continue;
		if (!best || nearness(q, c) > nearness(q, best))
			best = c;
	}
	return best;
}

/* What was spoken of: the passage that answered last; where none did, what the two together find. */
static const Candidate *find_spoken_of(const FollowUp *q, const GArray *candidates)
{
	for (guint i = 0; i < candidates->len; i++) {
		const Candidate *c = &g_array_index(candidates, Candidate, i);

		if (c->is_before || !q->before)
			return c;
	}
	return NULL;
}

/* The one that answers, or NULL. */
static const Candidate *choose(const RetrievalIndex *index, const FollowUp *q,
			       const GArray *candidates)
{
	const Candidate *fresh = best_fresh(q, candidates), *before = find_spoken_of(q, candidates);
	gboolean again = before && before_answers(index, q, before);

	if (!fresh || !fresh_answers(q, fresh))
		return again ? before : NULL;
	if (again && (fresh->together.probability < NOT_AGAINST ||
		      before->own.fused > fresh->own.fused + NEARER))
		return before;
	return fresh;
}

static int hit_better(gconstpointer a, gconstpointer b)
{
	const IndexHit *x = a, *y = b;

	return x->fused > y->fused ? -1 : x->fused < y->fused;
}

/* Best first, the chosen one before all. */
static GArray *order_hits(const FollowUp *q, const GArray *candidates, const Candidate *chosen,
			  guint n)
{
	GArray *hits = g_array_new(FALSE, FALSE, sizeof(IndexHit));

	for (guint i = 0; i < candidates->len; i++) {
		const Candidate *c = &g_array_index(candidates, Candidate, i);
		IndexHit hit = c->joint;

		hit.fused = nearness(q, c) / 2;
		if (c != chosen)
			g_array_append_val(hits, hit);
	}
	g_array_sort(hits, hit_better);
	if (chosen)
		g_array_prepend_val(hits, chosen->joint);
	if (hits->len > n)
		g_array_set_size(hits, n);
	return hits;
}

GateVerdict gate_followup(const RetrievalIndex *index, const FollowUp *q, guint n,
			  GArray **ret_hits)
{
	g_autoptr(GArray) candidates = judge_all(index, q, n);
	const Candidate *chosen = choose(index, q, candidates);
	GateVerdict verdict = {0};

	*ret_hits = order_hits(q, candidates, chosen, n);
	if (candidates->len) {
		verdict.answer_from = g_array_index(candidates, Candidate, 0).alone.answer_from;
		verdict.clarify_from = g_array_index(candidates, Candidate, 0).alone.clarify_from;
	}
	if (chosen) {
		verdict.answer = TRUE;
		verdict.probability = chosen->is_before || q->rewritten
					      ? chosen->together.probability
					      : chosen->alone.probability;
		return verdict;
	}
	/* not answered: whether to ask back is for the own words to say */
	for (guint i = 0; i < candidates->len; i++) {
		const Candidate *c = &g_array_index(candidates, Candidate, i);

		verdict.probability = MAX(verdict.probability, c->alone.probability);
		verdict.clarify = verdict.clarify || c->alone.clarify || c->alone.answer;
	}
	return verdict;
}
