/*
 * Parts of a data set for cross-validation: every class is spread evenly over the folds, the same folds as
 * scikit-learn's StratifiedKFold(n_folds, shuffle=True, random_state=seed) makes.
 * Threads: pure.
 */
#pragma once

#include <glib.h>

/* folds (n) = 0 to n_folds - 1. classes: 0 to n_classes - 1. Classes are spread in the order in which they
 * come first in the data. */
void folds_stratified(const guint *classes, gsize n, guint n_classes, guint n_folds, guint32 seed,
		      guint *folds);
/* All rows of a group in one fold, folds of like size: greedy, the largest group first. groups: 0 to
 * n_groups - 1. */
void folds_grouped(const guint *groups, gsize n, guint n_groups, guint n_folds, guint *folds);
