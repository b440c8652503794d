/*
 * Kernels for any machine that gcc knows: vectors of 16 bytes, which become SSE2, NEON or plain
 * code.
 * Bytes are multiplied as 16-bit numbers, the even ones and the odd ones of a word apart: a block
 * adds up 16 products of at most 15 x 127, 30,480 in all, which 16 bits hold. The reference for the
 * tests of the other kernels, and what runs where they cannot.
 */
#include <math.h>
#include <string.h>

#include "ml/kernels.h"

#define LANES 4
#define ROWS 4
#define QUERIES 2
#define TABLE kernels_portable
#define TABLE_NAME "portable"
#define lane_numbers ((Ints){0, 1, 2, 3})

#include "ml/kernels-types.inc"

typedef gint16 Shorts __attribute__((vector_size(4 * LANES)));

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

/* The bytes of one block, row by row within each group of four inputs: the even ones and the odd
 * ones, in all lanes. */
static inline void block_spread(const gint8 *bytes, Shorts (*spread)[2])
{
	for (int g = 0; g < QUANT_BLOCK / 4; g++, bytes += 4 * ROWS, spread += ROWS) {
		Words four, even, odd; /* a row in each lane */

		memcpy(&four, bytes, sizeof(four));
		even = ((Words)((Ints)(four << 24) >> 24) & 0xffff) |
		       (Words)((Ints)(four << 8) >> 24) << 16;
		odd = ((Words)((Ints)(four << 16) >> 24) & 0xffff) | (Words)((Ints)four >> 24)
									     << 16;
#pragma GCC unroll 4
		for (int r = 0; r < ROWS; r++) {
			spread[r][0] = (Shorts)__builtin_shuffle(even, lane_numbers * 0 + r);
			spread[r][1] = (Shorts)__builtin_shuffle(odd, lane_numbers * 0 + r);
		}
	}
}

/* The exact sums of one block for 4 outputs and all rows. */
static inline void block_dot(const guint8 *tile, Shorts (*spread)[2], Shorts *dot)
{
	for (int g = 0; g < QUANT_BLOCK / 4; g++, tile += 4 * QUANT_TILE, spread += ROWS) {
		Words weights;

		memcpy(&weights, tile, sizeof(weights));
#pragma GCC unroll 4
		for (int r = 0; r < ROWS; r++)
			dot[r] += (Shorts)(weights & 0x00ff00ff) * spread[r][0] +
				  (Shorts)(weights >> 8 & 0x00ff00ff) * spread[r][1];
	}
}

static void block_multiply(const guint8 *tile, const float *scales, const QuantRows *rows, gsize b,
			   float *out, gsize stride)
{
	Shorts spread[QUANT_BLOCK / 4 * ROWS][2]
		__attribute__((uninitialized)); /* written whole, and hot */

	block_spread(rows->bytes + b * QUANT_BLOCK * ROWS, spread);
	for (gsize o = 0; o < QUANT_TILE; o += LANES) {
		Shorts dot[ROWS] = {{0}};

		block_dot(tile + 4 * o, spread, dot);
		for (gsize r = 0; r < ROWS; r++) {
			Words low = (Words)((Ints)((Words)dot[r] << 16) >> 16),
			      high = (Words)((Ints)dot[r] >> 16);
			Ints whole = (Ints)(low + high + (guint32)rows->offsets[b * ROWS + r]);
			Floats both = floats_load(scales + o) * rows->scales[b * ROWS + r];

			floats_store(out + r * stride + o,
				     floats_load(out + r * stride + o) +
					     __builtin_convertvector(whole, Floats) * both);
		}
	}
}

static void tile_multiply(const guint8 *tile, const float *scales, const float *bias,
			  const QuantRows *rows, gsize n_blocks, float *out, gsize stride)
{
	for (gsize r = 0; r < ROWS; r++)
		memcpy(out + r * stride, bias, QUANT_TILE * sizeof(float));
	for (gsize b = 0; b < n_blocks; b++)
		block_multiply(tile + 512 * b, scales + b * QUANT_TILE, rows, b, out, stride);
}

#include "ml/kernels.inc"
