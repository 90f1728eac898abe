#pragma once

/// Some rows of the left factor of a product in units of 32 bits, which are a number or a pair of
/// neighbours along the sum: unit u of row i is `units[i * row + u * column]`.
typedef struct {
  const float *units;
  long row, column;
} Factor;
