/* Every kernel table of this machine against plain loops in double precision, and each other. */
#include "ml/kernels.h"

#include <math.h>
#include <string.h>

#define MODEL WEIGHTS_DIMENSIONS

static float *numbers(GRand *random, gsize n, double spread)
{
	float *values = g_aligned_alloc(n, sizeof(float), 64);

	for (gsize i = 0; i < n; i++)
		values[i] = (float)(spread * g_rand_double_range(random, -1, 1));
	return values;
}

typedef struct {
	QuantMatrix matrix;
	guint8 *blocks;
	float *bias;
} Quantised;

static void quantised_init(Quantised *q, GRand *random, gsize n_outputs, gsize n_inputs)
{
	gsize n_blocks = n_outputs * n_inputs / QUANT_BLOCK;

	q->blocks = g_new(guint8, n_blocks * WEIGHTS_BLOCK_BYTES);
	for (gsize i = 0; i < n_blocks * WEIGHTS_BLOCK_BYTES; i++)
		q->blocks[i] = (guint8)g_rand_int(random);
	for (gsize i = 0; i < n_blocks;
	     i++) /* scales of either sign, about 2^-6; the first block the most extreme weights */
		q->blocks[i * WEIGHTS_BLOCK_BYTES + 1] =
			(guint8)((q->blocks[i * WEIGHTS_BLOCK_BYTES + 1] & 0x80) | 0x24);
	memset(q->blocks + 2, 0xff, 16);
	q->bias = numbers(random, n_outputs, 1);
	quant_matrix_init(&q->matrix, n_outputs, n_inputs);
	quant_matrix_set(&q->matrix, 0, 16, q->blocks, q->bias);
	quant_matrix_set(&q->matrix, 16, n_outputs - 16,
			 q->blocks + 16 * n_inputs / QUANT_BLOCK * WEIGHTS_BLOCK_BYTES,
			 q->bias + 16);
}

static void quantised_clear(Quantised *q)
{
	quant_matrix_clear(&q->matrix);
	g_free(q->blocks);
	g_aligned_free(q->bias);
}

/* The 8-bit value that a float is rounded to, as kernels.h defines it, and its scale. */
static float rounded(const float *block, gsize i)
{
	float top = 0, scale;

	for (gsize j = 0; j < QUANT_BLOCK; j++)
		top = MAX(top, fabsf(block[j]));
	scale = top / 127;
	return scale > 0 ? rintf(block[i] * (127 / top)) * scale : 0;
}

static double product(const float *row, const float *weights, gsize n)
{
	double sum = 0;

	for (gsize i = 0; i < n; i++)
		sum += (double)rounded(row + i / QUANT_BLOCK * QUANT_BLOCK, i % QUANT_BLOCK) *
		       (double)weights[i];
	return sum;
}

static void check_multiply(const Kernels *kernels, gsize n_rows, gsize n_outputs, gsize n_inputs)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)(n_rows + n_inputs));
	gsize whole = (n_rows + kernels->n_rows - 1) / kernels->n_rows * kernels->n_rows;
	float *in = numbers(random, whole * n_inputs, 3),
	      *out = numbers(random, whole * n_outputs, 1);
	guint8 *tile = g_aligned_alloc(16, n_inputs, 64);
	g_autofree float *weights = g_new(float, n_inputs);
	g_autofree gint8 *bytes = g_new(gint8, whole * n_inputs);
	g_autofree float *scales = g_new(float, whole *n_inputs / QUANT_BLOCK);
	g_autofree gint32 *offsets = g_new(gint32, whole * n_inputs / QUANT_BLOCK);
	QuantRows rows = {bytes, scales, offsets};
	Quantised q;

	quantised_init(&q, random, n_outputs, n_inputs);
	for (gsize i = 0; i < QUANT_BLOCK;
	     i++) /* the greatest sum that a block can give, and a block of zeros */
		in[i] = 3, in[n_inputs - 1 - i] = 0;
	for (gsize i = 0; i < whole; i++)
		kernels->quantise(in + i * n_inputs, n_inputs, &rows, i);
	kernels->multiply(&q.matrix, &rows, whole, tile, out);
	for (gsize o = 0; o < n_outputs; o++) {
		weights_unpack(q.blocks + o * n_inputs / QUANT_BLOCK * WEIGHTS_BLOCK_BYTES,
			       n_inputs, weights);
		for (gsize i = 0; i < whole; i++)
			g_assert_cmpfloat_with_epsilon(
				out[i * n_outputs + o],
				(double)q.bias[o] + product(in + i * n_inputs, weights, n_inputs),
				2e-3);
	}
	quantised_clear(&q);
	g_aligned_free(in);
	g_aligned_free(out);
	g_aligned_free(tile);
}

static void test_multiply(gconstpointer data)
{
	check_multiply(data, 1, 32, 32);
	check_multiply(data, 12, 48, 384);
	check_multiply(data, 25, 32, 1536);
}

/* Rounding x to 8 bits hides the error of the formula, so blocks hold one number 32 times. */
static void test_gelu(gconstpointer data)
{
	const Kernels *kernels = data;
	gint8 bytes[QUANT_BLOCK * 16];
	float scales[16], block[QUANT_BLOCK];
	gint32 offsets[16];
	QuantRows rows = {bytes, scales, offsets};

	for (int i = -12000; i <= 12000; i++) {
		double x = i * 1e-3, exact = x * .5 * erfc(-x / sqrt(2));
		float signed_scale;

		for (gsize j = 0; j < QUANT_BLOCK; j++)
			block[j] = (float)x;
		kernels->quantise_gelu(block, QUANT_BLOCK, &rows, 0);
		signed_scale = bytes[0] * scales[0];
		g_assert_cmpfloat_with_epsilon((double)signed_scale, exact, 5e-6);
	}
}

