/*
 * Every step of a layer stands twice, forward and backward, side by side; what the second needs of
 * the first lies in the layer's tape. Matrix products are OpenBLAS's; attention runs sequence by
 * sequence and head by head, so that sequences never meet.
 */
#include "ml/finetune.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

#undef I
#define MODEL WEIGHTS_DIMENSIONS
#define HEAD WEIGHTS_HEAD_SIZE
#define QKV (3 * MODEL)

enum { N_HEADS = MODEL / HEAD };

/* Loops over numbers are compiled for the machines there are, and chosen when the program runs. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WIDE                                                                         \
	__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), \
		       optimize("O3")))
#else
#define WIDE
#endif

typedef struct {
	float *weight;	   /* n_outputs x n_inputs */
	const float *bias; /* n_outputs, in the map */
} Dense;

typedef struct {
	Dense query, key, value, output, up, down;
	const float *attention_gain, *attention_bias, *output_gain, *output_bias;
} DenseLayer;

struct Finetune {
	const Adapter *adapter;
	Transformer *lower; /* the whole encoder; only its first layers are run */
	DenseLayer *layers; /* first_layer to n_layers - 1 */
	guint n_tuned;
	gsize n_middle;
	float epsilon;
};

/* What a layer's forward pass leaves for the backward one; rows are tokens. */
typedef struct {
	float *in;			 /* x 384 */
	float *qkv;			 /* x 1152 */
	float *attention;		 /* n² x 12 for each sequence */
	float *context;			 /* x 384 */
	float *normal, *inverse;	 /* x 384, x 1: of the first layer norm */
	float *middle_in;		 /* x 384: what goes up */
	float *gelu, *slope;		 /* x n_middle: gelu and its derivative */
	float *normal2, *inverse2;	 /* of the second layer norm */
	float *down[N_ADAPTER_MATRICES]; /* x rank: D x */
} Tape;

struct FinetunePass {
	const Finetune *finetune;
	TransformerStack *stack;
	gsize max_rows, n_rows, n_sequences;
	GArray *starts; /* gsize for each sequence and the end */
	gsize n_attention;
	Tape *tapes;
	float *out; /* max_rows x 384: last hidden states */
	float *vectors, *lengths;
	gsize n_vectors;
	/* scratch of the backward pass */
	float *d_out, *d_mid, *d_qkv, *d_wide, *d_context, *d_down;
};

/* ---- weights ------------------------------------------------------------------------------------- */

static gboolean dense_load(Dense *dense, const Weights *weights, guint layer, const char *name,
			   gsize n_outputs, gsize n_inputs, GError **error)
{
	g_autofree char *w = g_strdup_printf("l%u.%s.w", layer, name);
	g_autofree char *b = g_strdup_printf("l%u.%s.b", layer, name);
	const guint8 *blocks = weights_blocks(weights, w, n_outputs, n_inputs, error);

	dense->bias = blocks ? weights_floats(weights, b, n_outputs, error) : NULL;
	if (!dense->bias)
		return FALSE;
	dense->weight = g_new(float, n_outputs *n_inputs);
	for (gsize i = 0; i < n_outputs; i++)
		weights_unpack(blocks + i * n_inputs / WEIGHTS_BLOCK * WEIGHTS_BLOCK_BYTES,
			       n_inputs, dense->weight + i * n_inputs);
	return TRUE;
}

static gboolean norm_load(const float **values, const Weights *weights, guint layer,
			  const char *name, GError **error)
{
	g_autofree char *key = g_strdup_printf("l%u.%s", layer, name);

	*values = weights_floats(weights, key, MODEL, error);
	return *values != NULL;
}

