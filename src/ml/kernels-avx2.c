/*
 * Kernels for AVX2 and FMA (x86 since 2013).
 * Bytes are multiplied and added in pairs to 16 bits; a block adds up 8 such pairs of at most 2 x
 * 15 x 127 each, 30,480 in all, so that 16 bits hold it and one widening step a block is enough.
 * The sums of single precision go through the first-level cache.
 */
#include "ml/kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <math.h>
#include <string.h>

#pragma GCC target("avx2,fma")

#define LANES 8
#define ROWS 4
#define QUERIES 3
#define TABLE kernels_avx2
#define TABLE_NAME "avx2"
#define lane_numbers ((Ints){0, 1, 2, 3, 4, 5, 6, 7})

#include "ml/kernels-types.inc"

static inline Floats floats_max(Floats a, Floats b)
{
	return (Floats)_mm256_max_ps((__m256)a, (__m256)b);
}

/* The low byte of each lane. */
static inline Bytes bytes_of(Words v)
{
	const __m256i low =
		_mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 4,
				 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	__m256i each = _mm256_shuffle_epi8((__m256i)v, low);
	__m128i both =
		_mm_unpacklo_epi32(_mm256_castsi256_si128(each), _mm256_extracti128_si256(each, 1));
	Bytes bytes;

	memcpy(&bytes, &both, sizeof(bytes));
	return bytes;
}

/* Adds one block of half a tile (8 outputs) to the sums of all rows. */
static inline void half_multiply(const guint8 *tile, __m256 scale, const QuantRows *rows, gsize b,
				 __m256 *sum)
{
	const gint8 *bytes = rows->bytes + b * QUANT_BLOCK * ROWS;
	__m256i dot[ROWS];

#pragma GCC unroll 4
	for (int r = 0; r < ROWS; r++)
		dot[r] = _mm256_setzero_si256();
#pragma GCC unroll 8
	for (int g = 0; g < 8; g++) {
		__m256i weights = _mm256_load_si256((const void *)(tile + 64 * g));

#pragma GCC unroll 4
		for (int r = 0; r < ROWS; r++) {
			gint32 four;

			memcpy(&four, bytes + 4 * (ROWS * g + r), 4);
			dot[r] = _mm256_add_epi16(
				dot[r], _mm256_maddubs_epi16(weights, _mm256_set1_epi32(four)));
		}
	}
#pragma GCC unroll 4
	for (int r = 0; r < ROWS; r++) {
		__m256i wide = _mm256_madd_epi16(dot[r], _mm256_set1_epi16(1));
		__m256 both =
			_mm256_mul_ps(scale, _mm256_set1_ps(rows->scales[b * ROWS + (gsize)r]));

		wide = _mm256_add_epi32(wide,
					_mm256_set1_epi32(rows->offsets[b * ROWS + (gsize)r]));
		sum[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(wide), both, sum[r]);
	}
}

static void tile_multiply(const guint8 *tile, const float *scales, const float *bias,
			  const QuantRows *rows, gsize n_blocks, float *out, gsize stride)
{
	for (gsize half = 0; half < 2; half++) {
		__m256 sum[ROWS];

		for (int r = 0; r < ROWS; r++)
			sum[r] = _mm256_loadu_ps(bias + 8 * half);
		for (gsize b = 0; b < n_blocks; b++)
			half_multiply(tile + 512 * b + 32 * half,
				      _mm256_loadu_ps(scales + b * QUANT_TILE + 8 * half), rows, b,
				      sum);
		for (int r = 0; r < ROWS; r++)
			_mm256_storeu_ps(out + (gsize)r * stride + 8 * half, sum[r]);
	}
}

#include "ml/kernels.inc"
#endif
