/*
 * The tasks of `zhiyin train|predict|eval TASK`, a row each. To add one: a file learn_<name>.c with its row, and
 * its name in learn.c.
 * A verb that a task does not have is NULL. The verbs get the run with --in (and --out, --model where they are
 * needed) given, and write their result as commands do (cli/command.h).
 */
#pragma once

#include "cli/command.h"

typedef gboolean (*LearnVerb)(CommandRun *run, GError **error);

typedef struct {
	const char *name, *help;
	LearnVerb train, predict, eval;
	gboolean has_report; /* eval can write a page (--report) and leave out parts (--ablate) */
} LearnTask;

extern const LearnTask learn_retrieval, learn_sentiment, learn_intent, learn_ner;

/* The options that several verbs share: where they come to stand in cmd_<verb>.c. */
#define LEARN_OPTION_IN                                                                        \
	{                                                                                      \
		.name = "in", .kind = OPTION_PATH, .value_name = "FILE",                       \
		.help = "table (CSV, TSV, JSON Lines, .gz) with a header; - is standard input" \
	}
#define LEARN_OPTION_TEXT                                                                        \
	{                                                                                        \
		.name = "text", .kind = OPTION_TEXT, .value_name = "COLUMN", .fallback = "text", \
		.help = "name of the text column"                                                \
	}
#define LEARN_OPTION_LABEL                                                                         \
	{                                                                                          \
		.name = "label", .kind = OPTION_TEXT, .value_name = "COLUMN", .fallback = "label", \
		.help = "name of the label column"                                                 \
	}
#define LEARN_OPTION_VIEWS                                                            \
	{                                                                             \
		.name = "views", .kind = OPTION_TEXT, .value_name = "LIST",           \
		.help = "what a text classifier looks at, of grams, vectors, tuned; " \
			"without it grams, and vectors where there is an encoder"     \
	}
#define LEARN_OPTION_ENSEMBLE                                                 \
	{                                                                     \
		.name = "ensemble", .kind = OPTION_FLAG,                      \
		.help = "all views: fine-tunes the encoder, too, for minutes" \
	}
#define LEARN_OPTION_TUNE                                                                         \
	{                                                                                         \
		.name = "tune", .kind = OPTION_INT, .value_name = "N", .fallback = "1", .min = 1, \
		.max = 1000, .help = "choose among N settings (at most 8) by cross-validation"    \
	}
#define LEARN_OPTION_SEED                                                               \
	{                                                                               \
		.name = "seed", .kind = OPTION_INT, .value_name = "N", .fallback = "1", \
		.max = 1 << 30, .help = "the same seed gives the same model"            \
	}
#define LEARN_OPTION_MINUTES                                                                \
	{                                                                                   \
		.name = "minutes", .kind = OPTION_INT, .value_name = "N", .fallback = "20", \
		.min = 1, .max = 100000, .help = "how long training may take, about"        \
	}
#define LEARN_OPTION_OOS                                                                        \
	{                                                                                       \
		.name = "oos", .kind = OPTION_FLAG,                                             \
		.help = "the answer may be oos: none of the labels; rows labelled oos are its " \
			"examples"                                                              \
	}
#define LEARN_OPTION_VECTORS                                                             \
	{                                                                                \
		.name = "vectors", .kind = OPTION_PATH, .value_name = "FILE",            \
		.help = "keeps the encoder's vectors of texts (not the texts) from one " \
			"run to the next"                                                \
	}
#define LEARN_OPTION_CASCADE                                                                   \
	{                                                                                      \
		.name = "cascade", .kind = OPTION_FLAG,                                        \
		.help = "ask the encoder only about texts of which the n-grams are not sure: " \
			"faster, and at most about .2 points worse"                            \
	}
#define LEARN_OPTION_BALANCE                                                           \
	{                                                                              \
		.name = "balance", .kind = OPTION_NUMBER, .value_name = "X", .max = 1, \
		.help = "0: rows count the same (intent), 1: labels do, however rare " \
			"(sentiment)"                                                  \
	}

/* The row of the task that the run names, which has the verb ("train"). USAGE. */
const LearnTask *learn_task(const CommandRun *run, const char *verb, GError **error);
/* USAGE unless each of the options (NULL-terminated names) is given. */
gboolean learn_needs(const CommandRun *run, const char *const *options, GError **error);
/* INVALID when so many rows (or groups of rows) cannot fill --folds. */
gboolean learn_folds_fill(const CommandRun *run, gsize n, GError **error);
/* Lines for --help: the tasks that have the verb. The caller frees it. */
char *learn_list(const char *verb);