static gboolean layer_load(DenseLayer *l, const Weights *weights, guint layer, GError **error)
{
	gsize middle = weights_shape(weights)->n_feed_forward;

	return dense_load(&l->query, weights, layer, "q", MODEL, MODEL, error) &&
	       dense_load(&l->key, weights, layer, "k", MODEL, MODEL, error) &&
	       dense_load(&l->value, weights, layer, "v", MODEL, MODEL, error) &&
	       dense_load(&l->output, weights, layer, "ao", MODEL, MODEL, error) &&
	       dense_load(&l->up, weights, layer, "fi", middle, MODEL, error) &&
	       dense_load(&l->down, weights, layer, "fo", MODEL, middle, error) &&
	       norm_load(&l->attention_gain, weights, layer, "aln.w", error) &&
	       norm_load(&l->attention_bias, weights, layer, "aln.b", error) &&
	       norm_load(&l->output_gain, weights, layer, "oln.w", error) &&
	       norm_load(&l->output_bias, weights, layer, "oln.b", error);
}

Finetune *finetune_new(const Weights *weights, const Adapter *adapter, GError **error)
{
	g_autoptr(Finetune) finetune = g_new0(Finetune, 1);
	const WeightsShape *shape = weights_shape(weights);

	if (adapter->n_layers != shape->n_layers || adapter->n_middle != shape->n_feed_forward) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the corrections are for another encoder");
		return NULL;
	}
	finetune->adapter = adapter;
	finetune->n_tuned = adapter->n_layers - adapter->first_layer;
	finetune->n_middle = shape->n_feed_forward;
	finetune->epsilon = shape->epsilon;
	finetune->layers = g_new0(DenseLayer, finetune->n_tuned);
	finetune->lower = transformer_new(weights, error);
	if (!finetune->lower)
		return NULL;
	for (guint i = 0; i < finetune->n_tuned; i++)
		if (!layer_load(&finetune->layers[i], weights, adapter->first_layer + i, error))
			return NULL;
	return g_steal_pointer(&finetune);
}

void finetune_free(Finetune *finetune)
{
	if (!finetune)
		return;
	for (guint i = 0; i < finetune->n_tuned; i++) {
		DenseLayer *l = &finetune->layers[i];
		Dense *all[] = {&l->query, &l->key, &l->value, &l->output, &l->up, &l->down};

		for (gsize k = 0; k < G_N_ELEMENTS(all); k++)
			g_free(all[k]->weight);
	}
	g_free(finetune->layers);
	transformer_free(finetune->lower);
	g_free(finetune);
}

/* ---- a pass -------------------------------------------------------------------------------------- */

static float *rows_new(gsize n_rows, gsize width)
{
	return g_aligned_alloc(n_rows * width, sizeof(float), 64);
}

static void tape_init(Tape *tape, const Finetune *f, gsize rows)
{
	*tape = (Tape){.in = rows_new(rows, MODEL),
		       .qkv = rows_new(rows, QKV),
		       .context = rows_new(rows, MODEL),
		       .normal = rows_new(rows, MODEL),
		       .inverse = rows_new(rows, 1),
		       .middle_in = rows_new(rows, MODEL),
		       .gelu = rows_new(rows, f->n_middle),
		       .slope = rows_new(rows, f->n_middle),
		       .normal2 = rows_new(rows, MODEL),
		       .inverse2 = rows_new(rows, 1)};
	for (int m = 0; m < N_ADAPTER_MATRICES; m++)
		tape->down[m] = rows_new(rows, f->adapter->rank);
}

static void tape_clear(Tape *tape)
{
	float *all[] = {tape->in,      tape->qkv,	tape->context,	tape->normal,
			tape->inverse, tape->middle_in, tape->gelu,	tape->slope,
			tape->normal2, tape->inverse2,	tape->attention};

	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		g_aligned_free(all[i]);
	for (int m = 0; m < N_ADAPTER_MATRICES; m++)
		g_aligned_free(tape->down[m]);
}

