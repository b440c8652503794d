/*
 * Training: each view learns from all rows, and a second time from parts of them, so that there are scores of
 * rows it did not see; on these the weights of the views are fitted. n-grams and vectors do so by folds. The
 * fine-tuned view learns once with a tenth held out; of few rows none can be spared, so it then learns a second
 * time from all.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "nlu/classifier_private.h"
#include "ml/folds.h"
#include "ml/metrics.h"
#include "nlu/tuned.h"

enum {
	FOLDS = 5,
	HELD_OUT = 10, /* one row in so many */
	FEW_ROWS = 4000,
	ENCODE_BATCH = 64,
	MAX_FEATURES = 400000,
	HIDDEN = 128,
	ROWS_FOR_HIDDEN = 3000
};

typedef struct {
	Classifier *classifier;
	const ClassifierOptions *options;
	TrainingRows rows;
	gsize n, n_examples;
	guint n_labels, n_views, n_folds;
	const guint *classes; /* n */
	guint *folds;	      /* n: 0 to n_folds - 1, or n_folds: learnt from in each */
	gboolean *held_out;   /* n: scored by the fine-tuned view */
	float *weights;	      /* of labels */
	float *margins;	      /* n x n_views x n_labels, of examples not learnt from */
} Training;

static void training_clear(Training *t)
{
	training_rows_clear(&t->rows);
	g_free(t->folds);
	g_free(t->held_out);
	g_free(t->weights);
	g_free(t->margins);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Training, training_clear)

static const char *const *texts_of(const Training *t)
{
	return (const char *const *)t->rows.texts->pdata;
}

static gboolean tell(const Training *t, const char *stage, guint done, guint all)
{
	return !t->options->progress || t->options->progress(stage, done, all, t->options->data);
}

static float *row_margins(const Training *t, gsize row, guint view)
{
	return t->margins + (row * t->n_views + view) * t->n_labels;
}

/* The share of examples whose highest margin is their label's, rows weighing as their labels do. */
static double right_share(const Training *t, const float *margins)
{
	double right = 0, all = 0;

	for (gsize i = 0; i < t->n_examples; i++) {
		const float *row = margins + i * t->n_labels;
		guint best = 0;

		for (guint k = 1; k < t->n_labels; k++)
			best = row[k] > row[best] ? k : best;
		right += best == t->classes[i] ? (double)t->weights[t->classes[i]] : 0;
		all += (double)t->weights[t->classes[i]];
	}
	return right / all;
}

/* margins (n x labels) become the view's. */
static void take_margins(const Training *t, guint view, const float *margins)
{
	for (gsize i = 0; i < t->n_examples; i++)
		memcpy(row_margins(t, i, view), margins + i * t->n_labels,
		       t->n_labels * sizeof(float));
}

/* ---- n-grams ------------------------------------------------------------------------------------- */

typedef struct {
	GArray *starts, *indices, *values; /* gsize, guint32, float */
	GArray *classes, *weights;	   /* guint, float */
} Matrix;

static void matrix_init(Matrix *m)
{
	gsize zero = 0;

	m->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
	m->indices = g_array_new(FALSE, FALSE, sizeof(guint32));
	m->values = g_array_new(FALSE, FALSE, sizeof(float));
	m->classes = g_array_new(FALSE, FALSE, sizeof(guint));
	m->weights = g_array_new(FALSE, FALSE, sizeof(float));
	g_array_append_val(m->starts, zero);
}

static void matrix_clear(Matrix *m)
{
	g_array_unref(m->starts);
	g_array_unref(m->indices);
	g_array_unref(m->values);
	g_array_unref(m->classes);
	g_array_unref(m->weights);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Matrix, matrix_clear)

/* row: of the training. */
static void matrix_add(const Training *t, gsize row, const guint32 *indices, const float *values,
		       gsize n, Matrix *m)
{
	gsize end;

	g_array_append_vals(m->indices, indices, (guint)n);
	g_array_append_vals(m->values, values, (guint)n);
	g_array_append_val(m->classes, t->classes[row]);
	g_array_append_val(m->weights, g_array_index(t->rows.weights, float, row));
	end = m->indices->len;
	g_array_append_val(m->starts, end);
}

