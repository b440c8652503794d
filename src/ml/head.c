/* Rows are worked on together, so that the products are OpenBLAS's. */
#include "ml/head.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "ml/adam.h"
#include "ml/random.h"

typedef struct {
	float *hidden, *hidden_bias, *out, *out_bias;
} Parts;

static Parts parts(const Head *head, float *values)
{
	gsize n_hidden = (gsize)head->n_hidden * head->n_in, before = n_hidden + head->n_hidden;
	gsize n_out = (gsize)head->n_classes * (head->n_hidden ? head->n_hidden : head->n_in);

	return (Parts){values, values + n_hidden, values + before, values + before + n_out};
}

gsize head_size(guint n_in, guint n_hidden, guint n_classes)
{
	return n_hidden ? (gsize)n_hidden * (n_in + 1) + (gsize)n_classes * (n_hidden + 1)
			: (gsize)n_classes * (n_in + 1);
}

Head *head_new(guint n_in, guint n_hidden, guint n_classes, guint32 seed)
{
	Head *head = g_new0(Head, 1);
	Random random;

	*head = (Head){n_in,
		       n_hidden,
		       n_classes,
		       g_new0(float, n_in),
		       g_new(float, n_in),
		       head_size(n_in, n_hidden, n_classes),
		       NULL};
	head->values = g_new0(float, head->n);
	for (guint i = 0; i < n_in; i++)
		head->inverse[i] = 1;
	random_seed(&random, seed);
	for (gsize i = 0; i < (gsize)n_hidden * n_in; i++)
		head->values[i] =
			(float)((2 * random_unit(&random) - 1) * sqrt(6.0 / (n_in + n_hidden)));
	if (n_hidden)
		for (gsize i = 0; i < (gsize)n_classes * n_hidden; i++)
			parts(head, head->values).out[i] =
				(float)((2 * random_unit(&random) - 1) *
					sqrt(6.0 / (n_hidden + n_classes)));
	return head;
}

void head_free(Head *head)
{
	if (!head)
		return;
	g_free(head->mean);
	g_free(head->inverse);
	g_free(head->values);
	g_free(head);
}

void head_standardise(Head *head, const float *vectors, gsize n)
{
	for (guint i = 0; i < head->n_in; i++) {
		double sum = 0, square = 0;

		for (gsize r = 0; r < n; r++)
			sum += (double)vectors[r * head->n_in + i];
		sum /= (double)MAX(n, 1);
		for (gsize r = 0; r < n; r++)
			square += pow((double)vectors[r * head->n_in + i] - sum, 2);
		head->mean[i] = (float)sum;
		head->inverse[i] = (float)(1 / MAX(sqrt(square / (double)MAX(n, 1)), 1e-4));
	}
}

/* out (n x n_out) = in (n x n_in) times w transposed (n_out x n_in) + bias */
static void affine(const float *in, gsize n, guint n_in, const float *w, const float *bias,
		   guint n_out, float *out)
{
	for (gsize r = 0; r < n; r++)
		memcpy(out + r * n_out, bias, n_out * sizeof *out);
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n_out, (int)n_in, 1, in,
		    (int)n_in, w, (int)n_in, 1, out, (int)n_out);
}

static void standardised(const Head *head, const float *vectors, gsize n, float *out)
{
	for (gsize r = 0; r < n; r++)
		for (guint i = 0; i < head->n_in; i++)
			out[r * head->n_in + i] =
				(vectors[r * head->n_in + i] - head->mean[i]) * head->inverse[i];
}

typedef struct {
	float *in, *hidden; /* n x n_in, n x n_hidden */
} Pass;

static void pass_clear(Pass *pass)
{
	g_free(pass->in);
	g_free(pass->hidden);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pass, pass_clear)

static void forward(const Head *head, const float *vectors, gsize n, Pass *pass, float *logits)
{
	Parts p = parts(head, head->values);

	pass->in = g_new(float, n * head->n_in + 1);
	standardised(head, vectors, n, pass->in);
	if (!head->n_hidden) {
		affine(pass->in, n, head->n_in, p.out, p.out_bias, head->n_classes, logits);
		return;
	}
	pass->hidden = g_new(float, n * head->n_hidden + 1);
	affine(pass->in, n, head->n_in, p.hidden, p.hidden_bias, head->n_hidden, pass->hidden);
	for (gsize i = 0; i < n * head->n_hidden; i++)
		pass->hidden[i] = MAX(pass->hidden[i], 0);
	affine(pass->hidden, n, head->n_hidden, p.out, p.out_bias, head->n_classes, logits);
}

void head_logits(const Head *head, const float *vectors, gsize n, float *logits)
{
	g_auto(Pass) pass = {0};

	forward(head, vectors, n, &pass, logits);
}