FinetunePass *finetune_pass_new(const Finetune *f, gsize max_rows)
{
	FinetunePass *pass = g_new0(FinetunePass, 1);

	pass->finetune = f;
	pass->max_rows = max_rows;
	pass->stack = transformer_stack_new(f->lower, max_rows);
	pass->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
	pass->tapes = g_new0(Tape, f->n_tuned);
	for (guint i = 0; i < f->n_tuned; i++)
		tape_init(&pass->tapes[i], f, max_rows);
	pass->out = rows_new(max_rows, MODEL);
	pass->d_out = rows_new(max_rows, MODEL);
	pass->d_mid = rows_new(max_rows, MODEL);
	pass->d_context = rows_new(max_rows, MODEL);
	pass->d_qkv = rows_new(max_rows, QKV);
	pass->d_wide = rows_new(max_rows, f->n_middle);
	pass->d_down = rows_new(max_rows, f->adapter->rank);
	return pass;
}

void finetune_pass_free(FinetunePass *pass)
{
	float **all[] = {&pass->out,	   &pass->d_out,   &pass->d_mid,
			 &pass->d_context, &pass->d_qkv,   &pass->d_wide,
			 &pass->d_down,	   &pass->vectors, &pass->lengths};

	if (!pass)
		return;
	for (guint i = 0; i < pass->finetune->n_tuned; i++)
		tape_clear(&pass->tapes[i]);
	g_free(pass->tapes);
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		g_aligned_free(*all[i]);
	g_array_unref(pass->starts);
	transformer_stack_free(pass->stack);
	g_free(pass);
}

/* ---- products ------------------------------------------------------------------------------------ */

/* out (n x n_out, rows of `stride`) = a (n x n_in) times b transposed (n_out x n_in) + beta out */
static void times_turned(gsize n, gsize n_in, gsize n_out, const float *a, gsize a_stride,
			 const float *b, float beta, float *out, gsize stride)
{
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n_out, (int)n_in, 1, a,
		    (int)a_stride, b, (int)n_in, beta, out, (int)stride);
}

/* out (n x n_out) = a (n x n_in) times b (n_in x n_out) + beta out */
static void times(gsize n, gsize n_in, gsize n_out, const float *a, gsize a_stride, const float *b,
		  float beta, float *out, gsize stride)
{
	cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)n_out, (int)n_in, 1, a,
		    (int)a_stride, b, (int)n_out, beta, out, (int)stride);
}

/* out (n_a x n_b) += a transposed (n x n_a) times b (n x n_b) */
static void add_outer(gsize n, gsize n_a, gsize n_b, const float *a, gsize a_stride, const float *b,
		      gsize b_stride, float *out)
{
	cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n_a, (int)n_b, (int)n, 1, a,
		    (int)a_stride, b, (int)b_stride, 1, out, (int)n_b);
}

/* One corrected matrix: where its numbers are, for both directions. */
typedef struct {
	const Dense *dense;
	gsize n_out;
	AdapterMatrix matrix;
} Corrected;

/* The corrected matrices of a layer, by AdapterMatrix. */
typedef struct {
	Corrected of[N_ADAPTER_MATRICES];
} CorrectedLayer;

static CorrectedLayer layer_corrected(const Finetune *f, guint layer)
{
	const DenseLayer *l = &f->layers[layer];

	return (CorrectedLayer){{[ADAPTER_QUERY] = {&l->query, MODEL, ADAPTER_QUERY},
				 [ADAPTER_KEY] = {&l->key, MODEL, ADAPTER_KEY},
				 [ADAPTER_VALUE] = {&l->value, MODEL, ADAPTER_VALUE},
				 [ADAPTER_OUTPUT] = {&l->output, MODEL, ADAPTER_OUTPUT},
				 [ADAPTER_UP] = {&l->up, f->n_middle, ADAPTER_UP}}};
}

