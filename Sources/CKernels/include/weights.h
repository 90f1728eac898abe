#pragma once

#include <stdint.h>

// Products of a few vectors with a matrix of weights in single precision, bfloat16 or 8-bit
// integers: what writing one token at a time consists of. Memory decides their speed, so that rows are read
// one behind the other, and once for all vectors. Swift compiles for SSE2 only, and OpenBLAS has no
// such product for the two smaller formats.
//
// The order of a sum is the same for one vector and for many; that of a combination of rows is the
// order of their indices, which no compiler may change. Products are added unrounded where the processor can (AVX2, AVX-512).

/// A matrix whose rows lie `stride` elements apart, and the columns that take part.
typedef struct {
  const void *elements;
  long stride;
  long columns;
} WeightRows;

/// y ← α · (w·x) ∘ scales + β · y for `rows` rows and for each of `vectors` vectors x and y, which
/// lie apart by their strides; no `scales` are ones, and β = 0 overwrites y.
///
/// w·x is the sum of 32 lanes, of the numbers of x by turns, and at last of the numbers behind the
/// last whole 16, for which the compiler has chosen an order.
typedef struct {
  WeightRows weights;
  long rows, vectors;
  const float *x, *scales;
  long x_stride;
  float alpha, beta;
  float *y;
  long y_stride;
} RowDots;

void fp32_row_dots(RowDots dots);
void bf16_row_dots(RowDots dots);
void int8_row_dots(RowDots dots);

/// y ← Σ coefficients[i] · w[indices[i]] from the first to the last, from 0 on, for each of `vectors`
/// vectors of coefficients and y; without `indices` the rows follow each other.
///
/// Adding a row with coefficient 0 leaves y unchanged, but for −0 (left by underflow), which
/// becomes 0.
typedef struct {
  WeightRows weights;
  const int32_t *indices;
  const float *coefficients;
  long count, vectors, coefficient_stride;
  float *y;
  long y_stride;
} RowCombination;

void fp32_row_combination(RowCombination combination);
void bf16_row_combination(RowCombination combination);
void int8_row_combination(RowCombination combination);

/// y ← scales ∘ (0 + parts[0] + parts[1] + …) + β · y for `count` parts; no `scales` are ones, and
/// β = 0 overwrites y. The 0 takes the sign from a −0.
typedef struct {
  const float *parts;
  long stride, count, columns;
  const float *scales;
  float beta;
  float *y;
} PartSum;

void add_parts(PartSum sum);

/// Rounds to bfloat16, to the nearest even.
void bf16_round(const float *x, long count, uint16_t *rounded);

/// Rounds x / scale to the nearest integers, where the scale takes the largest of them to ±127;
/// returns the scale, 0 for zeros.
float int8_round(const float *x, long count, int8_t *rounded);

void bf16_expand(const uint16_t *rounded, long count, float *x);
void int8_expand(const int8_t *rounded, float scale, long count, float *x);

/// Writes the transpose of `[rows, columns]` elements of 1, 2 or 4 bytes; strides are in elements.
void bytes_transpose(const uint8_t *x, long rows, long columns, long stride, uint8_t *y,
                     long y_stride);
void halves_transpose(const uint16_t *x, long rows, long columns, long stride, uint16_t *y,
                      long y_stride);
void words_transpose(const uint32_t *x, long rows, long columns, long stride, uint32_t *y,
                     long y_stride);
