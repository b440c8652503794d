/*
 * The head on an encoder: vectors of a text to scores of classes, by softmax regression or, with n_hidden, a
 * perceptron with one layer of rectified units. Inputs are standardised by a mean and spread that stay fixed.
 * Learns by Adam on the mean cross-entropy with L2 decay; the same data and seed give the same bits.
 * Ownership: a Head owns its numbers. Threads: may be shared while nobody trains it.
 */
#pragma once

#include <glib.h>

typedef struct {
	guint n_in, n_hidden, n_classes; /* n_hidden 0: no hidden layer */
	float *mean, *inverse;		 /* n_in each: standardised = (x - mean) inverse */
	gsize n;
	float *values; /* n: [hidden x in, hidden,] classes x (hidden or in), classes */
} Head;

/* All zero but for the hidden layer, which is random by the seed. */
Head *head_new(guint n_in, guint n_hidden, guint n_classes, guint32 seed);
void head_free(Head *head);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Head, head_free)
gsize head_size(guint n_in, guint n_hidden, guint n_classes); /* n of its values */
/* Takes mean and spread from vectors (n x n_in). */
void head_standardise(Head *head, const float *vectors, gsize n);

/* logits (n x n_classes) of vectors (n x n_in). */
void head_logits(const Head *head, const float *vectors, gsize n, float *logits);
/*
 * Mean loss over n rows, each times its class's weight (weights: n_classes, or NULL). smoothing: share of the
 * wanted probability that is spread over all classes. gradient (head->n) is set; d_vectors (n x n_in), unless
 * NULL, too.
 */
double head_loss(const Head *head, const float *vectors, const guint *classes, gsize n,
		 const float *weights, double smoothing, float *gradient, float *d_vectors);

typedef struct {
	double rate, decay, smoothing;
	guint n_epochs, batch;
	guint32 seed;
	const float *weights; /* of classes, or NULL */
} HeadOptions;

/* Learns from vectors that do not change. */
void head_train(Head *head, const float *vectors, const guint *classes, gsize n,
		const HeadOptions *options);
/* Adds to gradient what decay asks of the matrices (not of the constants). */
void head_decay(const Head *head, double decay, float *gradient);