static void dense_forward(const FinetunePass *pass, Tape *tape, guint layer, const Corrected *c,
			  const float *in, float *out, gsize stride)
{
	const Adapter *a = pass->finetune->adapter;
	guint number = a->first_layer + layer;

	for (gsize i = 0; i < pass->n_rows; i++)
		memcpy(out + i * stride, c->dense->bias, c->n_out * sizeof(float));
	times_turned(pass->n_rows, MODEL, c->n_out, in, MODEL, c->dense->weight, 1, out, stride);
	times_turned(pass->n_rows, MODEL, a->rank, in, MODEL,
		     a->values + adapter_down(a, number, c->matrix), 0, tape->down[c->matrix],
		     a->rank);
	times(pass->n_rows, a->rank, c->n_out, tape->down[c->matrix], a->rank,
	      a->values + adapter_up(a, number, c->matrix), 1, out, stride);
}

/* Adds to d_in (n x 384) and to the gradient of the corrections. */
static void dense_backward(FinetunePass *pass, const Tape *tape, guint layer, const Corrected *c,
			   const float *in, const float *d_out, gsize stride, float *d_in,
			   float *gradient)
{
	const Adapter *a = pass->finetune->adapter;
	gsize down = adapter_down(a, a->first_layer + layer, c->matrix),
	      up = adapter_up(a, a->first_layer + layer, c->matrix), n = pass->n_rows;

	times(n, c->n_out, MODEL, d_out, stride, c->dense->weight, 1, d_in, MODEL);
	times_turned(n, c->n_out, a->rank, d_out, stride, a->values + up, 0, pass->d_down, a->rank);
	times(n, a->rank, MODEL, pass->d_down, a->rank, a->values + down, 1, d_in, MODEL);
	add_outer(n, a->rank, c->n_out, tape->down[c->matrix], a->rank, d_out, stride,
		  gradient + up);
	add_outer(n, a->rank, MODEL, pass->d_down, a->rank, in, MODEL, gradient + down);
}

/* ---- numbers row by row -------------------------------------------------------------------------- */

/* values = gain normal + bias, where normal = (values + residual - mean) inverse. */
WIDE static void norm_forward(float *restrict values, const float *restrict residual, gsize n_rows,
			      const float *gain, const float *bias, float epsilon,
			      float *restrict normal, float *restrict inverse)
{
	for (gsize r = 0; r < n_rows; r++) {
		float *v = values + r * MODEL, *x = normal + r * MODEL, sum = 0, square = 0;

		for (gsize i = 0; i < MODEL; i++) {
			x[i] = v[i] + residual[r * MODEL + i];
			sum += x[i];
		}
		sum /= MODEL;
		for (gsize i = 0; i < MODEL; i++) {
			x[i] -= sum;
			square += x[i] * x[i];
		}
		inverse[r] = 1 / sqrtf(square / MODEL + epsilon);
		for (gsize i = 0; i < MODEL; i++) {
			x[i] *= inverse[r];
			v[i] = x[i] * gain[i] + bias[i];
		}
	}
}

/* d (in place) = the gradient in front of the layer norm. */
WIDE static void norm_backward(float *restrict d, gsize n_rows, const float *gain,
			       const float *restrict normal, const float *restrict inverse)
{
	for (gsize r = 0; r < n_rows; r++) {
		float *v = d + r * MODEL, sum = 0, with = 0;
		const float *x = normal + r * MODEL;

		for (gsize i = 0; i < MODEL; i++) {
			v[i] *= gain[i];
			sum += v[i];
			with += v[i] * x[i];
		}
		for (gsize i = 0; i < MODEL; i++)
			v[i] = (v[i] - sum / MODEL - x[i] * with / MODEL) * inverse[r];
	}
}

/* 2 to the power of x, x <= 0, to 1e-7. */
static inline float power_of_2(float x)
{
	float low = x < -126 ? -126 : x, whole = rintf(low), part = low - whole, p;
	gint32 bits = ((gint32)whole + 127) << 23;
	float scale;

	p = 1.00000007f +
	    part * (0.693146967f + part * (0.240221197f + part * (0.0555071327f +
								  part * (0.00967554133f +
									  part * 0.00132764717f))));
	memcpy(&scale, &bits, sizeof(scale));
	return p * scale;
}

