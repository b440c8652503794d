/* How many rows of each class go to a fold is dealt over the sorted classes, as scikit-learn does it; then
 * each class's list of folds is shuffled. */
#include "ml/folds.h"

#include "ml/random.h"

/* Classes by first appearance: rank[class]. */
static guint *first_seen(const guint *classes, gsize n, guint n_classes)
{
	guint *rank = g_new(guint, n_classes + 1), next = 0;

	for (guint c = 0; c < n_classes; c++)
		rank[c] = G_MAXUINT;
	for (gsize i = 0; i < n; i++)
		if (rank[classes[i]] == G_MAXUINT)
			rank[classes[i]] = next++;
	return rank;
}

void folds_stratified(const guint *classes, gsize n, guint n_classes, guint n_folds, guint32 seed,
		      guint *folds)
{
	g_autofree guint *rank = first_seen(classes, n, n_classes);
	g_autofree gsize *counts = g_new0(gsize, n_classes + 1);
	g_autofree gsize *allotted = g_new0(gsize, (gsize)n_folds * (n_classes + 1));
	g_autofree guint32 *deal = g_new(guint32, n + 1);
	Random random;
	gsize place = 0;

	random_seed(&random, seed);
	for (gsize i = 0; i < n; i++)
		counts[rank[classes[i]]]++;
	/* the sorted classes, dealt one by one to the folds */
	for (guint r = 0; r < n_classes; r++)
		for (gsize i = 0; i < counts[r]; i++, place++)
			allotted[(place % n_folds) * n_classes + r]++;
	for (guint r = 0; r < n_classes; r++) {
		gsize at = 0, k = 0;

		for (guint f = 0; f < n_folds; f++)
			for (gsize i = 0; i < allotted[f * n_classes + r]; i++)
				deal[at++] = f;
		random_shuffle(&random, deal, at);
		for (gsize i = 0; i < n; i++)
			if (rank[classes[i]] == r)
				folds[i] = deal[k++];
	}
}

typedef struct {
	guint group;
	gsize n;
} GroupSize;

static int larger_first(gconstpointer a, gconstpointer b)
{
	const GroupSize *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n) - (x->n > y->n)
			    : (x->group > y->group) - (x->group < y->group);
}

void folds_grouped(const guint *groups, gsize n, guint n_groups, guint n_folds, guint *folds)
{
	g_autofree GroupSize *sizes = g_new0(GroupSize, n_groups + 1);
	g_autofree guint *fold_of = g_new0(guint, n_groups + 1);
	g_autofree gsize *filled = g_new0(gsize, n_folds + 1);

	for (guint g = 0; g < n_groups; g++)
		sizes[g].group = g;
	for (gsize i = 0; i < n; i++)
		sizes[groups[i]].n++;
	qsort(sizes, n_groups, sizeof *sizes, larger_first);
	for (guint g = 0; g < n_groups; g++) {
		guint least = 0;

		for (guint f = 1; f < n_folds; f++)
			least = filled[f] < filled[least] ? f : least;
		fold_of[sizes[g].group] = least;
		filled[least] += sizes[g].n;
	}
	for (gsize i = 0; i < n; i++)
		folds[i] = fold_of[groups[i]];
}
