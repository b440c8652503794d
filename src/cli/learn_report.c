/* The JSON is the whole of it; the table shows what a person looks at first. */
#include "cli/learn_report.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "cli/open.h"
#include "ml/metrics.h"
#include "nlu/levels.h"
#include "text/language.h"

enum { WORST = 20, SHOWN_LABELS = 30, LENGTHS = 4, BINS = 15 };

void learn_report_init(LearnReport *report, const char *task)
{
	memset(report, 0, sizeof *report);
	report->task = task;
	report->labels = g_ptr_array_new_with_free_func(g_free);
}

void learn_report_clear(LearnReport *report)
{
	g_clear_pointer(&report->labels, g_ptr_array_unref);
	g_clear_pointer(&report->truth, g_free);
	g_clear_pointer(&report->predicted, g_free);
	g_clear_pointer(&report->probabilities, g_free);
	g_clear_pointer(&report->folds, g_free);
}

/* Without a row that is out of scope there is no such label. */
static guint n_shown(const LearnReport *r)
{
	guint last = r->labels->len - 1;

	for (gsize i = 0; i < r->n; i++)
		if (r->truth[i] == last || r->predicted[i] == last)
			return r->labels->len;
	return last;
}

static void compute(const LearnReport *r, Metrics *metrics)
{
	guint n_labels = n_shown(r);
	g_autofree double *p = g_new(double, r->n *n_labels + 1);
	Predictions predictions = {r->n, n_labels, r->truth, r->predicted, p};

	for (gsize i = 0; i < r->n; i++)
		memcpy(p + i * n_labels, r->probabilities + i * r->labels->len,
		       n_labels * sizeof *p);
	metrics_compute(&predictions, r->seed, metrics);
}

static void put_interval(JsonWriter *w, const char *key, Interval interval)
{
	json_array_begin(w, key);
	json_put_double(w, NULL, interval.low);
	json_put_double(w, NULL, interval.high);
	json_array_end(w);
}

static void put_classes(const LearnReport *r, const Metrics *m, JsonWriter *w)
{
	json_array_begin(w, "labels");
	for (guint c = 0; c < m->n_classes; c++) {
		json_object_begin(w, NULL);
		json_put_string(w, "label", r->labels->pdata[c]);
		json_put_int(w, "n", (gint64)m->classes[c].support);
		json_put_double(w, "precision", m->classes[c].precision);
		json_put_double(w, "recall", m->classes[c].recall);
		json_put_double(w, "f1", m->classes[c].f1);
		json_object_end(w);
	}
	json_array_end(w);
	json_array_begin(w, "confusion");
	for (guint t = 0; t < m->n_classes; t++) {
		json_array_begin(w, NULL);
		for (guint p = 0; p < m->n_classes; p++)
			json_put_int(w, NULL, (gint64)m->confusion[t * m->n_classes + p]);
		json_array_end(w);
	}
	json_array_end(w);
}

/* ---- levels -------------------------------------------------------------------------------------- */

typedef struct {
	guint n_labels;
	double accuracy, f1_macro;
} LevelMeasures;

/* Levels above the whole labels; 0 where they have none. The last label, out of scope, is none of the file's. */
static guint n_levels(const LearnReport *r)
{
	return labels_depth(r->labels, r->labels->len - 1) - 1;
}

/* As of the whole labels: accuracy over all rows, F1 as the mean over folds. */
static LevelMeasures measure_level(const LearnReport *r, guint level)
{
	g_autofree guint *of = g_new(guint, r->labels->len);
	g_autoptr(GPtrArray) cut = labels_cut(r->labels, level, of);
	g_autofree guint *truth = g_new(guint, r->n + 1);
	g_autofree guint *told = g_new(guint, r->n + 1);
	guint n_folds = MAX(r->n_folds, 1);
	LevelMeasures sum = {0};

	for (guint c = 0; c + 1 < r->labels->len; c++)
		sum.n_labels = MAX(sum.n_labels, of[c] + 1);
	for (guint f = 0; f < n_folds; f++) {
		double accuracy, f1_macro;
		gsize n = 0;

		for (gsize i = 0; i < r->n; i++)
			if (!r->folds || r->folds[i] == f) {
				truth[n] = of[r->truth[i]];
				told[n++] = of[r->predicted[i]];
			}
		metrics_means(truth, told, n, cut->len, &accuracy, &f1_macro);
		sum.accuracy += accuracy * (double)n / (double)MAX(r->n, 1);
		sum.f1_macro += f1_macro / n_folds;
	}
	return sum;
}

