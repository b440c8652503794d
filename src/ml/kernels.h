/*
 * The encoder's arithmetic: 4-bit matrices times 8-bit activations, GELU, layer norm, attention;
 * one table of functions for each instruction set, the best of which is chosen when the program
 * runs, since the build knows no machine.
 * Activations are rounded to 8 bits in blocks of 32 with one scale each, the scale that the
 * weights' blocks have as well, so that sums within a block are exact integers: 3 times as fast as
 * single precision and a seventh of its memory.
 * Every table gives the same product of the same bytes but for the last bits of single-precision
 * sums; those bits now and then turn the rounding of a later activation, so whole encodings agree
 * to a cosine of 0.9999 between tables.
 * Ownership: a QuantMatrix owns its arrays; everything else is the caller's. Threads: functions are
 * pure, a matrix never changes.
 * Limits: inputs and outputs of a matrix are multiples of 32. Does not check sizes: callers do
 * (encoder.c).
 */
#pragma once

#include <glib.h>

#include "ml/adapter.h"
#include "ml/weights.h"

#define QUANT_BLOCK WEIGHTS_BLOCK
#define QUANT_TILE 16 /* outputs that are computed together */
#define CORRECT_MAX_RANK ADAPTER_MAX_RANK

/* n_outputs x n_inputs, from Q4_0. Tile by tile of 16 outputs, block by block of 32 inputs, 256
 * bytes: byte 64 g + 4 o + j holds inputs 4 g + j (low nibble) and 16 + 4 g + j (high nibble) of
 * output o, each plus 8. */
typedef struct {
	gsize n_outputs, n_inputs;
	guint8 *nibbles;
	float *scales; /* n_outputs / 16 x n_inputs / 32 x 16 */
	float *bias;   /* n_outputs */
} QuantMatrix;

void quant_matrix_init(QuantMatrix *matrix, gsize n_outputs, gsize n_inputs);
/* Fills outputs [first, first + n_rows), both multiples of 16, from n_rows rows of Q4_0 blocks and
 * n_rows biases. */
void quant_matrix_set(QuantMatrix *matrix, gsize first, gsize n_rows, const guint8 *blocks,
		      const float *bias);
void quant_matrix_clear(QuantMatrix *matrix);

/* Rows of activations for a multiplication, in groups of Kernels.n_rows rows: byte (4 x input / 4 +
 * row) x 4 + input % 4 of a group, scale and offset (-8 times the sum of the block's bytes) block
 * by block, row by row. */
typedef struct {
	gint8 *bytes;  /* n_rows x n_inputs */
	float *scales; /* n_rows x n_inputs / 32 */
	gint32 *offsets;
} QuantRows;

typedef struct {
	const char *name;
	guint n_rows; /* rows in a group; multiply takes whole groups */
	/* Rounds row number `row` of n values into rows; n is a multiple of 32. */
	void (*quantise)(const float *values, gsize n, QuantRows *rows, gsize row);
	/* The same of gelu(values), the exact (erf) form within 5e-6. */
	void (*quantise_gelu)(const float *values, gsize n, QuantRows *rows, gsize row);
	/* out (n_rows x n_outputs) = rows times the transposed matrix plus bias. tile: 16 x
	 * n_inputs bytes of scratch, 64-aligned. */
	void (*multiply)(const QuantMatrix *matrix, const QuantRows *rows, gsize n_rows,
			 guint8 *tile, float *out);
	/* values = layer norm of values + residual (NULL: none), 384 numbers. */
	void (*normalise)(float *values, const float *residual, const float *gain,
			  const float *bias, float epsilon);
	/* context (n x 384) = attention of 12 heads over one sequence; qkv is n x 1152: queries,
	 * keys, values. scratch: kernels_attend_scratch(n) floats, 64-aligned. */
	void (*attend)(const float *qkv, gsize n, float *context, float *scratch);
	/* out (n_outputs) += up' (down in): in has 384 numbers, down is rank x 384, up is rank x
	 * n_outputs, a multiple of 32. */
	void (*correct)(const float *in, const float *down, const float *up, gsize rank,
			gsize n_outputs, float *out);
	/* The dot product of 384 numbers, exact: b below 2^14. */
	gint32 (*dot)(const gint8 *a, const gint16 *b);
} Kernels;

gsize kernels_attend_scratch(gsize n);
/* The fastest that this machine can run. */
const Kernels *kernels_best(void);
/* All that this machine can run, the fastest first; for tests. index past the end: NULL. */
const Kernels *kernels_get(guint index);

/* The tables; only kernels.c names them. */
extern const Kernels kernels_portable;
#if defined(__x86_64__)
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;
#endif
