/* The task "retrieval": the encoder's corrections for finding answers. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "bot/tune.h"
#include "cli/learn.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "llm/models.h"

typedef struct {
	CommandRun *run;
	Progress *progress;
	gint64 until_us;
	guint n_done, n_most;  /* steps; n_most 0: all */
	double loss, accuracy; /* running means */
} Watch;

static gboolean watch_step(guint n_done, guint n_all, double loss, double accuracy, gpointer data)
{
	Watch *watch = data;
	double share = n_done > 20 ? 0.05 : 1.0 / n_done;

	watch->loss += share * (loss - watch->loss);
	watch->accuracy += share * (accuracy - watch->accuracy);
	progress_set(watch->progress, n_done);
	watch->n_done = n_done;
	if (n_done % 20 == 0)
		command_note(watch->run, "step %u of %u: loss %.3f, right %.3f", n_done, n_all,
			     watch->loss, watch->accuracy);
	return n_done != watch->n_most && clock_monotonic_us() < watch->until_us;
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A file, or every *.jsonl of a folder in the order of names. */
static gboolean add_path(TuneSet *set, const char *path, GError **error)
{
	g_autoptr(GDir) dir = NULL;
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	if (!g_file_test(path, G_FILE_TEST_IS_DIR))
		return tune_set_add(set, path, error);
	dir = g_dir_open(path, 0, error);
	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".jsonl"))
			g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++)
		if (!tune_set_add(set, names->pdata[i], error))
			return FALSE;
	return dir != NULL;
}

static TuneSet *load(const CommandRun *run, const char *option, GError **error)
{
	g_autofree char *encoder = models_encoder_path(run->config);
	g_autoptr(TuneSet) set = NULL;

	if (!encoder) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "there is no encoder in %s (./dev build fetches it; --encoder FILE "
			    "names another)",
			    config_string(run->config, SETTING_MODELS));
		return NULL;
	}
	set = tune_set_new(encoder, error);
	return set && add_path(set, command_text(run, option), error) ? g_steal_pointer(&set)
								      : NULL;
}

static void put_metrics(JsonWriter *w, const char *key, const TuneMetrics *metrics)
{
	json_object_begin(w, key);
	json_put_int(w, "answerable", metrics->n_answerable);
	json_put_int(w, "unanswerable", metrics->n_unanswerable);
	json_put_double(w, "recall_at_1", metrics->first);
	json_put_double(w, "auc", metrics->auc);
	json_put_double(w, "answered_at_80_refused", metrics->answered);
	json_object_end(w);
}

/* What a person wants to know of the file, kept inside it and printed. */
static char *card_write(const CommandRun *run, const TuneSet *set, guint n_steps,
			const TuneMetrics *before, const TuneMetrics *after)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "task", "retrieval");
	json_put_int(&w, "knowledges", tune_set_knowledges(set));
	json_put_int(&w, "questions", tune_set_questions(set));
	json_put_int(&w, "seed", command_int(run, "seed"));
	json_put_int(&w, "epochs", command_int(run, "epochs"));
	json_put_int(&w, "steps", n_steps);
	json_put_double(&w, "rate", command_number(run, "rate"));
	if (after) {
		put_metrics(&w, "before", before);
		put_metrics(&w, "after", after);
	}
	json_object_end(&w);
	return g_string_free(out, FALSE);
}

static Adapter *learn(CommandRun *run, const TuneSet *set, guint *ret_n_steps, GError **error)
{
	TuneOptions options = {.first_layer = (guint)command_int(run, "first-layer"),
			       .rank = (guint)command_int(run, "rank"),
			       .n_epochs = (guint)command_int(run, "epochs"),
			       .rate = command_number(run, "rate"),
			       .seed = (guint64)command_int(run, "seed")};
	g_autoptr(Progress) progress = progress_new(
		"training", "steps", options.n_epochs * 2 * tune_set_knowledges(set), run->quiet);
	Watch watch = {
		.run = run, .progress = progress, .n_most = (guint)command_int(run, "steps")};
	Adapter *adapter;

	watch.until_us = clock_monotonic_us() + command_int(run, "minutes") * 60 * G_USEC_PER_SEC;
	adapter = tune_train(set, &options, watch_step, &watch, error);
	*ret_n_steps = watch.n_done;
	return adapter;
}

static gboolean retrieval_train(CommandRun *run, GError **error)
{
	g_autoptr(TuneSet) set = NULL;
	g_autoptr(TuneSet) valid = NULL;
	g_autoptr(Adapter) adapter = NULL;
	g_autoptr(GByteArray) bytes = NULL;
	g_autofree char *card = NULL;
	TuneMetrics before, after;
	guint n_steps;

	set = load(run, "in", error);
	if (!set || (command_text(run, "valid") && !(valid = load(run, "valid", error))))
		return FALSE;
	if (valid && !tune_measure(valid, NULL, &before, error))
		return FALSE;
	adapter = learn(run, set, &n_steps, error);
	if (!adapter || (valid && !tune_measure(valid, adapter, &after, error)))
		return FALSE;
	card = card_write(run, set, n_steps, &before, valid ? &after : NULL);
	bytes = adapter_format(adapter, card);
	return g_file_set_contents_full(command_text(run, "out"), (const char *)bytes->data,
					(gssize)bytes->len, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
					error) &&
	       command_printf(run, error, "%s\n", card);
}

const LearnTask learn_retrieval = {
	.name = "retrieval",
	.help = "corrections of the encoder that help to find answers",
	.train = retrieval_train,
};
