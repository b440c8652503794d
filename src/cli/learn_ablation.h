/*
 * What each part of a text classifier is worth: `zhiyin eval TASK --folds K --ablate` trains on the same folds without
 * each part in turn and tells the difference, with McNemar's test and, over all parts, Holm's correction. Parts are
 * rows of a table in learn_ablation.c; those that the classifier does not have are left alone.
 * Does not leave out two parts at once: parts that stand in for each other look worthless alone. Threads: the caller's.
 */
#pragma once

#include "cli/learn_report.h"
#include "nlu/classifier.h"

/* Cross-validates what comes of the options, into a report that is initialised. */
typedef gboolean (*AblationMeasure)(const ClassifierOptions *options, LearnReport *report,
				    gpointer data, GError **error);

/* options: of the whole. The table is printed, or one JSON object. */
gboolean learn_ablate(CommandRun *run, const ClassifierOptions *options, AblationMeasure measure,
		      gpointer data, GError **error);