static Linear *matrix_train(const Training *t, const Matrix *m, double cost)
{
	LinearRows rows = {.n_rows = m->classes->len,
			   .starts = (const gsize *)(gpointer)m->starts->data,
			   .indices = (const guint32 *)(gpointer)m->indices->data,
			   .values = (const float *)(gpointer)m->values->data,
			   .weights = (const float *)(gpointer)m->weights->data};
	LinearOptions options = {.cost = cost,
				 .balance = t->options->balance,
				 .max_rounds = 30,
				 .tolerance = 0.05,
				 .seed = t->options->seed,
				 .n_threads = t->options->n_threads};

	return linear_train(&rows, features_size(t->classifier->features),
			    (const guint *)(gpointer)m->classes->data, t->n_labels, &options);
}

/* The rows of fold (or, with but, all others) of a matrix of all rows. */
static void matrix_part(const Training *t, const Matrix *all, guint fold, gboolean but,
			Matrix *part)
{
	const gsize *starts = (const gsize *)(gpointer)all->starts->data;

	matrix_init(part);
	for (gsize i = 0; i < t->n; i++)
		if ((t->folds[i] == fold) != but)
			matrix_add(t, i, &g_array_index(all->indices, guint32, starts[i]),
				   &g_array_index(all->values, float, starts[i]),
				   starts[i + 1] - starts[i], part);
}

static void score_fold(const Training *t, const Matrix *all, const Linear *linear, guint fold,
		       float *margins)
{
	const gsize *starts = (const gsize *)(gpointer)all->starts->data;

	for (gsize i = 0; i < t->n; i++)
		if (t->folds[i] == fold)
			linear_margins(linear, &g_array_index(all->indices, guint32, starts[i]),
				       &g_array_index(all->values, float, starts[i]),
				       starts[i + 1] - starts[i], NULL, margins + i * t->n_labels);
}

/* The file holds 8 bits a weight and one scale a feature; so the classifier does from the start. */
static void round_weights(Linear *linear)
{
	gsize n = (gsize)linear->n_features + linear->n_dense + 1;

	for (gsize f = 0; f < n; f++) {
		float *w = linear->weights + f * linear->n_outputs, most = 0, scale;

		for (guint o = 0; o < linear->n_outputs; o++)
			most = MAX(most, fabsf(w[o]));
		scale = most / 127;
		for (guint o = 0; o < linear->n_outputs && most > 0; o++)
			w[o] = roundf(w[o] / scale) * scale;
	}
}

static void make_rows(const Training *t, Matrix *all)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	g_auto(FeatureRow) row = {0};

	for (gsize i = 0; i < t->n; i++) {
		GArray *keys = g_array_new(FALSE, FALSE, sizeof(guint32));

		classifier_keys(t->classifier, texts_of(t)[i], keys);
		g_ptr_array_add(rows, keys);
	}
	t->classifier->features = features_build((const GArray *const *)rows->pdata, t->n,
						 t->n > 1000 ? 2 : 1, MAX_FEATURES);
	for (gsize i = 0; i < t->n; i++) {
		const GArray *keys = rows->pdata[i];

		features_weigh(t->classifier->features, (const guint32 *)(gpointer)keys->data,
			       keys->len, &row);
		matrix_add(t, i, row.indices, row.values, row.n, all);
	}
}

/* Costs to choose from, the most promising first: how much a row on the wrong side weighs against small weights. */
static const double costs[] = {1, 0.3, 3, 0.1, 10, 0.03, 0.5, 2};

static void grams_folds(const Training *t, const Matrix *all, double cost, float *margins)
{
	for (guint fold = 0; fold < t->n_folds; fold++) {
		g_auto(Matrix) part;
		g_autoptr(Linear) linear = NULL;

		matrix_part(t, all, fold, TRUE, &part);
		linear = matrix_train(t, &part, cost);
		score_fold(t, all, linear, fold, margins);
	}
}

