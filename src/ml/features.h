/*
 * Hashed features to weighted ones: which keys (32-bit hashes of n-grams and the like) a model knows, and how
 * much each counts: (1 + log tf) idf with idf = 1 + log ((1 + n) / (1 + df)), every row of length 1 [Salton,
 * Buckley 1988, with the smoothing of scikit-learn].
 * Two keys of 32 bits that fall together are one feature; of a million, about one in four thousand does.
 * Ownership: a FeatureTable owns its table. Threads: may be shared once it is built; a FeatureRow is one
 * thread's scratch.
 */
#pragma once

#include <glib.h>

typedef struct FeatureTable FeatureTable;

/* rows: n arrays of keys, repeated as often as they occur. Keys of fewer than min_rows rows are left out; at
 * most max_features, those of most rows, are kept. */
FeatureTable *features_build(const GArray *const *rows, gsize n, guint min_rows,
			     guint max_features);
void features_free(FeatureTable *features);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FeatureTable, features_free)

guint features_size(const FeatureTable *features);
/* Index of key, or -1. */
gint features_find(const FeatureTable *features, guint32 key);
guint32 features_key(const FeatureTable *features, guint index);
float features_idf(const FeatureTable *features, guint index);
/* From what features_key and features_idf gave; NULL when a key stands twice. */
FeatureTable *features_restore(const guint32 *keys, const float *idf, guint n);

typedef struct {
	guint n;
	guint32 *indices; /* in order of first occurrence */
	float *values;
	/* private */
	guint room, n_counts;
	guint16 *counts;
} FeatureRow;

void feature_row_clear(FeatureRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FeatureRow, feature_row_clear)
/* row, zero before the first use, becomes the keys' features; unknown keys are left out. */
void features_weigh(const FeatureTable *features, const guint32 *keys, gsize n, FeatureRow *row);
