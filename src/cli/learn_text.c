/* The tasks "sentiment" and "intent": classifiers of texts (nlu/classifier.h), which differ in name alone. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/learn.h"
#include "cli/learn_ablation.h"
#include "cli/learn_html.h"
#include "cli/learn_report.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "llm/models.h"
#include "ml/folds.h"
#include "ml/metrics.h"
#include "nlu/classifier.h"
#include "nlu/levels.h"
#include "text/table.h"

enum { BATCH = 256, LATENCY_ROWS = 200, REASONS = 8 };

/* ---- training ------------------------------------------------------------------------------------ */

typedef struct {
	const CommandRun *run;
	Progress *progress;
	const char *stage;
	VectorMemo *memo;
	gint64 until_us;
	guint fold, n_folds; /* 0: no folds */
} Watch;

static gboolean watch(const char *stage, guint done, guint all, gpointer data)
{
	Watch *w = data;

	if (g_strcmp0(stage, w->stage) != 0) {
		g_clear_pointer(&w->progress, progress_free);
		w->progress = progress_new(stage, "steps", all, w->run->quiet);
		w->stage = stage;
	}
	progress_set(w->progress, done);
	return clock_monotonic_us() < w->until_us;
}

static gboolean make_options(const CommandRun *run, const char *encoder, Watch *w,
			     ClassifierOptions *o, GError **error)
{
	gint64 seconds = command_int(run, "minutes") * 60;

	*o = (ClassifierOptions){.task = run->arguments[0],
				 .views = 1U << VIEW_GRAMS,
				 .encoder_path = encoder,
				 .oos = command_flag(run, "oos"),
				 .balance = command_given(run, "balance")
						    ? command_number(run, "balance")
					    : g_str_equal(run->arguments[0], "sentiment") ? 1
											  : 0,
				 .seed = (guint32)command_int(run, "seed"),
				 .n_tries = (guint)command_int(run, "tune"),
				 .measure = !w->n_folds,
				 .n_threads = MIN(g_get_num_processors(), 8),
				 .budget_s = seconds / MAX(w->n_folds, 1),
				 .memo = w->memo,
				 .progress = watch,
				 .data = w};
	w->until_us = clock_monotonic_us() + o->budget_s * G_USEC_PER_SEC;
	if (command_given(run, "views"))
		o->views = classifier_views_parse(command_text(run, "views"), error);
	else if (encoder)
		o->views |=
			1U << VIEW_VECTORS | (command_flag(run, "ensemble") ? 1U << VIEW_TUNED : 0);
	else
		command_note(run, "no encoder: n-grams alone (./dev build fetches it)");
	if (o->views && (o->views & ~(1U << VIEW_GRAMS)) && !encoder) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "there is no encoder in %s (./dev build fetches it; --encoder FILE "
			    "names another)",
			    config_string(run->config, SETTING_MODELS));
		return FALSE;
	}
	return o->views != 0;
}

/* With a file of vectors, or where the same texts are asked about again; else NULL. */
static VectorMemo *open_memo(const CommandRun *run, gboolean again)
{
	return again || command_given(run, "vectors")
		       ? vector_memo_new(command_text(run, "vectors"))
		       : NULL;
}

static Examples *read_table(const CommandRun *run, const char *path, const char *label,
			    GError **error)
{
	ExamplesColumns columns = {command_text(run, "text"), label, NULL};
	Examples *e;

	if (run->command->name && g_str_equal(run->command->name, "eval"))
		columns.group = command_text(run, "group");
	e = examples_read(path, &columns, error);
	if (e && e->n_empty)
		command_note(run, "%s: %u rows have an empty text", path, e->n_empty);
	return e;
}

static Examples *read_examples(const CommandRun *run, const char *path, GError **error)
{
	return read_table(run, path, command_text(run, "label"), error);
}

/* Labels of the rows by the model's numbers; one that it does not know is n_labels. */
static guint *truth_of(const CommandRun *run, const Examples *e, const Classifier *c)
{
	const GPtrArray *labels = classifier_labels(c);
	guint *truth = g_new(guint, e->texts->len + 1), n_unknown = 0;

	for (guint i = 0; i < e->texts->len; i++) {
		int at = labels_find(labels, e->labels->pdata[g_array_index(e->classes, guint, i)]);

		truth[i] = at < 0 ? labels->len : (guint)at;
		n_unknown += at < 0;
	}
	if (n_unknown)
		command_note(run, "%u rows have labels that the model does not know: %s", n_unknown,
			     command_flag(run, "oos") ? "out of scope" : "counted as wrong");
	return truth;
}

