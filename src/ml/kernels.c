/*
 * Matrices in the layout of the kernels, and the choice of a kernel table, see kernels.h.
 * The layout keeps the four bytes that one dot-product instruction adds up side by side, for 16
 * outputs at once, which is also how a Q4_0 block lies in the file, four bytes at a time: packing
 * moves words and rounds nothing.
 */
#include "ml/kernels.h"

#include <string.h>

#define TILE_BLOCK_BYTES (QUANT_TILE * QUANT_BLOCK / 2)

void quant_matrix_init(QuantMatrix *matrix, gsize n_outputs, gsize n_inputs)
{
	gsize n_blocks = n_outputs * (n_inputs / QUANT_BLOCK);

	matrix->n_outputs = n_outputs;
	matrix->n_inputs = n_inputs;
	matrix->nibbles = g_aligned_alloc(n_blocks, QUANT_BLOCK / 2, 64);
	matrix->scales = g_aligned_alloc(n_blocks, sizeof(float), 64);
	matrix->bias = g_aligned_alloc(n_outputs, sizeof(float), 64);
}

void quant_matrix_set(QuantMatrix *matrix, gsize first, gsize n_rows, const guint8 *blocks,
		      const float *bias)
{
	gsize n_blocks = matrix->n_inputs / QUANT_BLOCK;

	memcpy(matrix->bias + first, bias, n_rows * sizeof(float));
	for (gsize row = first; row < first + n_rows; row++) {
		gsize tile = row / QUANT_TILE, lane = row % QUANT_TILE;

		for (gsize b = 0; b < n_blocks; b++, blocks += WEIGHTS_BLOCK_BYTES) {
			guint8 *to = matrix->nibbles + (tile * n_blocks + b) * TILE_BLOCK_BYTES +
				     4 * lane;

			for (gsize g = 0; g < 4; g++)
				memcpy(to + 64 * g, blocks + 2 + 4 * g, 4);
			matrix->scales[(tile * n_blocks + b) * QUANT_TILE + lane] =
				weights_scale(blocks);
		}
	}
}

void quant_matrix_clear(QuantMatrix *matrix)
{
	g_clear_pointer(&matrix->nibbles, g_aligned_free);
	g_clear_pointer(&matrix->scales, g_aligned_free);
	g_clear_pointer(&matrix->bias, g_aligned_free);
}

/* Keys transposed (32 x n) and 6 rows of scores, n rounded up to 32. */
gsize kernels_attend_scratch(gsize n)
{
	return (WEIGHTS_HEAD_SIZE + 6) * ((n + 31) / 32 * 32);
}

const Kernels *kernels_get(guint index)
{
	const Kernels *usable[3];
	guint n = 0;

#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vnni"))
		usable[n++] = &kernels_avx512;
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		usable[n++] = &kernels_avx2;
#endif
	usable[n++] = &kernels_portable;
	return index < n ? usable[index] : NULL;
}

const Kernels *kernels_best(void)
{
	return kernels_get(0);
}