/* values becomes gelu(values), slope its derivative F(x) + x f(x), F and f the normal distribution
 * and its density; F by Abramowitz and Stegun 26.2.17, within 7.5e-8. */
WIDE static void gelu_forward(float *restrict values, float *restrict slope, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		float x = values[i], size = fabsf(x), t = 1 / (1 + 0.2316419f * size);
		float density = 0.39894228f * power_of_2(-0.72134752f * x * x);
		float tail = density * t *
			     (0.31938153f +
			      t * (-0.356563782f +
				   t * (1.781477937f + t * (-1.821255978f + t * 1.330274429f))));
		float normal = x >= 0 ? 1 - tail : tail;

		values[i] = x * normal;
		slope[i] = normal + x * density;
	}
}

WIDE static void multiply_by(float *restrict values, const float *restrict by, gsize n)
{
	for (gsize i = 0; i < n; i++)
		values[i] *= by[i];
}

WIDE static void add_to(float *restrict values, const float *restrict more, gsize n)
{
	for (gsize i = 0; i < n; i++)
		values[i] += more[i];
}

/* ---- attention ----------------------------------------------------------------------------------- */

static const float attention_scale = 0.17677669529f; /* 1 / sqrt (32) */

WIDE static void softmax_rows(float *restrict scores, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		float *row = scores + i * n, top = row[0], sum = 0;

		for (gsize j = 1; j < n; j++)
			top = row[j] > top ? row[j] : top;
		for (gsize j = 0; j < n; j++) {
			row[j] = power_of_2((row[j] - top) * (1.44269504f * attention_scale));
			sum += row[j];
		}
		for (gsize j = 0; j < n; j++)
			row[j] /= sum;
	}
}

static void attend_forward(const float *qkv, gsize n, float *attention, float *context)
{
	for (gsize h = 0; h < N_HEADS; h++) {
		const float *q = qkv + h * HEAD, *k = q + MODEL, *v = k + MODEL;
		float *p = attention + h * n * n;

		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n, HEAD, 1, q,
			    QKV, k, QKV, 0, p, (int)n);
		softmax_rows(p, n);
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, HEAD, (int)n, 1, p,
			    (int)n, v, QKV, 0, context + h * HEAD, MODEL);
	}
}

/* d (n x n, of the weights) becomes that of the scores. */
WIDE static void softmax_backward(float *restrict d, const float *restrict p, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		float with = 0;

		for (gsize j = 0; j < n; j++)
			with += d[i * n + j] * p[i * n + j];
		for (gsize j = 0; j < n; j++)
			d[i * n + j] = p[i * n + j] * (d[i * n + j] - with) * attention_scale;
	}
}

static void attend_backward(const float *qkv, gsize n, const float *attention,
			    const float *d_context, float *scratch, float *d_qkv)
{
	for (gsize h = 0; h < N_HEADS; h++) {
		const float *q = qkv + h * HEAD, *k = q + MODEL, *v = k + MODEL;
		const float *p = attention + h * n * n, *d = d_context + h * HEAD;
		float *dq = d_qkv + h * HEAD, *dk = dq + MODEL, *dv = dk + MODEL;

		cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, HEAD, (int)n, 1, p,
			    (int)n, d, MODEL, 0, dv, QKV);
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)n, HEAD, 1, d,
			    MODEL, v, QKV, 0, scratch, (int)n);
		softmax_backward(scratch, p, n);
		cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, HEAD, (int)n, 1,
			    scratch, (int)n, k, QKV, 0, dq, QKV);
		cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, HEAD, (int)n, 1,
			    scratch, (int)n, q, QKV, 0, dk, QKV);
	}
}

/* ---- layers -------------------------------------------------------------------------------------- */

typedef struct {
	gsize first, n, attention; /* rows, and where its n² x 12 weights lie */
} Span;