static void put_levels(const LearnReport *r, JsonWriter *w)
{
	guint n = n_levels(r);

	if (!n)
		return;
	json_array_begin(w, "levels");
	for (guint level = 1; level <= n; level++) {
		LevelMeasures m = measure_level(r, level);

		json_object_begin(w, NULL);
		json_put_int(w, "level", level);
		json_put_int(w, "labels", m.n_labels);
		json_put_double(w, "accuracy", m.accuracy);
		json_put_double(w, "f1_macro", m.f1_macro);
		json_object_end(w);
	}
	json_array_end(w);
}

static void print_levels(const LearnReport *r, GString *out)
{
	guint n = n_levels(r);

	if (n)
		g_string_append_printf(out, "\n%-24s %8s %9s %9s\n", "level", "labels", "accuracy",
				       "F1");
	for (guint level = 1; level <= n; level++) {
		LevelMeasures m = measure_level(r, level);

		g_string_append_printf(out, "%-24u %8u %9.4f %9.4f\n", level, m.n_labels,
				       m.accuracy, m.f1_macro);
	}
}

/* ---- slices -------------------------------------------------------------------------------------- */

typedef struct {
	gsize n, right;
} Slice;

static guint length_slice(const char *text)
{
	glong n = g_utf8_strlen(text, -1);

	return n < 20 ? 0 : n < 60 ? 1 : n < 200 ? 2 : 3;
}

static void put_slices(JsonWriter *w, const char *const *names, const Slice *slices, guint n)
{
	for (guint s = 0; s < n; s++) {
		if (!slices[s].n)
			continue;
		json_object_begin(w, NULL);
		json_put_string(w, "slice", names[s]);
		json_put_int(w, "n", (gint64)slices[s].n);
		json_put_double(w, "accuracy", (double)slices[s].right / (double)slices[s].n);
		json_object_end(w);
	}
}

static void put_all_slices(const LearnReport *r, JsonWriter *w)
{
	static const char *const lengths[LENGTHS] = {"below 20 characters", "20 to 59 characters",
						     "60 to 199 characters",
						     "200 characters and more"};
	const char *languages[] = {"unknown", "zh", "en", "mixed"};
	Slice by_length[LENGTHS] = {{0}}, by_language[G_N_ELEMENTS(languages)] = {{0}};

	for (gsize i = 0; i < r->n; i++) {
		Slice *of[] = {&by_length[length_slice(r->texts[i])],
			       &by_language[text_language(r->texts[i])]};

		for (gsize s = 0; s < G_N_ELEMENTS(of); s++) {
			of[s]->n++;
			of[s]->right += r->truth[i] == r->predicted[i];
		}
	}
	json_array_begin(w, "slices");
	put_slices(w, languages, by_language, G_N_ELEMENTS(languages));
	put_slices(w, lengths, by_length, LENGTHS);
	json_array_end(w);
}

/* ---- worst errors -------------------------------------------------------------------------------- */

typedef struct {
	double sure;
	gsize row;
} Wrong;

static int surest_first(gconstpointer a, gconstpointer b)
{
	const Wrong *x = a, *y = b;

	return x->sure < y->sure || x->sure > y->sure ? (x->sure < y->sure) - (x->sure > y->sure)
						      : (x->row > y->row) - (x->row < y->row);
}