/* logits of a row become the derivatives of its loss. */
static double row_loss(float *logits, guint n, guint wanted, double weight, double smoothing)
{
	float top = logits[0];
	double sum = 0, loss = 0;

	for (guint c = 1; c < n; c++)
		top = MAX(top, logits[c]);
	for (guint c = 0; c < n; c++)
		sum += exp((double)(logits[c] - top));
	for (guint c = 0; c < n; c++) {
		double target = smoothing / n + (c == wanted ? 1 - smoothing : 0);
		double log_p = (double)(logits[c] - top) - log(sum);

		loss -= target * log_p;
		logits[c] = (float)(weight * (exp(log_p) - target));
	}
	return weight * loss;
}

/* What d_out (n x n_out) means for w, bias (set) and, unless NULL, d_in (set). */
static void affine_back(const float *in, gsize n, guint n_in, const float *w, guint n_out,
			const float *d_out, float *d_w, float *d_bias, float *d_in)
{
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n_out, (int)n_in, (int)n, 1,
		    d_out, (int)n_out, in, (int)n_in, 0, d_w, (int)n_in);
	memset(d_bias, 0, n_out * sizeof *d_bias);
	for (gsize r = 0; r < n; r++)
		for (guint o = 0; o < n_out; o++)
			d_bias[o] += d_out[r * n_out + o];
	if (d_in)
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)n_in,
			    (int)n_out, 1, d_out, (int)n_out, w, (int)n_in, 0, d_in, (int)n_in);
}

double head_loss(const Head *head, const float *vectors, const guint *classes, gsize n,
		 const float *weights, double smoothing, float *gradient, float *d_vectors)
{
	Parts p = parts(head, head->values), d = parts(head, gradient);
	g_autofree float *logits = g_new(float, n * head->n_classes + 1);
	g_autofree float *d_hidden = g_new(float, n * head->n_hidden + 1);
	g_auto(Pass) pass = {0};
	double loss = 0;

	forward(head, vectors, n, &pass, logits);
	for (gsize r = 0; r < n; r++)
		loss += row_loss(logits + r * head->n_classes, head->n_classes, classes[r],
				 (weights ? (double)weights[classes[r]] : 1.0) / (double)n,
				 smoothing);
	if (head->n_hidden) {
		affine_back(pass.hidden, n, head->n_hidden, p.out, head->n_classes, logits, d.out,
			    d.out_bias, d_hidden);
		for (gsize i = 0; i < n * head->n_hidden; i++)
			d_hidden[i] = pass.hidden[i] > 0 ? d_hidden[i] : 0;
		affine_back(pass.in, n, head->n_in, p.hidden, head->n_hidden, d_hidden, d.hidden,
			    d.hidden_bias, d_vectors);
	} else {
		affine_back(pass.in, n, head->n_in, p.out, head->n_classes, logits, d.out,
			    d.out_bias, d_vectors);
	}
	for (gsize i = 0; d_vectors && i < n * head->n_in; i++)
		d_vectors[i] *= head->inverse[i % head->n_in];
	return loss;
}

void head_decay(const Head *head, double decay, float *gradient)
{
	Parts p = parts(head, head->values), d = parts(head, gradient);
	gsize n_hidden = (gsize)(p.hidden_bias - p.hidden), n_out = (gsize)(p.out_bias - p.out);

	for (gsize i = 0; i < n_hidden; i++)
		d.hidden[i] += (float)decay * p.hidden[i];
	for (gsize i = 0; i < n_out; i++)
		d.out[i] += (float)decay * p.out[i];
}

void head_train(Head *head, const float *vectors, const guint *classes, gsize n,
		const HeadOptions *o)
{
	g_autoptr(Adam) adam = adam_new(head->n, 1e9);
	g_autofree float *gradient = g_new(float, head->n);
	g_autofree float *rows = g_new(float, (gsize)o->batch * head->n_in);
	g_autofree guint *wanted = g_new(guint, o->batch);
	g_autofree guint32 *order = g_new(guint32, n + 1);
	gsize n_steps = o->n_epochs * ((n + o->batch - 1) / o->batch), step = 0;
	Random random;

	random_seed(&random, o->seed);
	for (gsize i = 0; i < n; i++)
		order[i] = (guint32)i;
	for (guint epoch = 0; epoch < o->n_epochs; epoch++) {
		random_shuffle(&random, order, n);
		for (gsize first = 0; first < n; first += o->batch, step++) {
			gsize size = MIN(o->batch, n - first);
			double rate =
				o->rate *
				(0.02 +
				 0.98 * 0.5 * (1 + cos(G_PI * (double)step / (double)n_steps)));

			for (gsize k = 0; k < size; k++) {
				memcpy(rows + k * head->n_in,
				       vectors + (gsize)order[first + k] * head->n_in,
				       head->n_in * sizeof *rows);
				wanted[k] = classes[order[first + k]];
			}
			head_loss(head, rows, wanted, size, o->weights, o->smoothing, gradient,
				  NULL);
			head_decay(head, o->decay, gradient);
			adam_step(adam, head->values, gradient, rate);
		}
	}
}
