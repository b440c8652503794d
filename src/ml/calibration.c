/* Gradient descent with momentum and a step that shrinks when the loss rises: few parameters, a convex loss. */
#include "ml/calibration.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 300 };
enum { ROWS_FOR_BIAS = 200 }; /* a class: with fewer, biases would only make rare classes rarer */
static const double ridge = 1e-3, ridge_of_few = 2; /* keep biases near 0, of few rows more */
static const double least_scale = 0.05; /* of a view alone: it decides, however unsure */

Calibration *calibration_new(guint n_views, guint n_classes)
{
	Calibration *c = g_new0(Calibration, 1);

	c->n_views = n_views;
	c->n_classes = n_classes;
	for (guint v = 0; v < n_views; v++)
		c->scale[v] = 1;
	c->bias = g_new0(double, n_classes + 1);
	return c;
}

void calibration_free(Calibration *c)
{
	if (!c)
		return;
	g_free(c->bias);
	g_free(c);
}

void calibration_apply(const Calibration *c, const float *margins, double *p)
{
	double top = -HUGE_VAL, sum = 0;

	for (guint k = 0; k < c->n_classes; k++) {
		p[k] = c->bias[k];
		for (guint v = 0; v < c->n_views; v++)
			p[k] += c->scale[v] * (double)margins[v * c->n_classes + k];
		top = MAX(top, p[k]);
	}
	for (guint k = 0; k < c->n_classes; k++)
		sum += p[k] = exp(p[k] - top);
	for (guint k = 0; k < c->n_classes; k++)
		p[k] /= sum;
}

/* Mean loss with the ridge; gradient: scales, then biases. */
static double loss_of(const Calibration *c, const float *margins, const guint *classes, gsize n,
		      const float *weights, double *gradient)
{
	g_autofree double *p = g_new(double, c->n_classes + 1);
	gsize stride = (gsize)c->n_views * c->n_classes;
	double loss = 0, decay = ridge + ridge_of_few / (double)n;

	memset(gradient, 0, (c->n_views + c->n_classes) * sizeof *gradient);
	for (gsize i = 0; i < n; i++) {
		double share = (weights ? (double)weights[classes[i]] : 1.0) / (double)n;

		calibration_apply(c, margins + i * stride, p);
		loss -= log(MAX(p[classes[i]], 1e-12)) * share;
		for (guint k = 0; k < c->n_classes; k++) {
			double d = (p[k] - (k == classes[i])) * share;

			for (guint v = 0; v < c->n_views; v++)
				gradient[v] +=
					d * (double)margins[i * stride + v * c->n_classes + k];
			gradient[c->n_views + k] += d;
		}
	}
	for (guint k = 0; k < c->n_classes; k++) {
		loss += decay * c->bias[k] * c->bias[k] / 2;
		gradient[c->n_views + k] += decay * c->bias[k];
	}
	return loss;
}

static void step(Calibration *c, const double *velocity, gboolean biased)
{
	for (guint v = 0; v < c->n_views; v++)
		c->scale[v] = MAX(c->scale[v] + velocity[v], c->n_views == 1 ? least_scale : 0);
	for (guint k = 0; biased && k < c->n_classes; k++)
		c->bias[k] += velocity[c->n_views + k];
}

Calibration *calibration_fit(const float *margins, const guint *classes, gsize n, guint n_views,
			     guint n_classes, const float *weights)
{
	Calibration *c = calibration_new(n_views, n_classes);
	guint n_parameters = n_views + n_classes;
	g_autofree double *gradient = g_new(double, n_parameters);
	g_autofree double *velocity = g_new0(double, n_parameters);
	double rate = 1, before = HUGE_VAL;

	for (guint round = 0; n && round < ROUNDS; round++) {
		double loss = loss_of(c, margins, classes, n, weights, gradient);

		if (loss > before) {
			rate /= 2;
			memset(velocity, 0, n_parameters * sizeof *velocity);
		}
		before = loss;
		for (guint k = 0; k < n_parameters; k++)
			velocity[k] = 0.9 * velocity[k] - rate * gradient[k];
		step(c, velocity, n / n_classes >= ROWS_FOR_BIAS);
	}
	return c;
}
