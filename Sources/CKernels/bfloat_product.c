#include "bfloat_panels.h"
#include "factor.h"

// C ← α·A·B + β·C with both factors rounded to bfloat16 (8 bits of mantissa, to the nearest even)
// and sums in single precision, by the instructions that multiply pairs (AVX512_BF16).
//
// Both factors are packed, A in blocks of 264 rows and B in panels of 32 columns, with two
// neighbours along k as one unit of 32 bits; 12 rows of A meet a panel in a tile of C that stays in
// 24 registers. An element of C is summed over blocks of k that depend on k alone, so its bits do
// not depend on the cut of C's rows and columns into calls.
//
// The BLAS has no such product. oneDNN 2.6 gave 89 to 192 GFLOP/s on one core of a Zen 4, rounding
// included, at the shapes of an update; this kernel gives 158 to 215.

#if defined(__x86_64__)

/// Rows of pairs lie 16 units more than a block apart, so that they do not share cache sets.
enum { BLOCK = 512, PAIRS = BLOCK / 2, ROW_BLOCK = 264, ROW_DISTANCE = PAIRS + LANES };

INLINE_BF16 void multiply_tile(int rows, long pairs, Factor factor, const float *restrict b,
                               Tile tile) {
  Lanes sums[TILE_ROWS][TILE_VECTORS];
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < TILE_VECTORS; j++) sums[i][j] = (Lanes){0};
  prefetch_tile(tile, rows);
  const float *a = factor.units;
  for (long q = 0; q < pairs; q++, a += factor.column, b += TILE_COLUMNS) {
    Lanes columns[TILE_VECTORS];
    UNROLL for (int j = 0; j < TILE_VECTORS; j++) columns[j] = *(const Lanes *)(b + j * LANES);
    UNROLL for (int i = 0; i < rows; i++)
      UNROLL for (int j = 0; j < TILE_VECTORS; j++)
        sums[i][j] = add_pair_products(sums[i][j], a[i * factor.row], columns[j]);
  }
  UNROLL for (int i = 0; i < rows; i++) store_row(tile, i, sums[i]);
}

static BF16 void multiply_rows(long rows, long pairs, Factor factor, const float *b, Tile tile) {
  FOR_CONSTANT_ROWS(rows, multiply_tile, pairs, factor, b, tile)
}

/// Packs rows `p..<p + k` of B's columns from `j` on into a panel.
INLINE_BF16 void pack_panel(const Product *product, long p, long k, long j, float *panel) {
  const long columns = product->n - j;
  if (product->b_is_transposed) {
    pack_pairs_transposed(product->b + j * product->b_stride + p, product->b_stride, k, columns,
                          panel);
  } else {
    pack_pairs_across(product->b + p * product->b_stride + j, product->b_stride, k, columns,
                      TILE_COLUMNS, TILE_COLUMNS, panel);
  }
}

/// Packs columns `p..<p + k` of `rows` rows of A from `i` on.
INLINE_BF16 Factor pack_rows(const Product *product, long p, long k, long i, long rows,
                             float *packed) {
  if (product->a_is_transposed) {
    const long distance = round_up(rows, LANES);
    pack_pairs_across(product->a + p * product->a_stride + i, product->a_stride, k, rows, distance,
                      distance, packed);
    return (Factor){packed, 1, distance};
  }
  pack_pairs_along(product->a + i * product->a_stride + p, product->a_stride, k, rows, ROW_DISTANCE,
                   packed);
  return (Factor){packed, ROW_DISTANCE, 1};
}

BF16 void bfloat_product(Product product) {
  static _Thread_local float panel[PAIRS * TILE_COLUMNS] __attribute__((aligned(64)));
  static _Thread_local float factor[ROW_BLOCK * ROW_DISTANCE] __attribute__((aligned(64)));
  const long block = round_up(block_length(product.k, BLOCK), 2 * LANES);
  for (long p = 0; p < product.k; p += block) {
    const long k = least(product.k - p, block);
    for (long top = 0; top < product.m; top += ROW_BLOCK) {
      const long rows = least(product.m - top, ROW_BLOCK);
      const Factor a = pack_rows(&product, p, k, top, rows, factor);
      for (long j = 0; j < product.n; j += TILE_COLUMNS) {
        pack_panel(&product, p, k, j, panel);
        for (long i = 0; i < rows; i += TILE_ROWS) {
          const Factor tile_rows = {a.units + i * a.row, a.row, a.column};
          const Tile tile = {product.c + (top + i) * product.c_stride + j, product.c_stride,
                             product.n - j, product.alpha, p == 0 ? product.beta : 1};
          multiply_rows(rows - i, (k + 1) / 2, tile_rows, panel, tile);
        }
      }
    }
  }
}

bool bfloat_product_is_available(void) {
  return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16");
}

#else

void bfloat_product(Product product) { (void)product; }

bool bfloat_product_is_available(void) { return false; }

#endif
