/* `zhiyin train TASK`: models from a company's own data. */
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/learn.h"
#include "ml/adapter.h"

/* Found out before the work, not after it. */
static gboolean out_can_be_written(const CommandRun *run, GError **error)
{
	g_autofree char *folder = g_path_get_dirname(command_text(run, "out"));

	if (g_access(folder, W_OK) == 0)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
		    "--out %s cannot be written: there is no folder %s, or it may not be changed",
		    command_text(run, "out"), folder);
	return FALSE;
}

static gboolean train_run(CommandRun *run, GError **error)
{
	static const char *const needed[] = {"in", "out", NULL};
	const LearnTask *task = learn_task(run, "train", error);

	return task && learn_needs(run, needed, error) && out_can_be_written(run, error) &&
	       task->train(run, error);
}

static const Setting settings[] = {SETTING_ENCODER, SETTING_MODELS, N_SETTINGS};
static const CommandOption options[] = {
	LEARN_OPTION_IN,
	{.name = "valid",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .help = "the same, not trained on: measured afterwards (not for ner)"},
	{.name = "out", .kind = OPTION_PATH, .value_name = "FILE", .help = "where the model goes"},
	LEARN_OPTION_TEXT,
	LEARN_OPTION_LABEL,
	LEARN_OPTION_VIEWS,
	LEARN_OPTION_VECTORS,
	LEARN_OPTION_ENSEMBLE,
	{.name = "teacher",
	 .kind = OPTION_PATH,
	 .value_name = "MODEL",
	 .help = "with --unlabelled: learn from its texts, too, as this model labels them "
		 "(distillation); views are then grams alone"},
	{.name = "unlabelled",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .help = "texts for --teacher; a label column is not looked at"},
	LEARN_OPTION_OOS,
	LEARN_OPTION_BALANCE,
	LEARN_OPTION_TUNE,
	LEARN_OPTION_SEED,
	LEARN_OPTION_MINUTES,
	{.name = "epochs",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "6",
	 .min = 1,
	 .max = 1000,
	 .help = "retrieval: how often everything is seen"},
	{.name = "first-layer",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "6",
	 .min = 0,
	 .max = 47,
	 .help = "retrieval: the first layer of the encoder that is corrected, counted from 0"},
	{.name = "rank",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "16",
	 .min = 1,
	 .max = ADAPTER_MAX_RANK,
	 .help = "retrieval: of the corrections"},
	{.name = "rate",
	 .kind = OPTION_NUMBER,
	 .value_name = "X",
	 .fallback = "0.0005",
	 .min = 0,
	 .max = 1,
	 .help = "retrieval: learning rate at the start"},
	{.name = "steps",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "0",
	 .min = 0,
	 .max = 1 << 30,
	 .help = "retrieval: stop after so many steps of the same course; 0 = go to its end"},
	{0},
};

const Command command_train = {
	.name = "train",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Train a model on your own data.",
	.arguments = "TASK",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = options,
	.details =
		"TASK is sentiment or intent (or whatever the labels say): a classifier of texts; "
		"ner: named spans, from JSON Lines {\"text\", \"entities\": [[start, end, "
		"\"TYPE\"]]} or CoNLL; "
		"or retrieval: "
		"corrections of the encoder that help to find answers, from one JSON Lines file "
		"for each "
		"knowledge, or a folder of them. What was learnt until the time is up is written.",
	.example = "zhiyin train intent --in messages.csv --out intent.zyc",
	.uses_blas = TRUE,
	.run = train_run,
};
