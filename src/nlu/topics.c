/* Rows are sparse, centres dense, so that a product costs as much as the text has words. */
#include "nlu/topics.h"

#include <math.h>
#include <string.h>

#include "ml/features.h"
#include "ml/random.h"
#include "nlu/topic_names.h"
#include "text/terms.h"

enum { SEED = 42, ROUNDS = 20, FEATURES_MAX = 8000, SHARED_BY = 2 };
#define NOTHING 1e-6F

typedef struct {
	FeatureTable *table;
	FeatureRow *rows; /* n */
	guint n, n_features;
} Space;

typedef struct {
	guint k;
	float *centres; /* k x n_features, of length 1 or 0 */
} Groups;

/* ---- space --------------------------------------------------------------------------------------- */

static int add_key(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	guint32 key = g_str_hash(text);

	(void)n_bytes;
	if (topic_term_tells(kind, weak, text))
		g_array_append_val((GArray *)data, key);
	return 0;
}

static guint32 hint_key(const char *hint)
{
	return ~g_str_hash(hint);
}

static void add_hint(GArray *row, const char *hint)
{
	guint32 key = hint_key(hint);

	g_array_append_val(row, key);
}

static void space_init(Space *space, const char *const *texts, const char *const *hints, guint n)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);

	for (guint i = 0; i < n; i++) {
		GArray *row = g_array_new(FALSE, FALSE, sizeof(guint32));

		text_foreach_term(texts[i], strlen(texts[i]), add_key, row);
		if (hints && row->len)
			add_hint(row, hints[i]);
		g_ptr_array_add(keys, row);
	}
	space->n = n;
	space->rows = g_new0(FeatureRow, n);
	space->table =
		features_build((const GArray *const *)keys->pdata, n, SHARED_BY, FEATURES_MAX);
	space->n_features = features_size(space->table);
	for (guint i = 0; i < n; i++) {
		const GArray *row = keys->pdata[i];

		features_weigh(space->table, (const guint32 *)(gconstpointer)row->data, row->len,
			       &space->rows[i]);
	}
}

static void space_clear(Space *space)
{
	for (guint i = 0; i < space->n; i++)
		feature_row_clear(&space->rows[i]);
	g_free(space->rows);
	features_free(space->table);
}

static float near_to(const FeatureRow *row, const float *centre)
{
	float sum = 0;

	for (guint i = 0; i < row->n; i++)
		sum += row->values[i] * centre[row->indices[i]];
	return sum;
}

/* The nearest of k centres; ret_second: how near the next is. */
static guint nearest(const Space *space, const FeatureRow *row, const Groups *groups,
		     float *ret_first, float *ret_second)
{
	guint best = 0;

	*ret_first = *ret_second = -1;
	for (guint g = 0; g < groups->k; g++) {
		float near = near_to(row, groups->centres + (gsize)g * space->n_features);

		if (near > *ret_first) {
			*ret_second = *ret_first;
			*ret_first = near;
			best = g;
		} else if (near > *ret_second) {
			*ret_second = near;
		}
	}
	return best;
}

/* ---- k-means ------------------------------------------------------------------------------------- */

static void add_row(float *centre, const FeatureRow *row)
{
	for (guint i = 0; i < row->n; i++)
		centre[row->indices[i]] += row->values[i];
}

static void to_length_one(float *centre, guint n)
{
	double square = 0;

	for (guint i = 0; i < n; i++)
		square += (double)centre[i] * centre[i];
	for (guint i = 0; i < n && square > 0; i++)
		centre[i] /= (float)sqrt(square);
}

/* Each seed is drawn with the chance of how far it is from those before. */
static void choose_seeds(const Space *space, const guint *fitted, guint n, Groups *groups)
{
	g_autofree double *far = g_new(double, n);
	Random random;

	random_seed(&random, SEED);
	for (guint i = 0; i < n; i++)
		far[i] = 1;
	for (guint g = 0; g < groups->k; g++) {
		float *centre = groups->centres + (gsize)g * space->n_features;
		double sum = 0, at;
		guint chosen = 0;

		for (guint i = 0; i < n; i++)
			sum += far[i];
		at = random_unit(&random) * sum;
		while (chosen + 1 < n && at >= far[chosen])
			at -= far[chosen++];
		add_row(centre, &space->rows[fitted[chosen]]);
		for (guint i = 0; i < n; i++)
			far[i] = MIN(far[i], MAX(0, 1 - near_to(&space->rows[fitted[i]], centre)));
	}
}

/* TRUE: something moved. */
static gboolean assign(const Space *space, const guint *fitted, guint n, const Groups *groups,
		       guint *of)
{
	gboolean moved = FALSE;
	float first, second;

	for (guint i = 0; i < n; i++) {
		guint best = nearest(space, &space->rows[fitted[i]], groups, &first, &second);

		moved |= best != of[i];
		of[i] = best;
	}
	return moved;
}

static Groups *groups_fit(const Space *space, const guint *fitted, guint n, guint k)
{
	Groups *groups = g_new0(Groups, 1);
	g_autofree guint *of = g_new(guint, n);
	gsize size = (gsize)k * space->n_features;

	groups->k = k;
	groups->centres = g_new0(float, size);
	memset(of, 0xff, n * sizeof *of);
	choose_seeds(space, fitted, n, groups);
	for (int round = 0; round < ROUNDS && assign(space, fitted, n, groups, of); round++) {
		memset(groups->centres, 0, size * sizeof(float));
		for (guint i = 0; i < n; i++)
			add_row(groups->centres + (gsize)of[i] * space->n_features,
				&space->rows[fitted[i]]);
		for (guint g = 0; g < k; g++)
			to_length_one(groups->centres + (gsize)g * space->n_features,
				      space->n_features);
	}
	return groups;
}

