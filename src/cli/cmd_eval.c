/* `zhiyin eval TASK`: how good a model is, or how good one would be by cross-validation. */
#include "base/error.h"
#include "cli/commands.h"
#include "cli/learn.h"

static gboolean eval_run(CommandRun *run, GError **error)
{
	static const char *const needed[] = {"in", NULL};
	const LearnTask *task = learn_task(run, "eval", error);

	if (!task || !learn_needs(run, needed, error))
		return FALSE;
	if (command_given(run, "model") == command_given(run, "folds")) {
		g_set_error_literal(
			error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			"give --model FILE to measure a model, or --folds N for cross-validation");
		return FALSE;
	}
	if (command_given(run, "report") && !task->has_report) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "--report is not there for %s: give --json", task->name);
		return FALSE;
	}
	if (command_flag(run, "ablate") &&
	    (!task->has_report || !command_given(run, "folds") || command_given(run, "report"))) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "--ablate is for sentiment and intent, goes with --folds and "
				    "writes no page");
		return FALSE;
	}
	return task->eval(run, error);
}

static const Setting settings[] = {SETTING_ENCODER, SETTING_MODELS, N_SETTINGS};
static const CommandOption options[] = {
	LEARN_OPTION_IN,
	{.name = "model",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .help = "what zhiyin train wrote"},
	{.name = "against",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .help = "another model, on the same rows: does one err less (McNemar's test)?"},
	{.name = "report",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.html",
	 .help = "write a page that stands alone: measures, plots, confusions, the surest errors "
		 "with their texts"},
	{.name = "lang",
	 .kind = OPTION_CHOICE,
	 .value_name = "en|zh",
	 .fallback = "en",
	 .help = "language of the page"},
	{.name = "folds",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .min = 2,
	 .max = 100,
	 .help = "train and measure on N parts in turn, stratified by label (ner: at random)"},
	{.name = "ablate",
	 .kind = OPTION_FLAG,
	 .help = "with --folds: what each part of the classifier is worth, left out in turn"},
	{.name = "group",
	 .kind = OPTION_TEXT,
	 .value_name = "COLUMN",
	 .help = "with --folds: rows with the same value stay in one part"},
	LEARN_OPTION_TEXT,
	LEARN_OPTION_LABEL,
	LEARN_OPTION_VIEWS,
	LEARN_OPTION_VECTORS,
	LEARN_OPTION_ENSEMBLE,
	LEARN_OPTION_OOS,
	LEARN_OPTION_CASCADE,
	LEARN_OPTION_BALANCE,
	LEARN_OPTION_TUNE,
	LEARN_OPTION_SEED,
	LEARN_OPTION_MINUTES,
	{0},
};

const Command command_eval = {
	.name = "eval",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Measure a model, or what would come of training one.",
	.arguments = "TASK",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = options,
	.details = "Parts are those of scikit-learn's StratifiedKFold with shuffling and the same "
		   "seed. Intervals "
		   "are 95 %, of the accuracy by Wilson's score, of the others by bootstrap.",
	.example = "zhiyin eval intent --in messages.csv --folds 5 --seed 42",
	.uses_blas = TRUE,
	.run = eval_run,
};
