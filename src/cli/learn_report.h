/*
 * What `zhiyin eval` says of a classifier: as JSON with --json, else as a table.
 * Ownership: a report owns its arrays and labels, texts are borrowed.
 */
#pragma once

#include "cli/command.h"

enum { LEARN_MAX_FOLDS = 100 };

typedef struct {
	const char *task;
	gsize n;
	const char *const *texts; /* n */
	GPtrArray *labels;	  /* char *, the last one is out of scope or unknown */
	guint *truth, *predicted; /* n: indices into labels */
	double *probabilities;	  /* n x labels->len */
	guint32 seed;
	double seconds, p50_ms, p99_ms;
	double predict_seconds; /* of all n */
	gboolean timed;		/* else vectors were looked up, so that seconds say nothing */
	gsize n_asked;		/* texts that took the encoder */
	gboolean cascade;	/* the encoder was asked only where n-grams were not sure */
	guint n_folds;
	guint *folds; /* n: the fold of each row; NULL without folds */
	double fold_accuracy[LEARN_MAX_FOLDS], fold_f1[LEARN_MAX_FOLDS];
	gboolean against; /* another model was measured on the same rows */
	gsize only_first, only_second, against_right;
} LearnReport;

void learn_report_init(LearnReport *report, const char *task);
void learn_report_clear(LearnReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LearnReport, learn_report_clear)

/* The caller frees it. with_texts: the surest errors, too, in their own words, which may name people. */
char *learn_report_json(const LearnReport *report, gboolean with_texts);
gboolean learn_report_print(const LearnReport *report, CommandRun *run, GError **error);