/* ret_n_asked: texts that took the encoder. */
static gboolean ask(const Classifier *c, gboolean cascade, const char *const *texts, gsize n,
		    double *probabilities, gsize *ret_n_asked, GError **error)
{
	if (cascade)
		return classifier_predict_cascade(c, texts, n, probabilities, ret_n_asked, error);
	*ret_n_asked = classifier_views(c) == 1U << VIEW_GRAMS ? 0 : n;
	return classifier_predict(c, texts, n, probabilities, error);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

static int by_size(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of texts as they come, so that nothing is looked up from here on. */
static gboolean measure_latency(Classifier *c, const Examples *e, LearnReport *report,
				GError **error)
{
	guint n = MIN(e->texts->len, (guint)LATENCY_ROWS), step = e->texts->len / n;
	g_autofree double *ms = g_new(double, n);
	g_autofree double *p = g_new(double, classifier_labels(c)->len);
	gsize n_asked;

	classifier_use_memo(c, NULL);
	for (guint i = 0; i < n; i++) {
		gint64 start = clock_monotonic_us();

		if (!ask(c, report->cascade, (const char *const *)e->texts->pdata + (gsize)i * step,
			 1, p, &n_asked, error))
			return FALSE;
		ms[i] = (double)(clock_monotonic_us() - start) / 1000;
	}
	qsort(ms, n, sizeof *ms, by_size);
	report->p50_ms = ms[n / 2];
	report->p99_ms = ms[n - 1 - n / 100];
	return TRUE;
}

static gboolean predict_all(const CommandRun *run, const Classifier *c, const Examples *e,
			    double *probabilities, LearnReport *report, GError **error)
{
	g_autoptr(Progress) progress =
		progress_new("predicting", "texts", e->texts->len, run->quiet);
	guint n_labels = classifier_labels(c)->len;
	gint64 start = clock_monotonic_us();

	for (guint i = 0; i < e->texts->len; i += BATCH) {
		gsize n_asked;

		if (!ask(c, report->cascade, (const char *const *)e->texts->pdata + i,
			 MIN(BATCH, e->texts->len - i), probabilities + (gsize)i * n_labels,
			 &n_asked, error))
			return FALSE;
		report->n_asked += n_asked;
		progress_set(progress, i);
	}
	report->predict_seconds += (double)(clock_monotonic_us() - start) / 1e6;
	return TRUE;
}

/* Predictions with one more label for what is out of scope or unknown. */
static void decide_all(const Classifier *c, const double *probabilities, gsize n, guint *predicted,
		       double *wide)
{
	guint n_labels = classifier_labels(c)->len;

	for (gsize i = 0; i < n; i++) {
		predicted[i] = classifier_decide(c, probabilities + i * n_labels);
		memcpy(wide + i * (n_labels + 1), probabilities + i * n_labels,
		       n_labels * sizeof *wide);
		wide[i * (n_labels + 1) + n_labels] = 0;
	}
}

static gboolean eval_model(CommandRun *run, Classifier *c, const Examples *e, LearnReport *report,
			   GError **error)
{
	guint n_labels = classifier_labels(c)->len;
	gint64 start = clock_monotonic_us();
	g_autofree double *p = g_new(double, (gsize)e->texts->len *n_labels + 1);
	int oos = labels_find(classifier_labels(c), CLASSIFIER_OOS);

	report->truth = truth_of(run, e, c);
	report->predicted = g_new(guint, e->texts->len + 1);
	report->probabilities = g_new(double, (gsize)e->texts->len *(n_labels + 1) + 1);
	if (!predict_all(run, c, e, p, report, error))
		return FALSE;
	report->seconds = (double)(clock_monotonic_us() - start) / 1e6;
	decide_all(c, p, e->texts->len, report->predicted, report->probabilities);
	/* "oos" of the training file and the reject option are one and the same */
	for (guint i = 0; oos >= 0 && i < e->texts->len; i++) {
		report->truth[i] = (int)report->truth[i] == oos ? n_labels : report->truth[i];
		report->predicted[i] =
			(int)report->predicted[i] == oos ? n_labels : report->predicted[i];
	}
	report->n = e->texts->len;
	report->texts = (const char *const *)e->texts->pdata;
	for (guint i = 0; i < n_labels; i++)
		g_ptr_array_add(report->labels, g_strdup(classifier_labels(c)->pdata[i]));
	g_ptr_array_add(report->labels, g_strdup(CLASSIFIER_OOS));
	report->seed = (guint32)command_int(run, "seed");
	return measure_latency(c, e, report, error);
}

static Classifier *open_classifier(const CommandRun *run, const char *path, VectorMemo *memo,
				   GError **error)
{
	g_autofree char *encoder = models_encoder_path(run->config);
	g_autoptr(Classifier) c = classifier_open(path, error);

	if (!c || !classifier_open_encoder(c, encoder, MIN(g_get_num_processors(), 8), error))
		return NULL;
	if (!g_str_equal(classifier_task(c), run->arguments[0]))
		command_note(run, "%s was trained for %s", path, classifier_task(c));
	classifier_use_memo(c, memo);
	return g_steal_pointer(&c);
}

/* How the other model does on the same rows. */
static gboolean eval_against(CommandRun *run, const Examples *e, VectorMemo *memo,
			     LearnReport *report, GError **error)
{
	g_autoptr(Classifier) other =
		open_classifier(run, command_text(run, "against"), memo, error);
	g_auto(LearnReport) second;

	learn_report_init(&second, run->arguments[0]);
	second.cascade = report->cascade;
	if (!other || !eval_model(run, other, e, &second, error))
		return FALSE;
	for (gsize i = 0; i < report->n; i++) {
		const char *truth = e->labels->pdata[g_array_index(e->classes, guint, i)];
		gboolean first = g_str_equal(report->labels->pdata[report->predicted[i]], truth);
		gboolean too = g_str_equal(second.labels->pdata[second.predicted[i]], truth);

		report->only_first += first && !too;
		report->only_second += too && !first;
		report->against_right += too;
	}
	report->against = TRUE;
	return TRUE;
}

/* ---- cross-validation ---------------------------------------------------------------------------- */

/* What the rows of a fold alone say. */
static void measure_fold(LearnReport *report, const guint *folds, guint fold)
{
	g_autofree guint *truth = g_new(guint, report->n + 1);
	g_autofree guint *told = g_new(guint, report->n + 1);
	gsize n = 0;

	for (gsize i = 0; i < report->n; i++)
		if (folds[i] == fold) {
			truth[n] = report->truth[i];
			told[n++] = report->predicted[i];
		}
	metrics_means(truth, told, n, report->labels->len, &report->fold_accuracy[fold],
		      &report->fold_f1[fold]);
}

static gboolean eval_fold(CommandRun *run, const Examples *all, const guint *folds, guint fold,
			  const ClassifierOptions *options, LearnReport *report, GError **error)
{
	g_autoptr(Examples) train = examples_of_fold(all, folds, fold, TRUE);
	g_autoptr(Examples) test = examples_of_fold(all, folds, fold, FALSE);
	gint64 start = clock_monotonic_us();
	g_autoptr(Classifier) c = classifier_train(train, options, error);
	guint n_labels = all->labels->len, k = 0;
	g_autofree double *p = g_new(double, (gsize)test->texts->len *n_labels + 1);

	if (!c)
		return FALSE;
	report->seconds += (double)(clock_monotonic_us() - start) / 1e6;
	if (!predict_all(run, c, test, p, report, error))
		return FALSE;
	for (guint i = 0; i < all->texts->len; i++) {
		const double *row = p + (gsize)k * n_labels;

		if (folds[i] != fold)
			continue;
		report->predicted[i] = classifier_decide(c, row);
		memcpy(report->probabilities + (gsize)i * (n_labels + 1), row,
		       n_labels * sizeof *row);
		k++;
	}
	measure_fold(report, folds, fold);
	command_note(run, "fold %u of %u: accuracy %.4f on %u rows", fold + 1, report->n_folds,
		     report->fold_accuracy[fold], k);
	return fold + 1 < report->n_folds || measure_latency(c, test, report, error);
}

typedef struct {
	CommandRun *run;
	const Examples *examples;
	Watch *watch;
} Folding;

static gboolean eval_folds(const ClassifierOptions *options, LearnReport *report, gpointer data,
			   GError **error)
{
	const Folding *folding = data;
	const Examples *e = folding->examples;
	Watch *w = folding->watch;
	guint *folds = g_new(guint, e->texts->len + 1);
	gboolean good = TRUE;

	report->cascade = command_flag(folding->run, "cascade");
	report->n_folds = w->n_folds;
	report->folds = folds;
	report->n = e->texts->len;
	report->texts = (const char *const *)e->texts->pdata;
	report->seed = options->seed;
	report->truth = g_memdup2(e->classes->data, e->classes->len * sizeof(guint));
	report->predicted = g_new0(guint, report->n + 1);
	report->probabilities = g_new0(double, report->n *(e->labels->len + 1) + 1);
	for (guint i = 0; i < e->labels->len; i++)
		g_ptr_array_add(report->labels, g_strdup(e->labels->pdata[i]));
	g_ptr_array_add(report->labels, g_strdup(CLASSIFIER_OOS));
	if (e->groups)
		folds_grouped((const guint *)(gpointer)e->groups->data, e->texts->len, e->n_groups,
			      w->n_folds, folds);
	else
		folds_stratified((const guint *)(gpointer)e->classes->data, e->texts->len,
				 e->labels->len, w->n_folds, options->seed, folds);
	for (guint fold = 0; good && fold < w->n_folds; fold++) {
		w->until_us = clock_monotonic_us() + options->budget_s * G_USEC_PER_SEC;
		good = eval_fold(folding->run, e, folds, fold, options, report, error);
	}
	g_clear_pointer(&w->progress, progress_free);
	w->stage = NULL;
	return good;
}

/* ---- the verbs ----------------------------------------------------------------------------------- */

static gboolean tell_report(CommandRun *run, const LearnReport *report, GError **error)
{
	return (!command_given(run, "report") ||
		learn_html_write(report, command_text(run, "lang"), command_text(run, "report"),
				 error)) &&
	       learn_report_print(report, run, error);
}

static gboolean eval_one(CommandRun *run, const Examples *e, VectorMemo *memo, LearnReport *report,
			 GError **error)
{
	g_autoptr(Classifier) c = open_classifier(run, command_text(run, "model"), memo, error);

	return c && eval_model(run, c, e, report, error) &&
	       (!command_given(run, "against") || eval_against(run, e, memo, report, error));
}

/* By folds: what comes of training, whole or without each part in turn. */
static gboolean eval_trained(CommandRun *run, const Examples *e, VectorMemo *memo,
			     LearnReport *report, GError **error)
{
	g_autofree char *encoder = models_encoder_path(run->config);
	Watch w = {.run = run, .memo = memo, .n_folds = (guint)command_int(run, "folds")};
	Folding folding = {run, e, &w};
	ClassifierOptions options;

	if (!learn_folds_fill(run, e->groups ? e->n_groups : e->texts->len, error) ||
	    !make_options(run, encoder, &w, &options, error))
		return FALSE;
	if (command_flag(run, "ablate"))
		return learn_ablate(run, &options, eval_folds, &folding, error);
	return eval_folds(&options, report, &folding, error) && tell_report(run, report, error);
}

static gboolean text_eval(CommandRun *run, GError **error)
{
	g_autoptr(Examples) e = read_examples(run, command_text(run, "in"), error);
	gboolean folds = command_given(run, "folds");
	g_autoptr(VectorMemo) memo = open_memo(run, folds);
	g_auto(LearnReport) report;

	learn_report_init(&report, run->arguments[0]);
	report.cascade = command_flag(run, "cascade");
	report.timed = !memo;
	if (!e)
		return FALSE;
	if (folds)
		return eval_trained(run, e, memo, &report, error) && vector_memo_save(memo, error);
	return eval_one(run, e, memo, &report, error) && vector_memo_save(memo, error) &&
	       tell_report(run, &report, error);
}

static gboolean write_model(const CommandRun *run, const Classifier *c, const char *metrics,
			    gsize *ret_n, GError **error)
{
	g_autoptr(GByteArray) bytes = classifier_format(c, metrics);

	*ret_n = bytes->len;
	return g_file_set_contents_full(command_text(run, "out"), (const char *)bytes->data,
					(gssize)bytes->len, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
					error);
}

static gboolean print_trained(CommandRun *run, const Examples *e, const ClassifierOptions *o,
			      double seconds, gsize n_bytes, const char *metrics, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!run->json)
		return command_printf(
			run, error, "%s: %u rows, %u labels, %.1f s, %" G_GSIZE_FORMAT " bytes\n",
			command_text(run, "out"), e->texts->len, e->labels->len, seconds, n_bytes);
	json_object_begin(&w, NULL);
	json_put_string(&w, "task", run->arguments[0]);
	json_put_string(&w, "out", command_text(run, "out"));
	json_put_int(&w, "n", e->texts->len);
	json_put_int(&w, "labels", e->labels->len);
	json_array_begin(&w, "views");
	for (guint v = 0; v < N_CLASSIFIER_VIEWS; v++)
		if (o->views & 1U << v)
			json_put_string(&w, NULL, classifier_view_name(v));
	json_array_end(&w);
	json_put_int(&w, "bytes", (gint64)n_bytes);
	json_put_double(&w, "seconds", seconds);
	if (metrics)
		json_put_raw(&w, "valid", metrics);
	json_object_end(&w);
	return print_json(run, out, error);
}

/* A whole model needs no state of its fine-tuning any more. */
static void remove_checkpoints(const char *prefix)
{
	g_autofree char *folder = g_path_get_dirname(prefix);
	g_autofree char *begin = g_path_get_basename(prefix);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_str_has_prefix(name, begin))
			unlink(path);
	}
}

