/*
 * Adam [Kingma, Ba 2015] with the gradient's length clipped: one step after the other on n values.
 * Threads: none of its own. Does not schedule the rate: callers pass it with each step.
 */
#pragma once

#include <glib.h>

typedef struct {
	gsize n;
	guint64 n_steps;
	double max_length;    /* of the gradient */
	float *mean, *square; /* n, n */
} Adam;

Adam *adam_new(gsize n, double max_length);
void adam_free(Adam *adam);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Adam, adam_free)
/* gradient is scaled when it is too long; a gradient that is not finite changes nothing. */
void adam_step(Adam *adam, float *values, float *gradient, double rate);
