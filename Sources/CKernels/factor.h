#pragma once

/// Rows of the left factor of a product, in units of 32 bits: one float, or two bfloat16 numbers
/// that are neighbours along the sum. Unit u of row i is `units[i * row + u * column]`.
typedef struct {
  const float *units;
  long row, column;
} Factor;