/* Who teaches, and what: --teacher and --unlabelled. */
typedef struct {
	Classifier *teacher;
	Examples *unlabelled;
} Lesson;

static void lesson_clear(Lesson *lesson)
{
	g_clear_pointer(&lesson->teacher, classifier_free);
	g_clear_pointer(&lesson->unlabelled, examples_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lesson, lesson_clear)

static gboolean read_lesson(const CommandRun *run, Lesson *lesson, ClassifierOptions *options,
			    GError **error)
{
	if (!command_given(run, "teacher") && !command_given(run, "unlabelled"))
		return TRUE;
	if (!command_given(run, "teacher") || !command_given(run, "unlabelled")) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "--teacher and --unlabelled go together");
		return FALSE;
	}
	lesson->teacher = open_classifier(run, command_text(run, "teacher"), options->memo, error);
	lesson->unlabelled = lesson->teacher
				     ? read_table(run, command_text(run, "unlabelled"), NULL, error)
				     : NULL;
	if (!lesson->unlabelled)
		return FALSE;
	options->teacher = lesson->teacher;
	options->unlabelled = lesson->unlabelled->texts;
	if (!command_given(run, "views"))
		options->views = 1U << VIEW_GRAMS;
	return TRUE;
}

static gboolean text_train(CommandRun *run, GError **error)
{
	g_autofree char *encoder = models_encoder_path(run->config);
	g_autoptr(Examples) e = read_examples(run, command_text(run, "in"), error);
	g_autoptr(Examples) valid = NULL;
	g_autoptr(Classifier) c = NULL;
	g_autoptr(VectorMemo) memo = open_memo(run, FALSE);
	g_auto(Lesson) lesson = {0};
	g_autofree char *metrics = NULL, *told = NULL;
	g_autofree char *checkpoint = g_strconcat(command_text(run, "out"), ".tuning", NULL);
	g_auto(LearnReport) report;
	Watch w = {.run = run, .memo = memo};
	ClassifierOptions options;
	gint64 start = clock_monotonic_us();
	double seconds;
	gsize n_bytes;

	learn_report_init(&report, run->arguments[0]);
	if (!e ||
	    (command_given(run, "valid") &&
	     !(valid = read_examples(run, command_text(run, "valid"), error))) ||
	    !make_options(run, encoder, &w, &options, error) ||
	    !read_lesson(run, &lesson, &options, error))
		return FALSE;
	options.checkpoint = checkpoint;
	c = classifier_train(e, &options, error);
	g_clear_pointer(&w.progress, progress_free);
	if (!c)
		return FALSE;
	seconds = (double)(clock_monotonic_us() - start) / 1e6;
	if (valid) {
		if (!eval_model(run, c, valid, &report, error))
			return FALSE;
		metrics = learn_report_json(&report, FALSE);
		told = learn_report_json(&report, TRUE);
	}
	if (!write_model(run, c, metrics, &n_bytes, error) || !vector_memo_save(memo, error))
		return FALSE;
	remove_checkpoints(checkpoint);
	return print_trained(run, e, &options, seconds, n_bytes, told, error);
}

