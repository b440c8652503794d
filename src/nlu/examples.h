/*
 * Labelled texts to learn from or to be measured on: a table (CSV, TSV, JSON Lines, XLSX) with a text column and
 * a label column, read whole. A "/" in a label stands between levels (nlu/levels.h); none of them is empty.
 * Errors: INVALID or TOO_LARGE "FILE:LINE: what is wrong". Ownership: Examples own their texts. Threads: read
 * only once they are read. Limits: EXAMPLES_MAX rows.
 */
#pragma once

#include <glib.h>

enum { EXAMPLES_MAX = 2000000 };

typedef struct {
	const char *text, *label; /* names of columns; without label (NULL) all have the label "" */
	const char *group;	  /* of the column by which folds are kept together, or NULL */
} ExamplesColumns;

typedef struct {
	GPtrArray *texts;  /* char * */
	GArray *classes;   /* guint: index into labels, a text each */
	GPtrArray *labels; /* char *, as spelled in the file, in the order of their bytes */
	GArray *groups;	   /* guint, a text each, when the column was named; else NULL */
	guint n_groups;
	guint n_empty;	     /* texts without anything but spaces; they stay */
	GHashTable *numbers; /* private */
} Examples;

Examples *examples_read(const char *path, const ExamplesColumns *columns, GError **error);
Examples *examples_new(void); /* none */
/* Rows from elsewhere than a file: after the last one, examples_sort() once. */
void examples_add(Examples *examples, const char *text, const char *label);
void examples_sort(Examples *examples);
void examples_free(Examples *examples);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Examples, examples_free)
/* The rows whose folds entry is (or, with but, is not) fold; labels stay the same list. */
Examples *examples_of_fold(const Examples *examples, const guint *folds, guint fold, gboolean but);
/* Index of label among labels, or -1. */
int labels_find(const GPtrArray *labels, const char *label);
