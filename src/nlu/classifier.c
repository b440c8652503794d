/* Use: margins view by view, then one calibrated softmax. n-grams are dealt over threads by stretches of rows. */
#include "nlu/classifier.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "nlu/classifier_private.h"
#include "nlu/grams.h"
#include "text/normalise.h"

enum { LEAST_PER_THREAD = 32, LEARN_STEPS = 20 };
static const double LEARN_MORE = 0.5, LEARN_ENOUGH = 1e-3;

static const char *const view_names[N_CLASSIFIER_VIEWS] = {"grams", "vectors", "tuned"};

const char *classifier_view_name(ClassifierView view)
{
	return view_names[view];
}

guint classifier_views_parse(const char *names, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(names, ",", -1);
	guint views = 0;

	for (guint i = 0; parts[i]; i++) {
		guint view = 0;

		while (view < N_CLASSIFIER_VIEWS && !g_str_equal(parts[i], view_names[view]))
			view++;
		if (view == N_CLASSIFIER_VIEWS) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "there is no view '%s' (grams, vectors, tuned)", parts[i]);
			return 0;
		}
		views |= 1U << view;
	}
	if (!views)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "name at least one view");
	return views;
}

void classifier_free(Classifier *c)
{
	if (!c)
		return;
	g_free(c->task);
	g_clear_pointer(&c->labels, g_ptr_array_unref);
	g_clear_pointer(&c->features, features_free);
	g_clear_pointer(&c->linear, linear_free);
	g_clear_pointer(&c->head, head_free);
	g_clear_pointer(&c->tuned_head, head_free);
	g_clear_pointer(&c->adapter, g_byte_array_unref);
	g_clear_pointer(&c->encoder, encoder_free);
	g_clear_pointer(&c->tuned_encoder, encoder_free);
	g_clear_pointer(&c->calibration, calibration_free);
	g_clear_pointer(&c->quick, calibration_free);
	g_free(c->data_sha256);
	g_free(c->teacher_sha256);
	g_free(c->held_out);
	g_free(c->card);
	g_free(c);
}

void classifier_use_memo(Classifier *c, VectorMemo *memo)
{
	c->memo = memo;
}

guint classifier_views(const Classifier *c)
{
	return c->views;
}

guint classifier_n_views(const Classifier *c)
{
	return (guint)__builtin_popcount(c->views);
}

const char *classifier_task(const Classifier *c)
{
	return c->task;
}

const GPtrArray *classifier_labels(const Classifier *c)
{
	return c->labels;
}

const char *classifier_card(const Classifier *c)
{
	return c->card;
}

void classifier_lend_encoder(Classifier *c, const Encoder *encoder)
{
	c->lent = encoder;
}

gboolean classifier_open_encoder(Classifier *c, const char *path, guint n_threads, GError **error)
{
	guint views = c->views & ~(1U << VIEW_GRAMS);

	c->n_threads = n_threads;
	if (!views)
		return TRUE;
	if (!path) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "the model needs the encoder, and there is none (./dev build fetches "
			    "it; --encoder "
			    "FILE names another)");
		return FALSE;
	}
	if ((views & 1U << VIEW_VECTORS) && !c->encoder && !c->lent &&
	    !(c->encoder = encoder_open(path, n_threads, error)))
		return FALSE;
	if (!(views & 1U << VIEW_TUNED) || c->tuned_encoder)
		return TRUE;
	c->tuned_encoder = encoder_open(path, n_threads, error);
	return c->tuned_encoder &&
	       encoder_correct(c->tuned_encoder, c->adapter->data, c->adapter->len, error);
}

/* ---- n-grams ------------------------------------------------------------------------------------- */

void classifier_keys(const Classifier *c, const char *text, GArray *keys)
{
	g_autofree char *normal =
		(c->without & 1U << PART_FOLDING ? text_clean : text_normalise)(text, -1);
	guint kinds = GRAMS_ALL;

	kinds &= ~(c->without & 1U << PART_LETTERS ? (guint)GRAMS_LETTERS : 0);
	kinds &= ~(c->without & 1U << PART_RUNS ? (guint)GRAMS_RUNS : 0);
	grams_append(normal, kinds, keys, NULL);
}

typedef struct {
	const Classifier *classifier;
	const char *const *texts;
	gsize n, stride; /* of margins, from one text to the next */
	float *margins;
} Stretch;

