/*
 * The loss that teaches a question to lie near the passage that answers it and far from the others,
 * and a question that none answers to lie near none:
 *   p(j | i) = exp (scale q_i.p_j) / (sum over k of exp (scale q_i.p_k) + exp (scale offset))
 * and the same with the last term for "none"; the loss is the mean of -log p(wanted | i). It is the
 * contrastive loss of [van den Oord et al. 2018, "InfoNCE"] with one more candidate, whose score is
 * a constant that is learnt: so cosines mean the same from one knowledge to the next.
 * Threads: pure.
 */
#pragma once

#include <glib.h>

typedef struct {
	const float *questions, *passages; /* n x n_dimensions, unit length */
	gsize n_questions, n_passages, n_dimensions;
	const guint *wanted; /* for each question its passage, or n_passages: none */
	float scale, offset;
} Contrast;

typedef struct {
	double loss;
	double accuracy;	 /* share of questions whose wanted candidate is the likeliest */
	float d_scale, d_offset; /* derivatives of the loss */
} ContrastResult;

/* d_questions and d_passages, of the same shapes as the vectors, are set. */
ContrastResult contrast_loss(const Contrast *contrast, float *d_questions, float *d_passages);