static void train_grams(Training *t, guint view)
{
	g_autofree float *margins = g_new(float, t->n * t->n_labels + 1);
	guint n_tries = CLAMP(t->options->n_tries, 1, G_N_ELEMENTS(costs));
	double best = 0, best_share = -1;
	g_auto(Matrix) all;

	matrix_init(&all);
	make_rows(t, &all);
	for (guint c = 0; c < n_tries; c++) {
		double share;

		tell(t, "n-grams", c, n_tries + 1);
		grams_folds(t, &all, costs[c], margins);
		share = right_share(t, margins);
		if (share <= best_share)
			continue;
		best = costs[c];
		best_share = share;
		take_margins(t, view, margins);
	}
	t->classifier->cost = best;
	t->classifier->linear = matrix_train(t, &all, best);
	round_weights(t->classifier->linear);
}

/* ---- vectors ------------------------------------------------------------------------------------- */

static float *encode(const Training *t, GError **error)
{
	g_autofree float *vectors = g_try_new(float, t->n *ENCODER_DIMENSIONS + 1);

	if (!vectors) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
			    "the vectors of %" G_GSIZE_FORMAT
			    " texts need more memory than there is",
			    t->n);
		return NULL;
	}
	for (gsize i = 0; i < t->n; i += ENCODE_BATCH) {
		if (!vector_memo_encode(t->options->memo, t->classifier->encoder, texts_of(t) + i,
					MIN(ENCODE_BATCH, t->n - i),
					vectors + i * ENCODER_DIMENSIONS, error))
			return NULL;
		tell(t, "vectors", (guint)i, (guint)t->n);
	}
	return g_steal_pointer(&vectors);
}

/* Networks to choose from: how much their weights are held down hangs on how hard the task is. */
typedef struct {
	guint n_hidden;
	double rate, decay;
	gsize rows_needed;
} HeadChoice;

static const HeadChoice head_choices[] = {
	{0, 0.01, 0.012, 0},
	{0, 0.01, 0.05, 0},
	{0, 0.01, 0.2, 0},
	{0, 0.01, 0.8, 0},
	{0, 0.01, 2.5, 0},
	{HIDDEN, 0.002, 0.001, ROWS_FOR_HIDDEN},
	{HIDDEN, 0.002, 0.01, ROWS_FOR_HIDDEN},
};

static Head *vectors_head(const Training *t, const HeadChoice *choice, const float *vectors,
			  const guint *classes, gsize n)
{
	Head *head = head_new(ENCODER_DIMENSIONS, choice->n_hidden, t->n_labels, t->options->seed);
	HeadOptions options = {.rate = choice->rate,
			       .decay = choice->decay,
			       .n_epochs = (guint)CLAMP(100000 / n, 12, 60),
			       .batch = 64,
			       .seed = t->options->seed,
			       .weights = t->weights};

	head_standardise(head, vectors, n);
	head_train(head, vectors, classes, n, &options);
	return head;
}

/* margins (n x labels) of the fold's rows are set. */
static void vectors_fold(const Training *t, const HeadChoice *choice, const float *vectors,
			 guint fold, float *margins)
{
	g_autofree float *some = g_new(float, t->n *ENCODER_DIMENSIONS + 1);
	g_autofree guint *classes = g_new(guint, t->n + 1);
	g_autoptr(Head) head = NULL;
	gsize n = 0;

	for (gsize i = 0; i < t->n; i++)
		if (t->folds[i] != fold) {
			memcpy(some + n * ENCODER_DIMENSIONS, vectors + i * ENCODER_DIMENSIONS,
			       ENCODER_DIMENSIONS * sizeof(float));
			classes[n++] = t->classes[i];
		}
	head = vectors_head(t, choice, some, classes, n);
	for (gsize i = 0; i < t->n; i++)
		if (t->folds[i] == fold)
			head_logits(head, vectors + i * ENCODER_DIMENSIONS, 1,
				    margins + i * t->n_labels);
}