static Span span_of(const FinetunePass *pass, gsize s)
{
	gsize first = g_array_index(pass->starts, gsize, s);
	gsize n = g_array_index(pass->starts, gsize, s + 1) - first, attention = 0;

	for (gsize i = 0; i < s; i++) {
		gsize m = g_array_index(pass->starts, gsize, i + 1) -
			  g_array_index(pass->starts, gsize, i);

		attention += m * m * N_HEADS;
	}
	return (Span){first, n, attention};
}

static void layer_forward(FinetunePass *pass, guint layer, float *hidden)
{
	const Finetune *f = pass->finetune;
	const DenseLayer *l = &f->layers[layer];
	Tape *tape = &pass->tapes[layer];
	const CorrectedLayer corrected = layer_corrected(f, layer);

	memcpy(tape->in, hidden, pass->n_rows * MODEL * sizeof(float));
	for (gsize i = 0; i <= ADAPTER_VALUE; i++)
		dense_forward(pass, tape, layer, &corrected.of[i], tape->in, tape->qkv + i * MODEL,
			      QKV);
	for (gsize s = 0; s < pass->n_sequences; s++) {
		Span span = span_of(pass, s);

		attend_forward(tape->qkv + span.first * QKV, span.n,
			       tape->attention + span.attention,
			       tape->context + span.first * MODEL);
	}
	dense_forward(pass, tape, layer, &corrected.of[ADAPTER_OUTPUT], tape->context, hidden,
		      MODEL);
	norm_forward(hidden, tape->in, pass->n_rows, l->attention_gain, l->attention_bias,
		     f->epsilon, tape->normal, tape->inverse);
	memcpy(tape->middle_in, hidden, pass->n_rows * MODEL * sizeof(float));
	dense_forward(pass, tape, layer, &corrected.of[ADAPTER_UP], tape->middle_in, tape->gelu,
		      f->n_middle);
	gelu_forward(tape->gelu, tape->slope, pass->n_rows * f->n_middle);
	for (gsize i = 0; i < pass->n_rows; i++)
		memcpy(hidden + i * MODEL, l->down.bias, MODEL * sizeof(float));
	times_turned(pass->n_rows, f->n_middle, MODEL, tape->gelu, f->n_middle, l->down.weight, 1,
		     hidden, MODEL);
	norm_forward(hidden, tape->middle_in, pass->n_rows, l->output_gain, l->output_bias,
		     f->epsilon, tape->normal2, tape->inverse2);
}

/* d_out (n x 384) becomes the gradient in front of the layer. */
static void layer_backward(FinetunePass *pass, guint layer, float *gradient)
{
	const Finetune *f = pass->finetune;
	const DenseLayer *l = &f->layers[layer];
	Tape *tape = &pass->tapes[layer];
	const CorrectedLayer corrected = layer_corrected(f, layer);
	gsize n = pass->n_rows;

	norm_backward(pass->d_out, n, l->output_gain, tape->normal2, tape->inverse2);
	memcpy(pass->d_mid, pass->d_out, n * MODEL * sizeof(float)); /* the residual's way */
	times(n, MODEL, f->n_middle, pass->d_out, MODEL, l->down.weight, 0, pass->d_wide,
	      f->n_middle);
	multiply_by(pass->d_wide, tape->slope, n * f->n_middle);
	dense_backward(pass, tape, layer, &corrected.of[ADAPTER_UP], tape->middle_in, pass->d_wide,
		       f->n_middle, pass->d_mid, gradient);
	norm_backward(pass->d_mid, n, l->attention_gain, tape->normal, tape->inverse);
	memcpy(pass->d_out, pass->d_mid, n * MODEL * sizeof(float));
	memset(pass->d_context, 0, n * MODEL * sizeof(float));
	dense_backward(pass, tape, layer, &corrected.of[ADAPTER_OUTPUT], tape->context, pass->d_mid,
		       MODEL, pass->d_context, gradient);
	for (gsize s = 0; s < pass->n_sequences; s++) {
		Span span = span_of(pass, s);

		attend_backward(tape->qkv + span.first * QKV, span.n,
				tape->attention + span.attention,
				pass->d_context + span.first * MODEL, pass->d_wide,
				pass->d_qkv + span.first * QKV);
	}
	for (gsize i = 0; i <= ADAPTER_VALUE; i++)
		dense_backward(pass, tape, layer, &corrected.of[i], tape->in,
			       pass->d_qkv + i * MODEL, QKV, pass->d_out, gradient);
}

