/*
 * Kernels for AVX-512 with VNNI (Intel since 2019, AMD since 2022).
 * One instruction multiplies 64 pairs of bytes and adds them up in fours: weights are the unsigned
 * operand, plus 8, and the running sums start at the offset that takes the 8 out again. 12 rows of
 * sums fill the 32 registers.
 */
#include "ml/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")

#define LANES 16
#define ROWS 12
#define QUERIES 6
#define TABLE kernels_avx512
#define TABLE_NAME "avx512"
#define lane_numbers ((Ints){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})

#include "ml/kernels-types.inc"

static inline Floats floats_max(Floats a, Floats b)
{
	return (Floats)_mm512_max_ps((__m512)a, (__m512)b);
}

/* The low byte of each lane. */
static inline Bytes bytes_of(Words v)
{
	return (Bytes)_mm512_cvtepi32_epi8((__m512i)v);
}

static void tile_multiply(const guint8 *tile, const float *scales, const float *bias,
			  const QuantRows *rows, gsize n_blocks, float *out, gsize stride)
{
	const gint8 *bytes = rows->bytes;
	__m512 sum[ROWS];

#pragma GCC unroll 12
	for (int r = 0; r < ROWS; r++)
		sum[r] = _mm512_loadu_ps(bias);
	for (gsize b = 0; b < n_blocks; b++) {
		__m512i dot[ROWS];
		__m512 scale = _mm512_loadu_ps(scales + b * QUANT_TILE);

#pragma GCC unroll 12
		for (int r = 0; r < ROWS; r++)
			dot[r] = _mm512_set1_epi32(rows->offsets[b * ROWS + (gsize)r]);
#pragma GCC unroll 8
		for (int g = 0; g < 8; g++, tile += 64, bytes += 4 * ROWS) {
			__m512i weights = _mm512_load_si512(tile);

#pragma GCC unroll 12
			for (int r = 0; r < ROWS; r++) {
				gint32 four;

				memcpy(&four, bytes + 4 * r, 4);
				dot[r] = _mm512_dpbusd_epi32(dot[r], weights,
							     _mm512_set1_epi32(four));
			}
		}
#pragma GCC unroll 12
		for (int r = 0; r < ROWS; r++) {
			__m512 both = _mm512_mul_ps(
				scale, _mm512_set1_ps(rows->scales[b * ROWS + (gsize)r]));

			sum[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[r]), both, sum[r]);
		}
	}
#pragma GCC unroll 12
	for (int r = 0; r < ROWS; r++)
		_mm512_storeu_ps(out + (gsize)r * stride, sum[r]);
}

#include "ml/kernels.inc"
#endif
