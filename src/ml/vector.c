/* The only retrieval arithmetic that is worth a library call. */
#include "ml/vector.h"

#include <cblas.h>

void vector_scores(const float *matrix, gsize n_rows, gsize n_columns, const float *query,
		   float *ret_scores)
{
	if (n_rows)
		cblas_sgemv(CblasRowMajor, CblasNoTrans, (blasint)n_rows, (blasint)n_columns, 1.0F,
			    matrix, (blasint)n_columns, query, 1, 0.0F, ret_scores, 1);
}