static const HeadChoice *choose_head(const Training *t, const float *vectors, guint view)
{
	g_autofree float *margins = g_new(float, t->n * t->n_labels + 1);
	const HeadChoice *best = NULL;
	double best_share = -1;

	for (gsize c = 0; c < G_N_ELEMENTS(head_choices); c++) {
		double share;

		if (t->n < head_choices[c].rows_needed)
			continue;
		for (guint fold = 0; fold < t->n_folds; fold++)
			vectors_fold(t, &head_choices[c], vectors, fold, margins);
		share = right_share(t, margins);
		if (share <= best_share)
			continue;
		best = &head_choices[c];
		best_share = share;
		take_margins(t, view, margins);
	}
	return best;
}

static gboolean train_vectors(Training *t, guint view, GError **error)
{
	g_autofree float *vectors = NULL;

	t->classifier->encoder =
		encoder_open(t->options->encoder_path, t->options->n_threads, error);
	vectors = t->classifier->encoder ? encode(t, error) : NULL;
	if (!vectors)
		return FALSE;
	t->classifier->head =
		vectors_head(t, choose_head(t, vectors, view), vectors, t->classes, t->n);
	return TRUE;
}

/* ---- fine-tuning --------------------------------------------------------------------------------- */

static gboolean tuning_goes_on(guint done, guint all, double loss, gpointer data)
{
	const Training *t = data;

	(void)loss;
	return tell(t, "fine-tuning", done, all);
}

static gboolean tune(Training *t, const gboolean *held_out, gint64 budget_s, float **ret_held,
		     GError **error)
{
	TunedRows rows = {.encoder_path = t->options->encoder_path,
			  .texts = texts_of(t),
			  .classes = t->classes,
			  .held_out = held_out,
			  .n = t->n,
			  .n_classes = t->n_labels,
			  .weights = t->weights};
	TunedOptions options;
	g_autoptr(Adapter) adapter = NULL;

	tuned_options_default(t->n, t->n_labels, budget_s, &options);
	options.seed = t->options->seed;
	options.checkpoint = t->options->checkpoint;
	options.progress = tuning_goes_on;
	options.data = t;
	g_clear_pointer(&t->classifier->tuned_head, head_free);
	g_clear_pointer(&t->classifier->adapter, g_byte_array_unref);
	if (!tuned_train(&rows, &options, &adapter, &t->classifier->tuned_head, ret_held, error))
		return FALSE;
	t->classifier->adapter = adapter_format(adapter, "{}");
	return TRUE;
}

static gboolean train_tuned(Training *t, guint view, GError **error)
{
	g_autofree guint *tenths = g_new(guint, t->n + 1);
	g_autofree float *held = NULL;
	gboolean few = t->n < FEW_ROWS;
	gsize k = 0;

	t->held_out = g_new0(gboolean, t->n + 1);
	folds_stratified(t->classes, t->n_examples, t->n_labels, few ? FOLDS : HELD_OUT,
			 t->options->seed, tenths);
	for (gsize i = 0; i < t->n_examples; i++)
		t->held_out[i] = tenths[i] == 0;
	if (!tune(t, t->held_out, few ? t->options->budget_s / 2 : t->options->budget_s, &held,
		  error))
		return FALSE;
	for (gsize i = 0; i < t->n; i++)
		if (t->held_out[i])
			memcpy(row_margins(t, i, view), held + k++ * t->n_labels,
			       t->n_labels * sizeof(float));
	if (few) {
		g_autofree gboolean *none = g_new0(gboolean, t->n + 1);

		return tune(t, none, t->options->budget_s / 2, NULL, error);
	}
	return TRUE;
}

/* ---- putting together ---------------------------------------------------------------------------- */

typedef struct {
	double score;
	gboolean in_scope, right;
} Scoped;

