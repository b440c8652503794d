/* beta1 .9 and beta2 .99: the second forgets sooner than usual, since trainings here are short. */
#include "ml/adam.h"

#include <math.h>

#define BETA1 0.9
#define BETA2 0.99

Adam *adam_new(gsize n, double max_length)
{
	Adam *adam = g_new0(Adam, 1);

	*adam = (Adam){.n = n,
		       .max_length = max_length,
		       .mean = g_new0(float, n),
		       .square = g_new0(float, n)};
	return adam;
}

void adam_free(Adam *adam)
{
	if (!adam)
		return;
	g_free(adam->mean);
	g_free(adam->square);
	g_free(adam);
}

void adam_step(Adam *adam, float *values, float *gradient, double rate)
{
	double length = 0, clip, near, far;

	for (gsize i = 0; i < adam->n; i++)
		length += (double)gradient[i] * gradient[i];
	length = sqrt(length);
	if (!isfinite(length))
		return;
	adam->n_steps++;
	clip = length > adam->max_length ? adam->max_length / length : 1;
	near = 1 - pow(BETA1, (double)adam->n_steps);
	far = 1 - pow(BETA2, (double)adam->n_steps);
	for (gsize i = 0; i < adam->n; i++) {
		double g = gradient[i] * clip;

		adam->mean[i] = (float)(BETA1 * adam->mean[i] + (1 - BETA1) * g);
		adam->square[i] = (float)(BETA2 * adam->square[i] + (1 - BETA2) * g * g);
		values[i] -=
			(float)(rate * adam->mean[i] / near / (sqrt(adam->square[i] / far) + 1e-8));
	}
}
