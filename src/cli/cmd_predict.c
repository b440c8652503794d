/* `zhiyin predict TASK`: what a model says of new data, row by row. */
#include "cli/commands.h"
#include "cli/learn.h"

static gboolean predict_run(CommandRun *run, GError **error)
{
	static const char *const needed[] = {"in", "model", NULL};
	const LearnTask *task = learn_task(run, "predict", error);

	return task && learn_needs(run, needed, error) && task->predict(run, error);
}

static const Setting settings[] = {SETTING_ENCODER, SETTING_MODELS, N_SETTINGS};
static const CommandOption options[] = {
	LEARN_OPTION_IN,
	{.name = "model",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .help = "what zhiyin train wrote"},
	{.name = "out",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.jsonl",
	 .fallback = "-",
	 .help = "one object a line, in the order of the input; - is standard output"},
	LEARN_OPTION_TEXT,
	{.name = "oos",
	 .kind = OPTION_FLAG,
	 .help = "taken for a model trained with --oos, whose answer may be oos with or without "
		 "it"},
	LEARN_OPTION_CASCADE,
	{.name = "explain",
	 .kind = OPTION_FLAG,
	 .help = "adds the pieces of the text that spoke for and against the label"},
	{0},
};

const Command command_predict = {
	.name = "predict",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Ask a trained model about new data.",
	.arguments = "TASK",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = options,
	.details =
		"Each line has label, probability and the probabilities of all labels. A label "
		"column in the "
		"input is not looked at. Reads as a stream: a file may be larger than the memory.",
	.example = "zhiyin predict intent --model intent.zyc --in new.csv --out labels.jsonl",
	.uses_blas = TRUE,
	.run = predict_run,
};