static void put_worst(const LearnReport *r, JsonWriter *w)
{
	g_autoptr(GArray) wrong = g_array_new(FALSE, FALSE, sizeof(Wrong));

	for (gsize i = 0; i < r->n; i++)
		if (r->truth[i] != r->predicted[i]) {
			Wrong one = {r->probabilities[i * r->labels->len + r->predicted[i]], i};

			g_array_append_val(wrong, one);
		}
	g_array_sort(wrong, surest_first);
	json_array_begin(w, "worst");
	for (guint k = 0; k < MIN(wrong->len, (guint)WORST); k++) {
		const Wrong *one = &g_array_index(wrong, Wrong, k);

		json_object_begin(w, NULL);
		json_put_int(w, "row", (gint64)one->row + 1);
		json_put_string(w, "text", r->texts[one->row]);
		json_put_string(w, "label", r->labels->pdata[r->truth[one->row]]);
		json_put_string(w, "predicted", r->labels->pdata[r->predicted[one->row]]);
		json_put_double(w, "probability", one->sure);
		json_object_end(w);
	}
	json_array_end(w);
}

/* How sure it was and how often right, by even steps of being sure: what the calibration error sums up. */
static void put_reliability(const LearnReport *r, JsonWriter *w)
{
	Slice bins[BINS] = {{0}};
	double sure[BINS] = {0};

	for (gsize i = 0; i < r->n; i++) {
		const double *p = r->probabilities + i * r->labels->len;
		double most = 0;
		guint bin;

		for (guint c = 0; c < r->labels->len; c++)
			most = MAX(most, p[c]);
		bin = MIN((guint)(most * BINS), BINS - 1);
		bins[bin].n++;
		bins[bin].right += r->truth[i] == r->predicted[i];
		sure[bin] += most;
	}
	json_array_begin(w, "reliability");
	for (guint b = 0; b < BINS; b++) {
		if (!bins[b].n)
			continue;
		json_object_begin(w, NULL);
		json_put_int(w, "n", (gint64)bins[b].n);
		json_put_double(w, "sure", sure[b] / (double)bins[b].n);
		json_put_double(w, "right", (double)bins[b].right / (double)bins[b].n);
		json_object_end(w);
	}
	json_array_end(w);
}

static gsize count_duplicates(const LearnReport *r)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	gsize n = 0;

	for (gsize i = 0; i < r->n; i++)
		n += !g_hash_table_add(seen, (gpointer)(guintptr)r->texts[i]);
	return n;
}

static void put_against(const LearnReport *r, JsonWriter *w)
{
	if (!r->against)
		return;
	json_object_begin(w, "against");
	json_put_double(w, "accuracy", (double)r->against_right / (double)MAX(r->n, 1));
	json_put_int(w, "only_first_right", (gint64)r->only_first);
	json_put_int(w, "only_second_right", (gint64)r->only_second);
	json_put_double(w, "p", metrics_mcnemar(r->only_first, r->only_second));
	json_object_end(w);
}

static void put_oos(const LearnReport *r, const Metrics *m, JsonWriter *w)
{
	guint oos = r->labels->len - 1;
	gsize in = 0, right = 0;

	if (m->n_classes < r->labels->len)
		return;
	for (guint c = 0; c < oos; c++) {
		in += m->classes[c].support;
		right += m->confusion[c * m->n_classes + c];
	}
	json_put_double(w, "in_scope_accuracy", in ? (double)right / (double)in : NAN);
	json_put_double(w, "oos_recall", m->classes[oos].support ? m->classes[oos].recall : NAN);
}

/* By folds, the mean over them, as scikit-learn's cross_val_score tells it: what a model of that size does. */
static double f1_macro(const LearnReport *r, const Metrics *m)
{
	double sum = 0;

	for (guint f = 0; f < r->n_folds; f++)
		sum += r->fold_f1[f] / r->n_folds;
	return r->n_folds ? sum : m->f1_macro;
}

static double texts_per_s(const LearnReport *r)
{
	return r->timed ? (double)r->n / MAX(r->predict_seconds, 1e-6) : NAN;
}

