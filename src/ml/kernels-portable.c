/*
 * Kernels for any machine that gcc knows: plain C and vectors of four, which become SSE2, NEON or plain code.
 * The reference for the tests of the other kernels, and what runs where they cannot.
 */
#include <math.h>
#include <string.h>

#include "ml/kernels.h"

#define LANES 4
#define ROWS 4
#define QUERIES 2
#define TABLE kernels_portable
#define TABLE_NAME "portable"
#define lane_numbers ((Ints){ 0, 1, 2, 3 })

#include "ml/kernels-types.inc"

static inline Floats floats_max(Floats a, Floats b)
{
	Ints greater = a > b;

	return (Floats)((greater & (Ints)a) | (~greater & (Ints)b));
}

/* The low byte of each lane. */
static inline Bytes bytes_of(Words v)
{
	return __builtin_convertvector((Ints)v, Bytes);
}

/* The exact sum of one block for one row and 16 outputs. */
static void block_dot(const guint8 *tile, const gint8 *bytes, gint32 offset, gint32 dot[QUANT_TILE])
{
	for (int o = 0; o < QUANT_TILE; o++)
		dot[o] = offset;
	for (int g = 0; g < 8; g++, tile += 64, bytes += 4 * ROWS)
		for (int o = 0; o < QUANT_TILE; o++)
			dot[o] += tile[4 * o] * bytes[0] + tile[4 * o + 1] * bytes[1] + tile[4 * o + 2] * bytes[2] +
				  tile[4 * o + 3] * bytes[3];
}

static void tile_multiply(const guint8 *tile, const float *scales, const float *bias, const QuantRows *rows, gsize n_blocks,
			  float *out, gsize stride)
{
	for (gsize r = 0; r < ROWS; r++) {
		float *sum = out + r * stride;

		memcpy(sum, bias, QUANT_TILE * sizeof(float));
		for (gsize b = 0; b < n_blocks; b++) {
			float scale = rows->scales[b * ROWS + r];
			gint32 dot[QUANT_TILE];

			block_dot(tile + 512 * b, rows->bytes + b * QUANT_BLOCK * ROWS + 4 * r, rows->offsets[b * ROWS + r],
				  dot);
			for (int o = 0; o < QUANT_TILE; o++)
				sum[o] += (float)dot[o] * (scales[b * QUANT_TILE + (gsize)o] * scale);
		}
	}
}

#include "ml/kernels.inc"