/* ---- predicting ---------------------------------------------------------------------------------- */

typedef struct {
	CommandRun *run;
	const Classifier *classifier;
	Table *table;
	int text; /* column */
	FILE *out;
	GPtrArray *texts, *keys; /* keys: of the labels in JSON */
	gboolean levels;	 /* the labels have some */
	double *probabilities;	 /* BATCH x labels */
	GString *lines;
	guint64 n_done, n_asked; /* n_asked: took the encoder */
} Predicting;

static void predicting_clear(Predicting *p)
{
	g_clear_pointer(&p->table, table_close);
	g_clear_pointer(&p->texts, g_ptr_array_unref);
	g_clear_pointer(&p->keys, g_ptr_array_unref);
	g_free(p->probabilities);
	if (p->lines)
		g_string_free(p->lines, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Predicting, predicting_clear)

static void write_reasons(const Predicting *p, JsonWriter *w, const char *text, guint label)
{
	g_autoptr(GArray) reasons = classifier_explain(p->classifier, text, label, REASONS);

	json_array_begin(w, "reasons");
	for (guint i = 0; i < reasons->len; i++) {
		const ClassifierReason *reason = &g_array_index(reasons, ClassifierReason, i);

		json_object_begin(w, NULL);
		json_put_string(w, "piece", reason->piece);
		json_put_double(w, "weight", round(reason->weight * 1e4) / 1e4);
		json_object_end(w);
	}
	json_array_end(w);
}

/* What the label lies below, from the top, itself included: of each the sum over all labels at and below it. */
static void write_levels(const GPtrArray *labels, guint label, const double *probabilities,
			 JsonWriter *w)
{
	g_autofree guint *of = g_new(guint, labels->len);

	json_array_begin(w, "levels");
	for (guint level = 1; level <= label_level(labels->pdata[label]); level++) {
		g_autoptr(GPtrArray) cut = labels_cut(labels, level, of);
		double sum = 0;

		for (guint k = 0; k < labels->len; k++)
			sum += of[k] == of[label] ? probabilities[k] : 0;
		json_object_begin(w, NULL);
		json_put_string(w, "label", cut->pdata[of[label]]);
		json_put_double(w, "probability", round(sum * 1e6) / 1e6);
		json_object_end(w);
	}
	json_array_end(w);
}

static void write_row(const Predicting *p, const char *text, const double *probabilities)
{
	const GPtrArray *labels = classifier_labels(p->classifier);
	guint label = classifier_decide(p->classifier, probabilities), best = label;
	JsonWriter w = json_writer(p->lines);
	double in_scope = 0;

	for (guint k = 0; k < labels->len; k++)
		in_scope = MAX(in_scope, probabilities[k]);
	json_object_begin(&w, NULL);
	json_put_string(&w, "label", label < labels->len ? labels->pdata[label] : CLASSIFIER_OOS);
	json_put_double(&w, "probability",
			label < labels->len ? probabilities[label] : 1 - in_scope);
	if (p->levels && label < labels->len)
		write_levels(labels, label, probabilities, &w);
	json_object_begin(&w, "probabilities");
	for (guint k = 0; k < labels->len; k++)
		json_put_double(&w, p->keys->pdata[k], round(probabilities[k] * 1e6) / 1e6);
	json_object_end(&w);
	for (guint k = 0; best == labels->len && k < labels->len; k++)
		best = probabilities[k] >= in_scope ? k : best;
	if (command_flag(p->run, "explain"))
		write_reasons(p, &w, text, best);
	json_object_end(&w);
	g_string_append_c(p->lines, '\n');
}

static gboolean flush(Predicting *p, GError **error)
{
	guint n_labels = classifier_labels(p->classifier)->len;
	gsize n_asked;

	if (!ask(p->classifier, command_flag(p->run, "cascade"),
		 (const char *const *)p->texts->pdata, p->texts->len, p->probabilities, &n_asked,
		 error))
		return FALSE;
	p->n_asked += n_asked;
	g_string_truncate(p->lines, 0);
	for (guint i = 0; i < p->texts->len; i++)
		write_row(p, p->texts->pdata[i], p->probabilities + (gsize)i * n_labels);
	p->n_done += p->texts->len;
	g_ptr_array_set_size(p->texts, 0);
	if (fwrite(p->lines->str, 1, p->lines->len, p->out) == p->lines->len)
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL,
			    "the result could not be written");
	return FALSE;
}

