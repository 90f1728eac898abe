#pragma once

#include "CKernels.h"
#include "every_cpu.h"
#include "lengths.h"

// Tiles and panels of a product. The target names its sets: for arch=x86-64-v4 the compiler prefers
// vectors of half the size.

#if defined(__x86_64__)

#define AVX512_SETS "avx512f,avx512bw,avx512dq,avx512vl,fma"
#define AVX512 __attribute__((target(AVX512_SETS)))
#define INLINE static inline __attribute__((always_inline)) AVX512

enum { TILE_ROWS = 12, TILE_VECTORS = 2, TILE_COLUMNS = LANES * TILE_VECTORS };

typedef float Lanes __attribute__((vector_size(64), aligned(4)));

/// A tile of C, the distance between its rows, and the columns of C from its first one on.
typedef struct {
  float *c;
  long stride;
  long columns;
  float alpha, beta;
} Tile;

INLINE void prefetch_tile(Tile tile, int rows) {
  UNROLL for (int i = 0; i < rows; i++)
    UNROLL for (int j = 0; j < TILE_VECTORS; j++)
      __builtin_prefetch(tile.c + i * tile.stride + j * LANES, 1);
}

/// Row `row` of C ← α · sums + β · C.
INLINE void store_row(Tile tile, int row, const Lanes *sums) {
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

/// Calls `kernel` with the constant min(`rows`, 12) as its first argument.
#define FOR_CONSTANT_ROWS(rows, kernel, ...)    \
  switch (rows) {                               \
    case 1: return kernel(1, __VA_ARGS__);      \
    case 2: return kernel(2, __VA_ARGS__);      \
    case 3: return kernel(3, __VA_ARGS__);      \
    case 4: return kernel(4, __VA_ARGS__);      \
    case 5: return kernel(5, __VA_ARGS__);      \
    case 6: return kernel(6, __VA_ARGS__);      \
    case 7: return kernel(7, __VA_ARGS__);      \
    case 8: return kernel(8, __VA_ARGS__);      \
    case 9: return kernel(9, __VA_ARGS__);      \
    case 10: return kernel(10, __VA_ARGS__);    \
    case 11: return kernel(11, __VA_ARGS__);    \
    default: return kernel(12, __VA_ARGS__);    \
  }

/// The length of the blocks of k that are summed one after the other, at most `most` rounded up to
/// whole lanes: as even as lanes allow, so that the order of a sum depends on k alone.
INLINE long block_length(long k, long most) {
  const long blocks = (k + most - 1) / most;
  const long even = blocks ? (k + blocks - 1) / blocks : LANES;
  return round_up(even, LANES);
}

#define PICK __builtin_shufflevector
#define EVEN_PARTS(x, y) PICK(x, y, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD_PARTS(x, y) PICK(x, y, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)

/// Transposes sixteen rows of sixteen 32-bit numbers and stores the result `TILE_COLUMNS` apart.
INLINE void store_transpose(Lanes *r, float *restrict panel) {
  Lanes s[LANES];
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

#endif