static gpointer grams_work(gpointer data)
{
	const Stretch *s = data;
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_auto(FeatureRow) row = {0};

	for (gsize i = 0; i < s->n; i++) {
		g_array_set_size(keys, 0);
		classifier_keys(s->classifier, s->texts[i], keys);
		features_weigh(s->classifier->features, (const guint32 *)(gpointer)keys->data,
			       keys->len, &row);
		linear_margins(s->classifier->linear, row.indices, row.values, row.n, NULL,
			       s->margins + i * s->stride);
	}
	return NULL;
}

static void grams_margins(const Classifier *c, const char *const *texts, gsize n, gsize stride,
			  float *margins)
{
	guint n_threads = (guint)CLAMP(n / LEAST_PER_THREAD, 1, MAX(c->n_threads, 1U));
	g_autofree Stretch *stretches = g_new(Stretch, n_threads);
	g_autofree GThread **threads = g_new0(GThread *, n_threads);

	for (guint t = 0; t < n_threads; t++) {
		gsize first = n * t / n_threads, end = n * (t + 1) / n_threads;

		stretches[t] =
			(Stretch){c, texts + first, end - first, stride, margins + first * stride};
		if (t)
			threads[t] = g_thread_new("grams", grams_work, &stretches[t]);
	}
	grams_work(&stretches[0]);
	for (guint t = 1; t < n_threads; t++)
		g_thread_join(threads[t]);
}

/* ---- encoder ------------------------------------------------------------------------------------- */

static gboolean head_margins(VectorMemo *memo, const Encoder *encoder, const Head *head,
			     const char *const *texts, gsize n, gsize stride, float *margins,
			     GError **error)
{
	g_autofree float *vectors = g_new(float, n *ENCODER_DIMENSIONS + 1);
	g_autofree float *logits = g_new(float, n * head->n_classes + 1);

	if (!vector_memo_encode(memo, encoder, texts, n, vectors, error))
		return FALSE;
	head_logits(head, vectors, n, logits);
	for (gsize i = 0; i < n; i++)
		memcpy(margins + i * stride, logits + i * head->n_classes,
		       head->n_classes * sizeof(float));
	return TRUE;
}

/* margins: of the first view of the encoder. */
static gboolean encoder_margins(const Classifier *c, const char *const *texts, gsize n,
				float *margins, GError **error)
{
	gsize n_labels = c->labels->len, stride = n_labels * classifier_n_views(c);

	if (c->views & 1U << VIEW_VECTORS) {
		if (!head_margins(c->memo, c->lent ? c->lent : c->encoder, c->head, texts, n,
				  stride, margins, error))
			return FALSE;
		margins += n_labels;
	}
	return !(c->views & 1U << VIEW_TUNED) || head_margins(NULL, c->tuned_encoder, c->tuned_head,
							      texts, n, stride, margins, error);
}

gboolean classifier_margins(const Classifier *c, const char *const *texts, gsize n, float *margins,
			    GError **error)
{
	gsize n_labels = c->labels->len, stride = n_labels * classifier_n_views(c);

	if (c->views & 1U << VIEW_GRAMS) {
		grams_margins(c, texts, n, stride, margins);
		margins += n_labels;
	}
	return encoder_margins(c, texts, n, margins, error);
}

/* ---- answers ------------------------------------------------------------------------------------- */

gboolean classifier_predict(const Classifier *c, const char *const *texts, gsize n,
			    double *probabilities, GError **error)
{
	gsize n_labels = c->labels->len, stride = n_labels * classifier_n_views(c);
	g_autofree float *margins = g_new(float, n *stride + 1);

	if (!classifier_margins(c, texts, n, margins, error))
		return FALSE;
	for (gsize i = 0; i < n; i++)
		calibration_apply(c->calibration, margins + i * stride,
				  probabilities + i * n_labels);
	return TRUE;
}

/* The calibration by which n-grams answer alone, or NULL. */
static const Calibration *quick_calibration(const Classifier *c)
{
	return c->views == 1U << VIEW_GRAMS ? c->calibration : c->quick;
}