static gboolean find_text(Predicting *p, GError **error)
{
	const char *name = command_text(p->run, "text");

	for (guint i = 0; p->text < 0 && i < table_n_columns(p->table); i++)
		if (!g_ascii_strcasecmp(table_name(p->table, i), name))
			p->text = (int)i;
	if (p->text < 0)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s:%" G_GUINT64_FORMAT
			    ":1: there is no column '%s'; name it with --text",
			    command_text(p->run, "in"), table_line(p->table), name);
	return p->text >= 0;
}

static gboolean predict_rows(Predicting *p, GError **error)
{
	g_autoptr(Progress) progress = progress_new("predicting", "texts", 0, p->run->quiet);
	CsvStep step;

	while ((step = table_next(p->table, error)) != CSV_END) {
		if (step == CSV_FAILED)
			return FALSE;
		if (step == CSV_BAD_ROW) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ": %s",
				    command_text(p->run, "in"), table_fault(p->table)->line,
				    table_fault(p->table)->column, table_fault(p->table)->message);
			return FALSE;
		}
		if (!find_text(p, error))
			return FALSE;
		g_ptr_array_add(p->texts, g_strdup(table_cell(p->table, (guint)p->text)));
		if (p->texts->len == BATCH && !flush(p, error))
			return FALSE;
		progress_set(progress, p->n_done);
	}
	return flush(p, error);
}

