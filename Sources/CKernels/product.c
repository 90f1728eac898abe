#include "panels.h"

// C ← α·A·B + β·C in AVX-512, for matrices whose panels stay in a core's caches.
//
// B is packed in panels of 32 columns; 12 rows of A meet a panel in a tile of C that stays in 24
// registers. A is read where it lies: a broadcast takes one number, in whatever order. The sum of
// an element of C runs over k in blocks that depend on k alone, so that its bits do not depend on
// how the rows and columns of C are cut into calls.

#if defined(__x86_64__)

/// The most of k that is summed in registers. A panel of B fills half of a first-level cache at
/// 256; rows of A that are contiguous come in fast enough to let it lie in the second level.
enum { BLOCK = 512, TRANSPOSED_BLOCK = 256 };

/// Numbers (i, p) of A at `a[i * row + p * column]`.
typedef struct {
  const float *a;
  long row, column;
} Factor;

INLINE Lanes broadcast(float x) {
  return (Lanes){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

/// One tile of `rows` rows, a constant, over `k` columns of A and rows of the panel `b`.
INLINE void multiply_tile(int rows, long k, Factor factor, const float *restrict b, Tile tile) {
  Lanes sums[TILE_ROWS][TILE_VECTORS];
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < TILE_VECTORS; j++) sums[i][j] = (Lanes){0};
  prefetch_tile(tile, rows);
  const float *a = factor.a;
  for (long p = 0; p < k; p++, a += factor.column, b += TILE_COLUMNS) {
    Lanes columns[TILE_VECTORS];
    UNROLL for (int j = 0; j < TILE_VECTORS; j++) columns[j] = *(const Lanes *)(b + j * LANES);
    UNROLL for (int i = 0; i < rows; i++) {
      const Lanes number = broadcast(a[i * factor.row]);
      UNROLL for (int j = 0; j < TILE_VECTORS; j++)
        sums[i][j] = __builtin_elementwise_fma(number, columns[j], sums[i][j]);
    }
  }
  UNROLL for (int i = 0; i < rows; i++) store_row(tile, i, sums[i]);
}

static AVX512 void multiply_rows(long rows, long k, Factor factor, const float *b, Tile tile) {
  FOR_CONSTANT_ROWS(rows, multiply_tile, k, factor, b, tile)
}

/// Packs the columns of B, which are rows of memory, `k` numbers each.
static AVX512 void pack_transposed(const float *b, long stride, long k, long columns,
                                   float *restrict panel) {
  for (long j = 0; j < TILE_COLUMNS; j += LANES) {
    const bool is_whole = j + LANES <= columns;
    for (long p = 0; p < k; p += LANES) {
      if (is_whole && p + LANES <= k) {
        Lanes rows[LANES];
        UNROLL for (int i = 0; i < LANES; i++) rows[i] = *(const Lanes *)(b + (j + i) * stride + p);
        store_transpose(rows, panel + p * TILE_COLUMNS + j);
        continue;
      }
      const long end = p + LANES < k ? p + LANES : k;
      for (long q = p; q < end; q++)
        for (long i = j; i < j + LANES; i++)
          panel[q * TILE_COLUMNS + i] = i < columns ? b[i * stride + q] : 0;
    }
  }
}

static AVX512 void pack_plain(const float *b, long stride, long k, long columns,
                              float *restrict panel) {
  for (long p = 0; p < k; p++, b += stride, panel += TILE_COLUMNS) {
    if (columns >= TILE_COLUMNS) {
      UNROLL for (int j = 0; j < TILE_VECTORS; j++)
        *(Lanes *)(panel + j * LANES) = *(const Lanes *)(b + j * LANES);
    } else {
      for (long j = 0; j < TILE_COLUMNS; j++) panel[j] = j < columns ? b[j] : 0;
    }
  }
}

AVX512 void float_product(Product product) {
  static _Thread_local float panel[BLOCK * TILE_COLUMNS] __attribute__((aligned(64)));
  const long block = block_length(product.k, product.a_is_transposed ? TRANSPOSED_BLOCK : BLOCK);
  Factor factor = {product.a, product.a_stride, 1};
  if (product.a_is_transposed) factor = (Factor){product.a, 1, product.a_stride};

  for (long p = 0; p < product.k; p += block) {
    const long k = product.k - p < block ? product.k - p : block;
    for (long j = 0; j < product.n; j += TILE_COLUMNS) {
      const long columns = product.n - j;
      if (product.b_is_transposed) {
        pack_transposed(product.b + j * product.b_stride + p, product.b_stride, k, columns, panel);
      } else {
        pack_plain(product.b + p * product.b_stride + j, product.b_stride, k, columns, panel);
      }
      for (long i = 0; i < product.m; i += TILE_ROWS) {
        const Factor rows = {factor.a + i * factor.row + p * factor.column, factor.row,
                             factor.column};
        const Tile tile = {product.c + i * product.c_stride + j, product.c_stride, columns,
                           product.alpha, p == 0 ? product.beta : 1};
        multiply_rows(product.m - i, k, rows, panel, tile);
      }
    }
  }
}

bool float_product_is_available(void) { return __builtin_cpu_supports("x86-64-v4"); }

#else

void float_product(Product product) { (void)product; }

bool float_product_is_available(void) { return false; }

#endif