static void put_measures(const LearnReport *r, const Metrics *m, JsonWriter *w)
{
	json_put_int(w, "n", (gint64)m->n);
	json_put_double(w, "accuracy", m->accuracy);
	json_put_double(w, "precision", m->precision);
	json_put_double(w, "recall", m->recall);
	json_put_double(w, "f1_macro", f1_macro(r, m));
	json_put_double(w, "f1_weighted", m->f1_weighted);
	json_put_double(w, "auc", m->auc);
	json_put_double(w, "average_precision", m->average_precision);
	json_put_double(w, "brier", m->brier);
	json_put_double(w, "ece", m->ece);
	json_put_double(w, "log_loss", m->log_loss);
	put_oos(r, m, w);
	json_object_begin(w, "latency_ms");
	json_put_double(w, "p50", r->p50_ms);
	json_put_double(w, "p99", r->p99_ms);
	json_object_end(w);
	json_put_double(w, "seconds", r->seconds);
	json_put_double(w, "texts_per_s", texts_per_s(r));
	json_put_double(w, "encoder_share", (double)r->n_asked / (double)MAX(r->n, 1));
	json_put_int(w, "duplicates", (gint64)count_duplicates(r));
	json_object_begin(w, "ci95");
	put_interval(w, "accuracy", m->accuracy_ci);
	put_interval(w, "f1_macro", m->f1_macro_ci);
	put_interval(w, "recall", m->recall_ci);
	json_object_end(w);
}

char *learn_report_json(const LearnReport *r, gboolean with_texts)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	g_auto(Metrics) m = {0};

	compute(r, &m);
	json_object_begin(&w, NULL);
	json_put_string(&w, "task", r->task);
	put_measures(r, &m, &w);
	if (r->n_folds) {
		json_array_begin(&w, "fold_accuracy");
		for (guint f = 0; f < r->n_folds; f++)
			json_put_double(&w, NULL, r->fold_accuracy[f]);
		json_array_end(&w);
		json_array_begin(&w, "fold_f1_macro");
		for (guint f = 0; f < r->n_folds; f++)
			json_put_double(&w, NULL, r->fold_f1[f]);
		json_array_end(&w);
		json_put_double(&w, "f1_macro_pooled", m.f1_macro);
	}
	put_against(r, &w);
	put_levels(r, &w);
	put_classes(r, &m, &w);
	put_all_slices(r, &w);
	put_reliability(r, &w);
	if (with_texts)
		put_worst(r, &w);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}

gboolean learn_report_print(const LearnReport *r, CommandRun *run, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(Metrics) m = {0};

	if (run->json) {
		g_autofree char *json = learn_report_json(r, TRUE);

		g_string_append(out, json);
		return print_json(run, out, error);
	}
	compute(r, &m);
	g_string_append_printf(out, "%-18s %" G_GSIZE_FORMAT "\n%-18s %.4f  [%.4f, %.4f]\n", "rows",
			       m.n, "accuracy", m.accuracy, m.accuracy_ci.low, m.accuracy_ci.high);
	g_string_append_printf(out, "%-18s %.4f  [%.4f, %.4f]\n%-18s %.4f\n%-18s %.4f\n",
			       "F1 (macro)", f1_macro(r, &m), m.f1_macro_ci.low, m.f1_macro_ci.high,
			       "AUC", m.auc, "ECE", m.ece);
	g_string_append_printf(out, "%-18s %.2f / %.2f ms\n", "latency p50, p99", r->p50_ms,
			       r->p99_ms);
	if (r->timed)
		g_string_append_printf(
			out, "%-18s %.0f texts a second, the encoder asked about %.1f %%\n",
			"speed", texts_per_s(r), 100.0 * (double)r->n_asked / (double)MAX(r->n, 1));
	print_levels(r, out);
	g_string_append_printf(out, "\n%-24s %8s %9s %9s %9s\n", "label", "rows", "precision",
			       "recall", "F1");
	for (guint c = 0; c < MIN(m.n_classes, (guint)SHOWN_LABELS); c++)
		g_string_append_printf(out, "%-24s %8" G_GSIZE_FORMAT " %9.4f %9.4f %9.4f\n",
				       (const char *)r->labels->pdata[c], m.classes[c].support,
				       m.classes[c].precision, m.classes[c].recall,
				       m.classes[c].f1);
	if (r->against)
		g_string_append_printf(out, "\nthe other model: %.4f, p = %.4g\n",
				       (double)r->against_right / (double)MAX(r->n, 1),
				       metrics_mcnemar(r->only_first, r->only_second));
	return command_print(run, out->str, (gssize)out->len, error);
}