static void test_normalise(gconstpointer data)
{
	const Kernels *kernels = data;
	g_autoptr(GRand) random = g_rand_new_with_seed(5);
	float *values = numbers(random, MODEL, 4), *residual = numbers(random, MODEL, 2),
	      *gain = numbers(random, MODEL, 1);
	float *bias = numbers(random, MODEL, 1);
	double exact[MODEL], mean = 0, variance = 0;

	for (int i = 0; i < MODEL; i++)
		mean += (exact[i] = (double)values[i] + (double)residual[i]) / MODEL;
	for (int i = 0; i < MODEL; i++)
		variance += (exact[i] - mean) * (exact[i] - mean) / MODEL;
	kernels->normalise(values, residual, gain, bias, 1e-12f);
	for (int i = 0; i < MODEL; i++)
		g_assert_cmpfloat_with_epsilon(
			(double)values[i],
			(exact[i] - mean) / sqrt(variance) * (double)gain[i] + (double)bias[i],
			1e-5);
	g_aligned_free(values);
	g_aligned_free(residual);
	g_aligned_free(gain);
	g_aligned_free(bias);
}

/* Number d of the context of row i in one head, in double precision. */
static double attended(const float *qkv, gsize n, gsize i, gsize head, gsize d)
{
	double total = 0, sum = 0;

	for (gsize j = 0; j < n; j++) {
		double score = 0;

		for (gsize k = 0; k < WEIGHTS_HEAD_SIZE; k++)
			score += (double)qkv[i * 3 * MODEL + head + k] *
				 (double)qkv[j * 3 * MODEL + MODEL + head + k];
		score = exp(score / sqrt(WEIGHTS_HEAD_SIZE));
		total += score;
		sum += score * (double)qkv[j * 3 * MODEL + 2 * MODEL + head + d];
	}
	return sum / total;
}

static void test_attend(gconstpointer data)
{
	static const gsize sizes[] = {1, 2, 7, 31, 32, 33, 64, 200};
	const Kernels *kernels = data;
	g_autoptr(GRand) random = g_rand_new_with_seed(9);

	for (gsize s = 0; s < G_N_ELEMENTS(sizes); s++) {
		gsize n = sizes[s];
		float *qkv = numbers(random, n * 3 * MODEL, 2),
		      *context = numbers(random, n * MODEL, 1);
		float *scratch = numbers(random, kernels_attend_scratch(n), 1);

		kernels->attend(qkv, n, context, scratch);
		for (gsize i = 0; i < n; i += 1 + n / 8)
			for (gsize j = 0; j < MODEL; j += 5)
				g_assert_cmpfloat_with_epsilon(
					(double)context[i * MODEL + j],
					attended(qkv, n, i,
						 j / WEIGHTS_HEAD_SIZE * WEIGHTS_HEAD_SIZE,
						 j % WEIGHTS_HEAD_SIZE),
					2e-5);
		g_aligned_free(qkv);
		g_aligned_free(context);
		g_aligned_free(scratch);
	}
}

/* A row's result does not depend on the rows beside it. */
static void test_rows_apart(gconstpointer data)
{
	const Kernels *kernels = data;
	g_autoptr(GRand) random = g_rand_new_with_seed(11);
	gsize n = kernels->n_rows;
	float *in = numbers(random, n * 64, 3), *alone = numbers(random, n * 32, 1),
	      *together = numbers(random, n * 32, 1);
	guint8 *tile = g_aligned_alloc(16, 64, 64);
	gint8 bytes[64 * 16];
	float scales[2 * 16];
	gint32 offsets[2 * 16];
	QuantRows rows = {bytes, scales, offsets};
	Quantised q;

	quantised_init(&q, random, 32, 64);
	for (gsize i = 0; i < n; i++)
		kernels->quantise(in + i * 64, 64, &rows, i);
	kernels->multiply(&q.matrix, &rows, n, tile, together);
	for (gsize i = 0; i < n; i++) {
		for (gsize j = 0; j < n; j++)
			kernels->quantise(in + i * 64, 64, &rows, j);
		kernels->multiply(&q.matrix, &rows, n, tile, alone);
		for (gsize j = 0; j < n; j++)
			g_assert_cmpmem(alone + j * 32, 32 * sizeof(float), together + i * 32,
					32 * sizeof(float));
	}
	quantised_clear(&q);
	g_aligned_free(in);
	g_aligned_free(alone);
	g_aligned_free(together);
	g_aligned_free(tile);
}

static void test_scale(void)
{
	static const struct {
		guint8 half[2];
		float value;
	} rows[] = {{{0, 0x3c}, 1},	   {{0, 0xc0}, -2},
		    {{1, 0}, 0x1p-24f},	   {{0xff, 0x83}, -0x3ffp-24f},
		    {{0xff, 0x7b}, 65504}, {{0, 0x04}, 0x1p-14f},
		    {{0, 0}, 0},	   {{0, 0x7c}, INFINITY}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_true(weights_scale(rows[i].half) == rows[i].value);
}

static void add_all(const Kernels *kernels)
{
	static const struct {
		const char *name;
		GTestDataFunc test;
	} tests[] = {{"multiply", test_multiply},
		     {"gelu", test_gelu},
		     {"normalise", test_normalise},
		     {"attend", test_attend},
		     {"rows_apart", test_rows_apart}};

	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path =
			g_strdup_printf("/ml/kernels/%s/%s", kernels->name, tests[i].name);

		g_test_add_data_func(path, kernels, tests[i].test);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; kernels_get(i); i++)
		add_all(kernels_get(i));
	g_test_add_func("/ml/kernels/scale", test_scale);
	return g_test_run();
}