/* ---- whole passes -------------------------------------------------------------------------------- */

static void pass_measure(FinetunePass *pass, const Sequence *sequences, gsize n)
{
	gsize rows = 0, attention = 0;

	g_array_set_size(pass->starts, 0);
	for (gsize s = 0; s < n; s++) {
		g_array_append_val(pass->starts, rows);
		rows += sequences[s].n;
		attention += (gsize)sequences[s].n * sequences[s].n * N_HEADS;
	}
	g_array_append_val(pass->starts, rows);
	g_assert(rows <= pass->max_rows);
	pass->n_rows = rows;
	pass->n_sequences = n;
	if (attention > pass->n_attention) {
		for (guint i = 0; i < pass->finetune->n_tuned; i++) {
			g_aligned_free(pass->tapes[i].attention);
			pass->tapes[i].attention = rows_new(attention, 1);
		}
		pass->n_attention = attention;
	}
	if (n > pass->n_vectors) {
		g_aligned_free(pass->vectors);
		g_aligned_free(pass->lengths);
		pass->vectors = rows_new(n, MODEL);
		pass->lengths = rows_new(n, 1);
		pass->n_vectors = n;
	}
}

static void pool_forward(FinetunePass *pass, float *vectors)
{
	for (gsize s = 0; s < pass->n_sequences; s++) {
		Span span = span_of(pass, s);
		float *vector = pass->vectors + s * MODEL, square = 0;

		memset(vector, 0, MODEL * sizeof(float));
		for (gsize r = 0; r < span.n; r++)
			add_to(vector, pass->out + (span.first + r) * MODEL, MODEL);
		for (gsize i = 0; i < MODEL; i++) {
			vector[i] /= (float)span.n;
			square += vector[i] * vector[i];
		}
		pass->lengths[s] = sqrtf(square);
		for (gsize i = 0; i < MODEL; i++)
			vector[i] /= pass->lengths[s];
	}
	memcpy(vectors, pass->vectors, pass->n_sequences * MODEL * sizeof(float));
}

static void pool_backward(FinetunePass *pass, const float *d_vectors)
{
	for (gsize s = 0; s < pass->n_sequences; s++) {
		Span span = span_of(pass, s);
		const float *vector = pass->vectors + s * MODEL, *d = d_vectors + s * MODEL;
		float *first = pass->d_out + span.first * MODEL, along = 0;

		for (gsize i = 0; i < MODEL; i++)
			along += d[i] * vector[i];
		for (gsize i = 0; i < MODEL; i++)
			first[i] = (d[i] - along * vector[i]) / pass->lengths[s] / (float)span.n;
		for (gsize r = 1; r < span.n; r++)
			memcpy(first + r * MODEL, first, MODEL * sizeof(float));
	}
}

void finetune_forward(FinetunePass *pass, const Sequence *sequences, gsize n, float *vectors)
{
	const Finetune *f = pass->finetune;

	pass_measure(pass, sequences, n);
	memcpy(pass->out,
	       transformer_run_to(f->lower, pass->stack, sequences, n, f->adapter->first_layer),
	       pass->n_rows * MODEL * sizeof(float));
	for (guint i = 0; i < f->n_tuned; i++)
		layer_forward(pass, i, pass->out);
	pool_forward(pass, vectors);
}

void finetune_backward(FinetunePass *pass, const float *d_vectors, float *gradient)
{
	pool_backward(pass, d_vectors);
	for (guint i = pass->finetune->n_tuned; i-- > 0;)
		layer_backward(pass, i, gradient);
}
