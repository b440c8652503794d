/* Each output is a problem of its own, solved over one row of weights, then laid out feature by feature so
 * that a prediction reads all outputs of a feature at once. */
#include "ml/linear.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "ml/random.h"

typedef struct {
	const LinearRows *rows;
	const guint *classes;
	const LinearOptions *options;
	const float *squares; /* n_rows: length squared, with the constant */
	const double *costs;  /* n_classes */
	Linear *linear;
} Problem;

static guint width(const Linear *linear)
{
	return linear->n_features + linear->n_dense + 1;
}

static float row_dot(const LinearRows *rows, gsize i, const float *w, guint n_features)
{
	float sum = w[n_features + rows->n_dense];

	for (gsize k = rows->starts[i]; k < rows->starts[i + 1]; k++)
		sum += w[rows->indices[k]] * rows->values[k];
	if (rows->n_dense)
		sum += cblas_sdot((int)rows->n_dense, rows->dense + i * rows->n_dense, 1,
				  w + n_features, 1);
	return sum;
}

static void row_add(const LinearRows *rows, gsize i, float step, float *w, guint n_features)
{
	for (gsize k = rows->starts[i]; k < rows->starts[i + 1]; k++)
		w[rows->indices[k]] += step * rows->values[k];
	if (rows->n_dense)
		cblas_saxpy((int)rows->n_dense, step, rows->dense + i * rows->n_dense, 1,
			    w + n_features, 1);
	w[n_features + rows->n_dense] += step;
}

/* One round over all rows in a new order; returns the greatest violation. */
static double descend(const Problem *p, guint output, guint32 *order, double *alpha, float *w,
		      Random *random)
{
	const LinearRows *rows = p->rows;
	guint positive = p->linear->n_outputs == 1 ? 1 : output;
	double worst = 0;

	random_shuffle(random, order, rows->n_rows);
	for (gsize k = 0; k < rows->n_rows; k++) {
		gsize i = order[k];
		double y = p->classes[i] == positive ? 1 : -1;
		double weight = rows->weights ? (double)rows->weights[i] : 1;
		double diagonal = 0.5 / (weight * p->costs[p->classes[i]]);
		double gradient = y * (double)row_dot(rows, i, w, p->linear->n_features) - 1 +
				  alpha[i] * diagonal;
		double projected = alpha[i] > 0 ? gradient : MIN(gradient, 0), before = alpha[i];

		if (fabs(projected) < 1e-12)
			continue;
		worst = MAX(worst, fabs(projected));
		alpha[i] = MAX(before - gradient / ((double)p->squares[i] + diagonal), 0);
		row_add(rows, i, (float)((alpha[i] - before) * y), w, p->linear->n_features);
	}
	return worst;
}

static void solve(gpointer task, gpointer data)
{
	const Problem *p = data;
	guint output = GPOINTER_TO_UINT(task) - 1, n = width(p->linear);
	g_autofree guint32 *order = g_new(guint32, p->rows->n_rows + 1);
	g_autofree double *alpha = g_new0(double, p->rows->n_rows + 1);
	g_autofree float *w = g_new0(float, n);
	Random random;

	random_seed(&random, p->options->seed + output);
	for (gsize i = 0; i < p->rows->n_rows; i++)
		order[i] = (guint32)i;
	for (guint round = 0; round < p->options->max_rounds; round++)
		if (descend(p, output, order, alpha, w, &random) < p->options->tolerance)
			break;
	for (guint f = 0; f < n; f++)
		p->linear->weights[(gsize)f * p->linear->n_outputs + output] = w[f];
}

static float *row_squares(const LinearRows *rows)
{
	float *squares = g_new(float, rows->n_rows + 1);

	for (gsize i = 0; i < rows->n_rows; i++) {
		float sum = 1;

		for (gsize k = rows->starts[i]; k < rows->starts[i + 1]; k++)
			sum += rows->values[k] * rows->values[k];
		for (guint d = 0; d < rows->n_dense; d++)
			sum += rows->dense[i * rows->n_dense + d] *
			       rows->dense[i * rows->n_dense + d];
		squares[i] = sum;
	}
	return squares;
}

/* C of each class, by its rows: balance 1 gives every class the same weight in all. */
static double *class_costs(const LinearRows *rows, const guint *classes, guint n_classes,
			   const LinearOptions *options)
{
	double *costs = g_new0(double, n_classes + 1);

	for (gsize i = 0; i < rows->n_rows; i++)
		costs[classes[i]]++;
	for (guint c = 0; c < n_classes; c++) {
		double even = costs[c] > 0 ? (double)rows->n_rows / n_classes / costs[c] : 1;

		costs[c] = options->cost * pow(even, options->balance);
	}
	return costs;
}

Linear *linear_train(const LinearRows *rows, guint n_features, const guint *classes,
		     guint n_classes, const LinearOptions *options)
{
	g_autofree float *squares = row_squares(rows);
	g_autofree double *costs = class_costs(rows, classes, n_classes, options);
	Linear *linear = linear_new(n_classes, n_features, rows->n_dense);
	Problem problem = {rows, classes, options, squares, costs, linear};
	GThreadPool *pool;

	if (options->n_threads < 2 || linear->n_outputs == 1) {
		for (guint o = 0; o < linear->n_outputs; o++)
			solve(GUINT_TO_POINTER(o + 1), &problem);
		return linear;
	}
	pool = g_thread_pool_new(solve, &problem, (int)options->n_threads, FALSE, NULL);
	for (guint o = 0; o < linear->n_outputs; o++)
		g_thread_pool_push(pool, GUINT_TO_POINTER(o + 1), NULL);
	g_thread_pool_free(pool, FALSE, TRUE);
	return linear;
}

Linear *linear_new(guint n_classes, guint n_features, guint n_dense)
{
	Linear *linear = g_new(Linear, 1);

	*linear = (Linear){n_classes, n_classes == 2 ? 1 : n_classes, n_features, n_dense, NULL};
	linear->weights = g_new0(float, (gsize)width(linear) * linear->n_outputs);
	return linear;
}

void linear_free(Linear *linear)
{
	if (!linear)
		return;
	g_free(linear->weights);
	g_free(linear);
}

static void add_row(const Linear *linear, gsize feature, float value, float *margins)
{
	const float *w = linear->weights + feature * linear->n_outputs;

	for (guint o = 0; o < linear->n_outputs; o++)
		margins[o] += w[o] * value;
}

void linear_margins(const Linear *linear, const guint32 *indices, const float *values, gsize n,
		    const float *dense, float *margins)
{
	memset(margins, 0, linear->n_classes * sizeof *margins);
	add_row(linear, (gsize)linear->n_features + linear->n_dense, 1, margins);
	for (gsize k = 0; k < n; k++)
		if (indices[k] < linear->n_features)
			add_row(linear, indices[k], values[k], margins);
	for (guint d = 0; d < linear->n_dense; d++)
		add_row(linear, (gsize)linear->n_features + d, dense[d], margins);
	if (linear->n_outputs == 1) {
		margins[1] = margins[0];
		margins[0] = -margins[1];
	}
}