static int lower_first(gconstpointer a, gconstpointer b)
{
	double x = ((const Scoped *)a)->score, y = ((const Scoped *)b)->score;

	return (x > y) - (x < y);
}

/* With examples of what is out of scope: where right answers and refusals together are most. Without: what one
 * row in twenty in scope lies below. */
static double find_threshold(Scoped *rows, gsize n, gsize n_out)
{
	double n_in = (double)(n - n_out), right = 0, refused = 0, best = -1, threshold = 0;

	qsort(rows, n, sizeof *rows, lower_first);
	if (!n_out)
		return n ? rows[n / 20].score : 0;
	for (gsize i = 0; i < n; i++)
		right += rows[i].in_scope && rows[i].right;
	for (gsize i = 0; i < n; i++) {
		double value = right / MAX(n_in, 1) + refused / (double)n_out;

		if (value > best) {
			best = value;
			threshold = i ? (rows[i - 1].score + rows[i].score) / 2 : rows[i].score;
		}
		right -= rows[i].in_scope && rows[i].right;
		refused += !rows[i].in_scope;
	}
	return threshold;
}

static void fit_oos(const Training *t, const float *margins, const guint *classes, gsize n)
{
	Classifier *c = t->classifier;
	g_autofree Scoped *rows = g_new(Scoped, n + 1);
	g_autofree double *p = g_new(double, t->n_labels + 1);
	gsize stride = (gsize)t->n_views * t->n_labels, n_out = 0;

	c->oos_label = labels_find(c->labels, CLASSIFIER_OOS);
	for (gsize i = 0; i < n; i++) {
		guint best = 0;

		calibration_apply(c->calibration, margins + i * stride, p);
		for (guint k = 1; k < t->n_labels; k++)
			best = (int)best == c->oos_label ||
					       ((int)k != c->oos_label && p[k] > p[best])
				       ? k
				       : best;
		rows[i] = (Scoped){classifier_in_scope(c, p), (int)classes[i] != c->oos_label,
				   best == classes[i]};
		n_out += !rows[i].in_scope;
	}
	c->threshold = find_threshold(rows, n, n_out);
}

static void put_interval(JsonWriter *w, const char *key, Interval interval)
{
	json_array_begin(w, key);
	json_put_double(w, NULL, interval.low);
	json_put_double(w, NULL, interval.high);
	json_array_end(w);
}

static char *measures_json(const Metrics *m)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_int(&w, "n", (gint64)m->n);
	json_put_double(&w, "accuracy", m->accuracy);
	json_put_double(&w, "f1_macro", m->f1_macro);
	json_put_double(&w, "brier", m->brier);
	json_put_double(&w, "ece", m->ece);
	json_object_begin(&w, "ci95");
	put_interval(&w, "accuracy", m->accuracy_ci);
	put_interval(&w, "f1_macro", m->f1_macro_ci);
	json_object_end(&w);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}

/* How good it is on the rows that the views did not learn from, for the card. Weights of views and the calibration
 * were fitted to these rows, few numbers to many rows. One label more stands for what is out of scope. */
static char *measure(const Training *t, const float *margins, const guint *classes, gsize n)
{
	guint n_labels = t->n_labels, n_classes = n_labels + (t->options->oos ? 1 : 0);
	gsize stride = (gsize)t->n_views * n_labels;
	g_autofree guint *predicted = g_new(guint, n + 1);
	g_autofree double *p = g_new0(double, n *n_classes + 1);
	Predictions predictions = {n, n_classes, classes, predicted, p};
	g_auto(Metrics) metrics = {0};

	for (gsize i = 0; i < n; i++) {
		calibration_apply(t->classifier->calibration, margins + i * stride,
				  p + i * n_classes);
		predicted[i] = classifier_decide(t->classifier, p + i * n_classes);
		if (predicted[i] == n_labels && t->classifier->oos_label >= 0)
			predicted[i] = (guint)t->classifier->oos_label;
	}
	metrics_compute(&predictions, t->options->seed, &metrics);
	return measures_json(&metrics);
}

