#include "CKernels.h"

// C ← α·A·B + β·C in AVX-512, for matrices whose panels stay in a core's caches.
//
// B is packed in panels of 32 columns; 12 rows of A meet a panel in a tile of C that stays in 24
// registers. A is read where it lies: a broadcast takes one number, in whatever order. The sum of
// an element of C runs over k in blocks that depend on k alone, so that its bits do not depend on
// how the rows and columns of C are cut into calls.

#if defined(__x86_64__)

// Not arch=x86-64-v4, for which the compiler prefers vectors of half the size.
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define INLINE static inline __attribute__((always_inline)) AVX512
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 16, TILE_ROWS = 12, TILE_VECTORS = 2, TILE_COLUMNS = LANES * TILE_VECTORS };

/// The most of k that is summed in registers. A panel of B fills half of a first-level cache at
/// 256; rows of A that are contiguous come in fast enough to let it lie in the second level.
enum { BLOCK = 512, TRANSPOSED_BLOCK = 256 };

typedef float Lanes __attribute__((vector_size(64), aligned(4)));

/// A tile of C: where it lies, its distance between rows, and what is left of its columns.
typedef struct {
  float *c;
  long stride;
  long columns;
  float alpha, beta;
} Tile;

/// Numbers (i, p) of A at `a[i * row + p * column]`.
typedef struct {
  const float *a;
  long row, column;
} Factor;

INLINE Lanes broadcast(float x) {
  return (Lanes){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

INLINE void store(Tile tile, int row, Lanes *sums) {
  float *c = tile.c + row * tile.stride;
  if (tile.columns >= TILE_COLUMNS) {
    UNROLL for (int j = 0; j < TILE_VECTORS; j++) {
      Lanes *target = (Lanes *)(c + j * LANES);
      const Lanes value = sums[j] * tile.alpha;
      *target = tile.beta == 0 ? value : value + tile.beta * *target;
    }
    return;
  }
  float values[TILE_COLUMNS];
  UNROLL for (int j = 0; j < TILE_VECTORS; j++)
    *(Lanes *)(values + j * LANES) = sums[j] * tile.alpha;
  for (int j = 0; j < tile.columns; j++)
    c[j] = tile.beta == 0 ? values[j] : values[j] + tile.beta * c[j];
}

/// One tile of `rows` rows, a constant, over `k` columns of A and rows of the panel `b`.
INLINE void multiply_tile(int rows, long k, Factor factor, const float *restrict b, Tile tile) {
  Lanes sums[TILE_ROWS][TILE_VECTORS];
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < TILE_VECTORS; j++) sums[i][j] = (Lanes){0};
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < TILE_VECTORS; j++)
      __builtin_prefetch(tile.c + i * tile.stride + j * LANES, 1);
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
  UNROLL for (int i = 0; i < rows; i++) store(tile, i, sums[i]);
}

static AVX512 void multiply_rows(long rows, long k, Factor factor, const float *b, Tile tile) {
  switch (rows) {
    case 1: return multiply_tile(1, k, factor, b, tile);
    case 2: return multiply_tile(2, k, factor, b, tile);
    case 3: return multiply_tile(3, k, factor, b, tile);
    case 4: return multiply_tile(4, k, factor, b, tile);
    case 5: return multiply_tile(5, k, factor, b, tile);
    case 6: return multiply_tile(6, k, factor, b, tile);
    case 7: return multiply_tile(7, k, factor, b, tile);
    case 8: return multiply_tile(8, k, factor, b, tile);
    case 9: return multiply_tile(9, k, factor, b, tile);
    case 10: return multiply_tile(10, k, factor, b, tile);
    case 11: return multiply_tile(11, k, factor, b, tile);
    default: return multiply_tile(12, k, factor, b, tile);
  }
}

#define PICK __builtin_shufflevector

/// Writes `b[j * stride + p]` to `panel[p * TILE_COLUMNS + j]` for p and j below 16.
INLINE void transpose(const float *b, long stride, float *restrict panel) {
  Lanes r[16], s[16];
  UNROLL for (int i = 0; i < 16; i++) r[i] = *(const Lanes *)(b + i * stride);
  UNROLL for (int i = 0; i < 8; i++) {
    const Lanes x = r[2 * i], y = r[2 * i + 1];
    s[2 * i] = PICK(x, y, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    s[2 * i + 1] = PICK(x, y, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  UNROLL for (int i = 0; i < 8; i++) {
    const Lanes x = s[i / 2 * 4 + i % 2], y = s[i / 2 * 4 + i % 2 + 2];
    r[i * 2] = PICK(x, y, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
    r[i * 2 + 1] = PICK(x, y, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  }
#define EVEN_PARTS(x, y) PICK(x, y, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD_PARTS(x, y) PICK(x, y, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
  UNROLL for (int i = 0; i < 4; i++) {
    s[i] = EVEN_PARTS(r[i], r[i + 4]);
    s[i + 4] = ODD_PARTS(r[i], r[i + 4]);
    s[i + 8] = EVEN_PARTS(r[i + 8], r[i + 12]);
    s[i + 12] = ODD_PARTS(r[i + 8], r[i + 12]);
  }
  UNROLL for (int i = 0; i < 8; i++) {
    *(Lanes *)(panel + i * TILE_COLUMNS) = EVEN_PARTS(s[i], s[i + 8]);
    *(Lanes *)(panel + (i + 8) * TILE_COLUMNS) = ODD_PARTS(s[i], s[i + 8]);
  }
}

/// Packs the columns of B, which are rows of memory, `k` numbers each.
static AVX512 void pack_transposed(const float *b, long stride, long k, long columns,
                                   float *restrict panel) {
  for (long j = 0; j < TILE_COLUMNS; j += LANES) {
    const bool is_whole = j + LANES <= columns;
    for (long p = 0; p < k; p += LANES) {
      if (is_whole && p + LANES <= k) {
        transpose(b + j * stride + p, stride, panel + p * TILE_COLUMNS + j);
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

AVX512 void float_product(FloatProduct product) {
  static _Thread_local float panel[BLOCK * TILE_COLUMNS] __attribute__((aligned(64)));
  const long most = product.a_is_transposed ? TRANSPOSED_BLOCK : BLOCK;
  const long blocks = (product.k + most - 1) / most;
  const long even = blocks ? (product.k + blocks - 1) / blocks : 0;
  const long block = (even + LANES - 1) / LANES * LANES;
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

void float_product(FloatProduct product) { (void)product; }

bool float_product_is_available(void) { return false; }

#endif
