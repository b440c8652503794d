/* One row of scores at a time; the sums over questions are OpenBLAS's. */
#include "ml/contrast.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* scores (n_passages + 1 cosines) become the derivatives of this question's loss to the logits. */
static double question_loss(const Contrast *c, gsize question, float *scores,
			    ContrastResult *result)
{
	gsize n = c->n_passages + 1, best = 0;
	guint wanted = c->wanted[question];
	double sum = 0, loss, weighted = 0, top;

	scores[c->n_passages] = c->offset;
	for (gsize j = 1; j < n; j++)
		best = scores[j] > scores[best] ? j : best;
	top = scores[best];
	for (gsize j = 0; j < n; j++)
		sum += exp((double)c->scale * (scores[j] - top));
	loss = log(sum) - (double)c->scale * (scores[wanted] - top);
	result->accuracy += best == wanted;
	for (gsize j = 0; j < n; j++) {
		double d = exp((double)c->scale * (scores[j] - top)) / sum - (j == wanted);

		weighted += d * scores[j];
		scores[j] = (float)d;
	}
	result->d_scale += (float)weighted;
	result->d_offset += c->scale * scores[c->n_passages];
	return loss;
}

ContrastResult contrast_loss(const Contrast *c, float *d_questions, float *d_passages)
{
	gsize n = c->n_passages + 1;
	g_autofree float *scores = g_new0(float, c->n_questions *n + 1);
	float share = c->n_questions ? 1 / (float)c->n_questions : 0;
	ContrastResult result = {0};

	if (!c->n_questions)
		return result;
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)c->n_questions,
		    (int)c->n_passages, (int)c->n_dimensions, 1, c->questions, (int)c->n_dimensions,
		    c->passages, (int)c->n_dimensions, 0, scores, (int)n);
	for (gsize i = 0; i < c->n_questions; i++)
		result.loss += question_loss(c, i, scores + i * n, &result);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)c->n_questions,
		    (int)c->n_dimensions, (int)c->n_passages, c->scale * share, scores, (int)n,
		    c->passages, (int)c->n_dimensions, 0, d_questions, (int)c->n_dimensions);
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)c->n_passages,
		    (int)c->n_dimensions, (int)c->n_questions, c->scale * share, scores, (int)n,
		    c->questions, (int)c->n_dimensions, 0, d_passages, (int)c->n_dimensions);
	result.loss *= share;
	result.accuracy *= share;
	result.d_scale *= share;
	result.d_offset *= share;
	return result;
}
