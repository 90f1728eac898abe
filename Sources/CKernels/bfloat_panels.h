#pragma once

#include "panels.h"

// Packs factors rounded to bfloat16, to the nearest even: two neighbours along the sum of a product
// make one unit of 32 bits. The processor takes subnormal floats for 0.

#if defined(__x86_64__)

#include <immintrin.h>

#define BF16 __attribute__((target(AVX512_SETS ",avx512bf16")))
#define INLINE_BF16 static inline __attribute__((always_inline)) BF16

/// Adds to each lane the two products of `pair` and the lane's pair.
INLINE_BF16 Lanes add_pair_products(Lanes sums, float pair, Lanes pairs) {
  return (Lanes)_mm512_dpbf16_ps((__m512)sums, (__m512bh)_mm512_set1_ps(pair), (__m512bh)pairs);
}

/// A mask of the first `count` of 16 lanes.
INLINE_BF16 __mmask16 first_lanes(long count) {
  return count >= LANES ? 0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

/// Sixteen pairs of neighbours in one row: floats `p` to `p + 31` of `count`, zeros beyond.
INLINE_BF16 __m512 pairs_along(const float *row, long p, long count) {
  const __m512 low = _mm512_maskz_loadu_ps(first_lanes(count - p), row + p);
  const __m512 high = _mm512_maskz_loadu_ps(first_lanes(count - p - LANES), row + p + LANES);
  return (__m512)_mm512_cvtne2ps_pbh(high, low);
}

/// Sixteen pairs, each of one column in two rows; without `lower` the second numbers are zeros.
INLINE_BF16 __m512 pairs_across(const float *upper, const float *lower, long columns) {
  const __m512i order = _mm512_set_epi16(
      31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19,
      3, 18, 2, 17, 1, 16, 0);
  const __m512 even = _mm512_maskz_loadu_ps(first_lanes(columns), upper);
  const __m512 odd = _mm512_maskz_loadu_ps(lower ? first_lanes(columns) : 0, lower ? lower : upper);
  const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(odd, even);
  return (__m512)_mm512_permutexvar_epi16(order, both);
}

/// Packs `columns` columns of `k` rows: pair q of column j at `packed[q * distance + j]`, for j
/// below `width` rounded up to whole lanes.
INLINE_BF16 void pack_pairs_across(const float *x, long stride, long k, long columns, long width,
                                   long distance, float *restrict packed) {
  for (long p = 0; p < k; p += 2, packed += distance) {
    const float *upper = x + p * stride, *lower = p + 1 < k ? upper + stride : 0;
    for (long j = 0; j < width; j += LANES)
      _mm512_store_ps(packed + j, pairs_across(upper + j, lower ? lower + j : 0, columns - j));
  }
}

/// Packs rows of `k` contiguous floats: pair q of row i at `packed[i * distance + q]`.
INLINE_BF16 void pack_pairs_along(const float *x, long stride, long k, long rows, long distance,
                                  float *restrict packed) {
  for (long i = 0; i < rows; i++)
    for (long p = 0; p < k; p += 2 * LANES)
      _mm512_store_ps(packed + i * distance + p / 2, pairs_along(x + i * stride, p, k));
}

/// Packs columns of B into a panel, from memory that holds B transposed.
INLINE_BF16 void pack_pairs_transposed(const float *b, long stride, long k, long columns,
                                       float *restrict panel) {
  for (long j = 0; j < TILE_COLUMNS; j += LANES)
    for (long p = 0; p < k; p += 2 * LANES) {
      Lanes rows[LANES];
      UNROLL for (int i = 0; i < LANES; i++)
        rows[i] = j + i < columns ? (Lanes)pairs_along(b + (j + i) * stride, p, k) : (Lanes){0};
      store_transpose(rows, panel + p / 2 * TILE_COLUMNS + j);
    }
}

#endif