/* margins (n x labels) of n-grams. */
static void quick_apply(const Classifier *c, const float *margins, gsize n, double *probabilities,
			gboolean *sure)
{
	gsize n_labels = c->labels->len;

	for (gsize i = 0; i < n; i++) {
		double *p = probabilities + i * n_labels, most = 0;

		calibration_apply(quick_calibration(c), margins + i * n_labels, p);
		for (gsize k = 0; k < n_labels; k++)
			most = MAX(most, p[k]);
		sure[i] = c->views == 1U << VIEW_GRAMS || most >= c->sure;
	}
}

gboolean classifier_predict_quick(const Classifier *c, const char *const *texts, gsize n,
				  double *probabilities, gboolean *sure)
{
	g_autofree float *margins = NULL;

	if (!quick_calibration(c))
		return FALSE;
	margins = g_new(float, n * c->labels->len + 1);
	grams_margins(c, texts, n, c->labels->len, margins);
	quick_apply(c, margins, n, probabilities, sure);
	return TRUE;
}

/* The texts about which n-grams are not sure: of these the rows of ret_margins (n_views x n_labels) have the margins of
 * n-grams, and ret_rows their places. Of the others probabilities are set. */
static gsize quick_answers(const Classifier *c, const char *const *texts, gsize n,
			   double *probabilities, float *ret_margins, gsize *ret_rows)
{
	gsize n_labels = c->labels->len, stride = n_labels * classifier_n_views(c), n_unsure = 0;
	g_autofree float *margins = g_new(float, n *n_labels + 1);
	g_autofree gboolean *sure = g_new(gboolean, n + 1);

	grams_margins(c, texts, n, n_labels, margins);
	quick_apply(c, margins, n, probabilities, sure);
	for (gsize i = 0; i < n; i++) {
		if (sure[i])
			continue;
		memcpy(ret_margins + n_unsure * stride, margins + i * n_labels,
		       n_labels * sizeof *margins);
		ret_rows[n_unsure++] = i;
	}
	return n_unsure;
}

gboolean classifier_predict_cascade(const Classifier *c, const char *const *texts, gsize n,
				    double *probabilities, gsize *ret_n_asked, GError **error)
{
	gsize n_labels = c->labels->len, stride = n_labels * classifier_n_views(c);
	g_autofree float *margins = g_new(float, n *stride + 1);
	g_autofree gsize *rows = g_new(gsize, n + 1);
	g_autofree const char **asked = g_new(const char *, n + 1);

	*ret_n_asked = c->views == 1U << VIEW_GRAMS ? 0 : n;
	if (!c->quick)
		return classifier_predict(c, texts, n, probabilities, error);
	*ret_n_asked = quick_answers(c, texts, n, probabilities, margins, rows);
	for (gsize i = 0; i < *ret_n_asked; i++)
		asked[i] = texts[rows[i]];
	if (!encoder_margins(c, asked, *ret_n_asked, margins + n_labels, error))
		return FALSE;
	for (gsize i = 0; i < *ret_n_asked; i++)
		calibration_apply(c->calibration, margins + i * stride,
				  probabilities + rows[i] * n_labels);
	return TRUE;
}

static guint likeliest(const Classifier *c, const double *p, int but)
{
	guint best = but == 0 ? 1 : 0;

	for (guint k = 0; k < c->labels->len; k++)
		if ((int)k != but && p[k] > p[best])
			best = k;
	return best;
}

double classifier_in_scope(const Classifier *c, const double *p)
{
	return p[likeliest(c, p, c->oos_label)];
}

guint classifier_decide(const Classifier *c, const double *p)
{
	if (!c->oos)
		return likeliest(c, p, -1);
	if (classifier_in_scope(c, p) < c->threshold)
		return c->labels->len;
	return likeliest(c, p, c->oos_label);
}

gboolean classifier_refuses(const Classifier *c)
{
	return c->oos;
}

/* ---- corrections --------------------------------------------------------------------------------- */

/* How far n-grams are from being sure of the label by a margin of the likeliest other one: 0 or less, not at all. */
static double behind(const Classifier *c, const char *text, guint label, guint *ret_other)
{
	g_autofree double *p = g_new(double, c->labels->len);
	double odds = c->sure < 1 ? log(c->sure / (1 - c->sure)) : 0, margin = MAX(odds, 1), ahead;
	gboolean sure;

	if (!classifier_predict_quick(c, &text, 1, p, &sure))
		return 0;
	*ret_other = likeliest(c, p, (int)label);
	ahead = log(MAX(p[label], DBL_MIN)) - log(MAX(p[*ret_other], DBL_MIN));
	/* several others may keep it from being sure of one that is ahead of each */
	if (ahead > 0 && !sure && c->sure < 1)
		margin = MAX(margin, ahead + LEARN_MORE);
	return margin - ahead;
}