static void groups_free(Groups *groups)
{
	if (!groups)
		return;
	g_free(groups->centres);
	g_free(groups);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Groups, groups_free)

/* Mean of (b - a) / max (a, b), a and b the distances to the own and the next centre. */
static double silhouette(const Space *space, const guint *fitted, guint n, const Groups *groups)
{
	double sum = 0;
	float first, second;

	for (guint i = 0; i < n; i++) {
		nearest(space, &space->rows[fitted[i]], groups, &first, &second);
		sum += first >= 1 ? 1 : (first - second) / (1 - second);
	}
	return sum / n;
}

static Groups *groups_find(const Space *space)
{
	g_autofree guint *fitted = g_new(guint, space->n);
	g_autoptr(Groups) best = NULL;
	double best_score = -1;
	guint n = 0, n_most;

	for (guint i = 0; i < space->n; i++)
		if (space->rows[i].n)
			fitted[n++] = i;
	for (guint i = 0; n > TOPICS_FITTED && i < TOPICS_FITTED; i++)
		fitted[i] = fitted[(gsize)i * n / TOPICS_FITTED];
	n = MIN(n, TOPICS_FITTED);
	n_most = MIN(TOPICS_MAX, n / TOPICS_LEAST);
	for (guint k = TOPICS_MIN; k <= n_most; k++) {
		g_autoptr(Groups) groups = groups_fit(space, fitted, n, k);
		double score = silhouette(space, fitted, n, groups);

		if (score > best_score) {
			best_score = score;
			groups_free(best);
			best = g_steal_pointer(&groups);
		}
	}
	return g_steal_pointer(&best);
}

/* ---- topics -------------------------------------------------------------------------------------- */

/* How typical the words alone are: what the hint adds is taken out again. */
static float near_without(const Space *space, guint i, const float *centre, const char *hint)
{
	const FeatureRow *row = &space->rows[i];
	gint feature = hint ? features_find(space->table, hint_key(hint)) : -1;
	float all = near_to(row, centre), rest = 1;

	for (guint j = 0; j < row->n; j++)
		if ((gint)row->indices[j] == feature) {
			all -= row->values[j] * centre[feature];
			rest -= row->values[j] * row->values[j];
		}
	return rest > NOTHING ? all / sqrtf(rest) : 0;
}

static void join(const Space *space, const Groups *groups, const char *const *hints, Topics *topics,
		 guint *sizes)
{
	float first, second;

	for (guint i = 0; i < space->n; i++) {
		guint best = nearest(space, &space->rows[i], groups, &first, &second);

		topics->near[i] =
			near_without(space, i, groups->centres + (gsize)best * space->n_features,
				     hints ? hints[i] : NULL);
		topics->of[i] = first > TOPICS_NEAR ? (gint)best : -1;
		if (topics->of[i] >= 0)
			sizes[best]++;
	}
}

static int by_size(gconstpointer a, gconstpointer b, gpointer data)
{
	const guint *sizes = data, x = *(const guint *)a, y = *(const guint *)b;

	return sizes[x] != sizes[y] ? (sizes[x] < sizes[y] ? 1 : -1) : x < y ? -1 : x > y;
}

/* The largest first, those that are too small left out. */
static void put_in_order(Topics *topics, guint n_texts, const guint *sizes, guint k)
{
	guint order[TOPICS_MAX];
	gint place[TOPICS_MAX];

	for (guint g = 0; g < k; g++)
		order[g] = g;
	g_qsort_with_data(order, (gint)k, sizeof *order, by_size, (gpointer)(guintptr)sizes);
	for (guint g = 0; g < k; g++)
		place[order[g]] = sizes[order[g]] >= TOPICS_LEAST ? (gint)topics->n++ : -1;
	for (guint i = 0; i < n_texts; i++)
		topics->of[i] = topics->of[i] < 0 ? -1 : place[topics->of[i]];
}

Topics *topics_find(const char *const *texts, const char *const *hints, guint n_texts)
{
	Topics *topics = g_new0(Topics, 1);
	Space space = {0};
	guint sizes[TOPICS_MAX] = {0};
	g_autoptr(Groups) groups = NULL;

	topics->of = g_new(gint, MAX(n_texts, 1));
	topics->near = g_new0(float, MAX(n_texts, 1));
	memset(topics->of, 0xff, MAX(n_texts, 1) * sizeof(gint));
	space_init(&space, texts, hints, n_texts);
	groups = groups_find(&space);
	if (groups) {
		join(&space, groups, hints, topics, sizes);
		put_in_order(topics, n_texts, sizes, groups->k);
	}
	topics->words = topic_names(texts, topics->of, n_texts, topics->n);
	space_clear(&space);
	return topics;
}

void topics_free(Topics *topics)
{
	if (!topics)
		return;
	for (guint i = 0; i < topics->n; i++)
		g_strfreev(topics->words[i]);
	g_free(topics->words);
	g_free(topics->of);
	g_free(topics->near);
	g_free(topics);
}
