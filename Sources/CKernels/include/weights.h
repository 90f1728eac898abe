#pragma once

#include <stdint.h>

// Products of a few vectors with a matrix of weights in single precision, bfloat16 or 8-bit
// integers: the work of generating one token at a time. Memory decides their speed, so rows are
// read in order, and once for all vectors. Swift compiles for SSE2 only, and OpenBLAS has no such
// product for the two smaller formats.
//
// A sum has the same order for one vector and for many. A combination of rows adds them in the
// order of their indices, which no compiler may change. Processors with AVX2 or AVX-512 do not
// round products before they add them.

/// A matrix whose rows lie `stride` elements apart; `columns` of each take part.
typedef struct {
  const void *elements;
  long stride;
  long columns;
} WeightRows;

/// y ← α · (w·x) ∘ scales + β · y for `rows` rows and for each of `vectors` vectors x and y, which
/// lie apart by their strides. Without `scales` every scale is 1. β = 0 overwrites y, NaN included.
///
/// w·x sums 32 lanes that take the products by turns, then the products behind the last whole 16,
/// in an order of the compiler's choice. Without columns it is 0.
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

/// y ← 0 + Σ coefficients[i] · w[indices[i]], from the first index to the last, for each of
/// `vectors` vectors of coefficients and y. Without `indices` the rows follow each other; without
/// rows, y is 0.
///
/// Adding a row of finite weights with coefficient 0 leaves y unchanged, except that −0 (left by
/// underflow) becomes 0.
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

/// y ← scales ∘ (0 + parts[0] + parts[1] + …) + β · y for `count` parts; without `scales` every
/// scale is 1. β = 0 overwrites y, NaN included. The leading 0 turns −0 into 0.
typedef struct {
  const float *parts;
  long stride, count, columns;
  const float *scales;
  float beta;
  float *y;
} PartSum;

void add_parts(PartSum sum);

/// Rounds to bfloat16, to the nearest even. Floats above 3.396·10³⁸ become ∞; a quiet NaN with an
/// empty payload stays NaN, another NaN may become ∞ or 0.
void bf16_round(const float *x, long count, uint16_t *rounded);

/// Rounds x / scale to the nearest integers; returns the scale, max |x| / 127. Rows whose largest
/// |x| is below 3.7·10⁻³⁷ become zeros. An infinity or a NaN in x becomes the scale, and all
/// integers of finite x become 0, so that `int8_expand` gives NaN.
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