static void move(Linear *linear, const FeatureRow *row, guint label, double step)
{
	gboolean is_one = linear->n_outputs == 1;

	for (guint i = 0; i < row->n; i++) {
		float *w = linear->weights + (gsize)row->indices[i] * linear->n_outputs;

		w[is_one ? 0 : label] +=
			(float)((is_one && !label ? -step : step) * (double)row->values[i]);
	}
}

void classifier_learn(Classifier *c, const char *text, guint label)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_auto(FeatureRow) row = {0};
	double scale = quick_calibration(c) ? quick_calibration(c)->scale[0] : 0, length = 0, loss;
	guint other = 0;

	if (scale <= 0)
		return;
	classifier_keys(c, text, keys);
	features_weigh(c->features, (const guint32 *)(gpointer)keys->data, keys->len, &row);
	for (guint i = 0; i < row.n; i++)
		length += (double)row.values[i] * (double)row.values[i];
	for (guint n = 0; length > 0 && n < LEARN_STEPS; n++) {
		loss = behind(c, text, label, &other);
		if (loss <= LEARN_ENOUGH)
			return;
		move(c->linear, &row, label, loss / (2 * scale * length));
		if (c->linear->n_outputs > 1)
			move(c->linear, &row, other, -loss / (2 * scale * length));
	}
}

/* ---- reasons ------------------------------------------------------------------------------------- */

void classifier_reason_clear(gpointer reason)
{
	g_clear_pointer(&((ClassifierReason *)reason)->piece, g_free);
}

static int stronger_first(gconstpointer a, gconstpointer b)
{
	const ClassifierReason *x = a, *y = b;
	double wx = fabs(x->weight), wy = fabs(y->weight);

	return wx != wy ? (wx < wy) - (wx > wy) : strcmp(x->piece, y->piece);
}

/* How much feature speaks for the label against the others. */
static double speaks(const Linear *linear, guint feature, guint label)
{
	const float *w = linear->weights + (gsize)feature * linear->n_outputs;
	double others = 0;

	if (linear->n_outputs == 1)
		return label ? (double)w[0] : -(double)w[0];
	for (guint o = 0; o < linear->n_outputs; o++)
		others += o == label ? 0 : (double)w[o];
	return (double)w[label] - others / (linear->n_outputs - 1);
}

GArray *classifier_explain(const Classifier *c, const char *text, guint label, guint n_most)
{
	g_autofree char *normal = text_normalise(text, -1);
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(GramSpan));
	g_autoptr(GHashTable) weights =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	GArray *reasons = g_array_new(FALSE, TRUE, sizeof(ClassifierReason));
	g_auto(FeatureRow) row = {0};
	GHashTableIter iter;
	gpointer piece, weight;

	g_array_set_clear_func(reasons, classifier_reason_clear);
	if (!(c->views & 1U << VIEW_GRAMS) || label >= c->labels->len)
		return reasons;
	grams_append(normal, GRAMS_ALL, keys, spans);
	for (guint i = 0; i < keys->len; i++) {
		const GramSpan *span = &g_array_index(spans, GramSpan, i);
		char *own = g_strndup(normal + span->start, span->end - span->start);
		double *sum = g_hash_table_lookup(weights, own);

		features_weigh(c->features, &g_array_index(keys, guint32, i), 1, &row);
		if (!sum)
			g_hash_table_insert(weights, g_strdup(own), sum = g_new0(double, 1));
		if (row.n)
			*sum += speaks(c->linear, row.indices[0], label) *
				(double)features_idf(c->features, row.indices[0]);
		g_free(own);
	}
	g_hash_table_iter_init(&iter, weights);
	while (g_hash_table_iter_next(&iter, &piece, &weight)) {
		ClassifierReason reason = {g_strdup(piece), *(double *)weight};

		g_array_append_val(reasons, reason);
	}
	g_array_sort(reasons, stronger_first);
	g_array_set_size(reasons, MIN(reasons->len, n_most));
	return reasons;
}