/* The file appears whole or not at all. */
static gboolean predict_to(Predicting *p, const char *path, GError **error)
{
	g_autofree char *part = g_strconcat(path, ".part", NULL);
	gboolean good;

	p->out = fopen(part, "wb");
	if (!p->out) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN, "%s cannot be written",
			    path);
		return FALSE;
	}
	good = predict_rows(p, error);
	if (fclose(p->out) != 0 && good) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL, "%s cannot be written",
			    path);
		good = FALSE;
	}
	if (good && rename(part, path) == 0)
		return TRUE;
	unlink(part);
	return FALSE;
}

static gboolean text_predict(CommandRun *run, GError **error)
{
	const char *in = command_text(run, "in"), *out = command_text(run, "out");
	g_autoptr(Classifier) c = open_classifier(run, command_text(run, "model"), NULL, error);
	g_auto(Predicting) p = {.run = run, .classifier = c, .text = -1, .out = run->out};
	gint64 start;
	double seconds;

	p.table = c ? table_open(in, in, error) : NULL;
	if (!p.table)
		return FALSE;
	p.levels = labels_depth(classifier_labels(c), classifier_labels(c)->len) > 1;
	p.texts = g_ptr_array_new_with_free_func(g_free);
	p.probabilities = g_new(double, (gsize)BATCH *classifier_labels(c)->len);
	p.lines = g_string_new(NULL);
	p.keys = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < classifier_labels(c)->len; i++)
		g_ptr_array_add(p.keys, json_key(classifier_labels(c)->pdata[i]));
	start = clock_monotonic_us();
	if (!(g_str_equal(out, "-") ? predict_rows(&p, error) : predict_to(&p, out, error)))
		return FALSE;
	seconds = (double)(clock_monotonic_us() - start) / 1e6;
	command_note(run,
		     "%" G_GUINT64_FORMAT " rows: %s; the encoder was asked about %.1f %%, %.0f "
		     "texts a second",
		     p.n_done, out, 100.0 * (double)p.n_asked / (double)MAX(p.n_done, 1),
		     (double)p.n_done / MAX(seconds, 1e-6));
	return TRUE;
}

const LearnTask learn_sentiment = {
	.name = "sentiment",
	.help = "the mood of a text",
	.train = text_train,
	.predict = text_predict,
	.eval = text_eval,
	.has_report = TRUE,
};

const LearnTask learn_intent = {
	.name = "intent",
	.help = "what a message is for",
	.train = text_train,
	.predict = text_predict,
	.eval = text_eval,
	.has_report = TRUE,
};