typedef struct {
	double sure;		   /* probability by n-grams */
	double quick_right, right; /* 0, or the weight of the row */
} Answer;

static int surest_first(gconstpointer a, gconstpointer b)
{
	double x = ((const Answer *)a)->sure, y = ((const Answer *)b)->sure;

	return (x < y) - (x > y);
}

/* The lowest probability from which n-grams may answer alone; 2, which none has, where they never may. */
static double find_sure(Answer *answers, gsize n, double all)
{
	double lost = 0, sure = 2;

	qsort(answers, n, sizeof *answers, surest_first);
	for (gsize i = 0; i < n; i++) {
		lost += answers[i].right - answers[i].quick_right;
		if (lost <= CASCADE_LOSS * all &&
		    (i + 1 == n || answers[i + 1].sure < answers[i].sure))
			sure = answers[i].sure;
	}
	return sure;
}

static guint likeliest_of(const Calibration *calibration, const float *margins, double *p)
{
	guint best = 0;

	calibration_apply(calibration, margins, p);
	for (guint k = 1; k < calibration->n_classes; k++)
		best = p[k] > p[best] ? k : best;
	return best;
}

/* margins (n x n_views x n_labels): those of n-grams come first. */
static void fit_cascade(const Training *t, const float *margins, const guint *classes, gsize n)
{
	Classifier *c = t->classifier;
	gsize stride = (gsize)t->n_views * t->n_labels;
	g_autofree float *quick = g_new(float, n * t->n_labels + 1);
	g_autofree Answer *answers = g_new(Answer, n + 1);
	g_autofree double *p = g_new(double, t->n_labels + 1);
	double all = 0;

	for (gsize i = 0; i < n; i++)
		memcpy(quick + i * t->n_labels, margins + i * stride, t->n_labels * sizeof *quick);
	c->quick = calibration_fit(quick, classes, n, 1, t->n_labels, t->weights);
	for (gsize i = 0; i < n; i++) {
		double weight = (double)t->weights[classes[i]];
		guint slow = likeliest_of(c->calibration, margins + i * stride, p);
		guint fast = likeliest_of(c->quick, quick + i * t->n_labels, p);

		answers[i] = (Answer){p[fast], fast == classes[i] ? weight : 0,
				      slow == classes[i] ? weight : 0};
		all += weight;
	}
	c->sure = find_sure(answers, n, all);
}

static void calibrate(Training *t)
{
	gsize stride = (gsize)t->n_views * t->n_labels, n = 0;
	g_autofree float *margins = g_new(float, t->n *stride + 1);
	g_autofree guint *classes = g_new(guint, t->n + 1);

	for (gsize i = 0; i < t->n_examples; i++) {
		if (t->held_out && !t->held_out[i])
			continue;
		memcpy(margins + n * stride, row_margins(t, i, 0), stride * sizeof(float));
		classes[n++] = t->classes[i];
	}
	t->classifier->calibration =
		calibration_fit(margins, classes, n, t->n_views, t->n_labels, t->weights);
	if ((t->options->views & 1U << VIEW_GRAMS) && t->n_views > 1)
		fit_cascade(t, margins, classes, n);
	if (t->options->oos)
		fit_oos(t, margins, classes, n);
	if (t->options->measure)
		t->classifier->held_out = measure(t, margins, classes, n);
}

static char *hash_rows(const Examples *e)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; i < e->texts->len; i++) {
		const char *label = e->labels->pdata[g_array_index(e->classes, guint, i)];

		g_checksum_update(sum, e->texts->pdata[i], (gssize)strlen(e->texts->pdata[i]) + 1);
		g_checksum_update(sum, (const guint8 *)label, (gssize)strlen(label) + 1);
	}
	return g_strdup(g_checksum_get_string(sum));
}

static gboolean enough(const Examples *e, GError **error)
{
	if (e->labels->len < 2) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "all rows have the label '%s': at least two labels are needed",
			    e->labels->len ? (const char *)e->labels->pdata[0] : "");
		return FALSE;
	}
	return TRUE;
}

