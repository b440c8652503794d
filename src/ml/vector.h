/*
 * Vectors compared: scores = matrix x query on OpenBLAS.
 * Threads: pure; one BLAS thread is used. Does not normalise.
 */
#pragma once

#include <glib.h>

/* scores[i] = dot (row i of matrix, query). matrix: n_rows x n_columns, row-major. */
void vector_scores(const float *matrix, gsize n_rows, gsize n_columns, const float *query,
		   float *ret_scores);
