/*
 * Vectors kept in 8 bits, and how near each is to another: exact search over all of them.
 * A vector of 384 numbers takes 388 bytes: its numbers as integers from -127 to 127 and one scale. The other vector is rounded to
 * 15 bits, the products are summed as integers, so that every machine finds the same sums. A dot product of unit vectors is
 * off by less than .002 (4 standard deviations of the rounding; tests/unit/ml/test-vector.c).
 * Ownership: the store owns its vectors. Threads: one while vectors are added, any number after that.
 * Limits: VECTOR_DIMENSIONS numbers, G_MAXUINT32 vectors; memory that is not there ends the process. Does not normalise.
 */
#pragma once

#include <glib.h>

#define VECTOR_DIMENSIONS 384

typedef struct VectorStore VectorStore;

VectorStore *vector_store_new(void);
void vector_store_free(VectorStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VectorStore, vector_store_free)

/* The next row. NULL: it has no vector, and its score is always exactly 0. */
void vector_store_add(VectorStore *store, const float *vector);
/* No more come: gives back what was reserved for them. */
void vector_store_trim(VectorStore *store);
gsize vector_store_bytes(const VectorStore *store);
/* scores (one a row) = dot products with query; a row whose vector is at right angles to it has the least number above 0. */
void vector_store_scores(const VectorStore *store, const float *query, float *scores);
