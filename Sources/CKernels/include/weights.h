#pragma once

#include <stdint.h>

// Products of one vector with a matrix of weights in single precision, bfloat16 or 8-bit integers:
// what writing one token at a time consists of. Memory decides their speed, so that rows are read
// one behind the other. Swift compiles for SSE2 only, and OpenBLAS has no such product for the two
// smaller formats.

/// A matrix whose rows lie `stride` elements apart, and the columns that take part.
typedef struct {
  const void *elements;
  long stride;
  long columns;
} WeightRows;

/// y ← α · (w·x) ∘ scales + β · y for `rows` rows; no `scales` are ones, and β = 0 overwrites y.
typedef struct {
  WeightRows weights;
  long rows;
  const float *x, *scales;
  float alpha, beta;
  float *y;
} RowDots;

void fp32_row_dots(RowDots dots);
void bf16_row_dots(RowDots dots);
void int8_row_dots(RowDots dots);

/// y ← Σ coefficients[i] · w[indices[i]]; without `indices` the rows follow each other.
typedef struct {
  WeightRows weights;
  const int32_t *indices;
  const float *coefficients;
  long count;
  float *y;
} RowCombination;

void fp32_row_combination(RowCombination combination);
void bf16_row_combination(RowCombination combination);
void int8_row_combination(RowCombination combination);

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