/* Mean 1 over the examples. */
static float *label_weights(const Training *t)
{
	float *weights = g_new0(float, t->n_labels + 1);

	for (gsize i = 0; i < t->n_examples; i++)
		weights[t->classes[i]]++;
	for (guint c = 0; c < t->n_labels; c++)
		weights[c] = weights[c] > 0 ? (float)pow((double)t->n_examples / t->n_labels /
								 (double)weights[c],
							 t->options->balance)
					    : 1;
	return weights;
}

/* A text that stands there more than once is in one fold: else n-grams, which know it by heart, look better on what was
 * held out than they are on new texts. */
static void keep_same_texts_together(const Training *t)
{
	g_autoptr(GHashTable) first = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; i < t->n_examples; i++) {
		char *text = t->rows.texts->pdata[i];
		gpointer fold = g_hash_table_lookup(first, text);

		if (fold)
			t->folds[i] = GPOINTER_TO_UINT(fold) - 1;
		else
			g_hash_table_insert(first, text, GUINT_TO_POINTER(t->folds[i] + 1));
	}
}

static gboolean make_training(Training *t, const Examples *e, GError **error)
{
	if (!training_rows_make(&t->rows, e, t->options, error))
		return FALSE;
	t->n = t->rows.texts->len;
	t->n_examples = e->texts->len;
	t->n_labels = e->labels->len;
	t->classes = (const guint *)(gpointer)t->rows.classes->data;
	t->folds = g_new(guint, t->n + 1);
	t->n_folds = t->options->n_folds ? t->options->n_folds : FOLDS;
	folds_stratified(t->classes, t->n_examples, t->n_labels, t->n_folds, t->options->seed,
			 t->folds);
	keep_same_texts_together(t);
	for (gsize i = t->n_examples; i < t->n; i++)
		t->folds[i] = t->n_folds;
	t->weights = label_weights(t);
	return TRUE;
}

static Classifier *classifier_new(const Examples *e, const ClassifierOptions *o)
{
	Classifier *c = g_new0(Classifier, 1);

	c->task = g_strdup(o->task);
	c->views = o->views;
	c->without = o->without;
	c->oos = o->oos;
	c->oos_label = -1;
	c->seed = o->seed;
	c->n_rows = e->texts->len;
	c->n_threads = o->n_threads;
	c->data_sha256 = hash_rows(e);
	c->labels = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < e->labels->len; i++)
		g_ptr_array_add(c->labels, g_strdup(e->labels->pdata[i]));
	return c;
}

static gboolean train_views(Training *t, GError **error)
{
	guint view = 0;

	if (t->options->views & 1U << VIEW_GRAMS)
		train_grams(t, view++);
	if ((t->options->views & 1U << VIEW_VECTORS) && !train_vectors(t, view++, error))
		return FALSE;
	return !(t->options->views & 1U << VIEW_TUNED) || train_tuned(t, view, error);
}

Classifier *classifier_train(const Examples *e, const ClassifierOptions *options, GError **error)
{
	g_autoptr(Classifier) c = NULL;
	g_auto(Training) t = {.options = options};

	if (!enough(e, error))
		return NULL;
	c = classifier_new(e, options);
	t.classifier = c;
	t.n_views = classifier_n_views(c);
	c->memo = options->memo;
	if (!make_training(&t, e, error))
		return NULL;
	c->n_unlabelled = options->unlabelled ? options->unlabelled->len : 0;
	c->teacher_sha256 = options->teacher ? g_strdup(options->teacher->data_sha256) : NULL;
	t.margins = g_try_new0(float, t.n *t.n_views *t.n_labels + 1);
	if (!t.margins) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
			    "too many rows and labels for the memory");
		return NULL;
	}
	if (!train_views(&t, error))
		return NULL;
	calibrate(&t);
	if (!classifier_open_encoder(c, options->encoder_path, options->n_threads, error))
		return NULL;
	return g_steal_pointer(&c);
}
