// Tiles, packing and softmax for attention_body.h, which includes this and describes the macros.

#include <math.h>
#include <string.h>

#include "exponential.h"

#define Vector NAMED(Vector)
#define WHOLE_VECTOR _Pragma("clang loop vectorize(enable) interleave_count(1)")

typedef float Vector __attribute__((vector_size(4 * VECTOR), aligned(4)));

// A group is whole tiles of queries. A vector, the least that is set to zero, is whole tiles of
// keys. The widest panel is whole panels.
_Static_assert(GROUP % ROWS == 0 && VECTOR % ROWS == 0 && WIDEST_PANEL % COLUMNS == 0 &&
                   ROWS % PER_UNIT == 0,
               "tiles");

// Tiles

TARGET_INLINE void NAMED(clear)(Vector sums[ROWS][2]) {
  UNROLL for (int i = 0; i < ROWS; i++) sums[i][0] = sums[i][1] = (Vector){0};
}

/// Adds the product of ROWS rows of a left factor and `vectors` vectors of a panel's columns.
TARGET_INLINE void NAMED(multiply)(int vectors, long units, Factor left,
                                   const float *restrict panel, Vector sums[ROWS][2]) {
  const float *unit = left.units;
  for (long u = 0; u < units; u++, unit += left.column, panel += COLUMNS) {
    Vector columns[2];
    UNROLL for (int j = 0; j < vectors; j++) columns[j] = *(const Vector *)(panel + j * VECTOR);
    UNROLL for (int i = 0; i < ROWS; i++)
      UNROLL for (int j = 0; j < vectors; j++)
        sums[i][j] = MULTIPLY_ADD(sums[i][j], unit[i * left.row], columns[j]);
  }
}

TARGET_INLINE void NAMED(score_vectors)(int vectors, long units, Factor left, const float *panel,
                                        float scale, float *s, long distance) {
  Vector sums[ROWS][2];
  NAMED(clear)(sums);
  NAMED(multiply)(vectors, units, left, panel, sums);
  UNROLL for (int i = 0; i < ROWS; i++)
    UNROLL for (int j = 0; j < vectors; j++)
      *(Vector *)(s + i * distance + j * VECTOR) = sums[i][j] * scale;
}

/// A tile of scale · A·B, in one vector if that holds its `columns`, else in two.
static TARGET void NAMED(score_tile)(long columns, long units, Factor left, const float *panel,
                                     float scale, float *s, long distance) {
  if (columns > VECTOR) NAMED(score_vectors)(2, units, left, panel, scale, s, distance);
  else NAMED(score_vectors)(1, units, left, panel, scale, s, distance);
}

/// C ← C + sums for the first `rows` rows and `columns` columns of a tile; more are the whole tile.
TARGET_INLINE void NAMED(add)(Vector sums[ROWS][2], long rows, long columns, float *c, long stride) {
  if (rows >= ROWS && columns >= COLUMNS) {
    UNROLL for (int i = 0; i < ROWS; i++)
      UNROLL for (int j = 0; j < 2; j++) *(Vector *)(c + i * stride + j * VECTOR) += sums[i][j];
    return;
  }
  float values[ROWS][COLUMNS];
  memcpy(values, sums, sizeof values);
  for (long i = 0; i < rows && i < ROWS; i++)
    for (long j = 0; j < columns && j < COLUMNS; j++) c[i * stride + j] += values[i][j];
}

// Packing

/// Packs a matrix as right factor: the product sums over its rows.
TARGET_INLINE void NAMED(pack_panels)(const float *x, long stride, long rows, long columns,
                                      long panel_rows, float *panels) {
  for (long j = 0; j < columns; j += COLUMNS)
    NAMED(pack_panel)(x + j, stride, rows, columns - j, panels + j * panel_rows);
}

/// Packs the transpose of a matrix as right factor: the product sums over its columns.
TARGET_INLINE void NAMED(pack_transposed_panels)(const float *x, long stride, long rows,
                                                 long columns, long panel_rows, float *panels) {
  for (long j = 0; j < rows; j += COLUMNS)
    NAMED(pack_transposed_panel)(x + j * stride, stride, columns, rows - j,
                                 panels + j * panel_rows);
}

// Softmax

/// Replaces a vector of scores by exp(s − shift).
TARGET_INLINE void NAMED(exponentials)(float *s, float shift) {
  WHOLE_VECTOR for (int i = 0; i < VECTOR; i++) s[i] = exponential(s[i] - shift);
}

/// The largest element of a vector; overwrites the vector.
TARGET_INLINE float NAMED(largest)(float *elements) {
  for (int half = VECTOR / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++)
      elements[i] = elements[i + half] > elements[i] ? elements[i + half] : elements[i];
  return elements[0];
}

/// The sum of the elements of a vector; overwrites the vector.
TARGET_INLINE float NAMED(total)(float *elements) {
  for (int half = VECTOR / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) elements[i] += elements[i + half];
  return elements[0];
}

/// Replaces the first `seen` scores, one or more, by exp(s − max s) and the others of `count` by 0;
/// returns the sum, which is at least 1 for finite scores.
TARGET_INLINE float NAMED(softmax_row)(float *s, long seen, long count, float *log_sum_exp) {
  const long end = round_up(seen, VECTOR);
  for (long j = seen; j < end; j++) s[j] = s[0];
  float elements[VECTOR];
  memcpy(elements, s, sizeof elements);
  for (long j = VECTOR; j < end; j += VECTOR)
    WHOLE_VECTOR for (int i = 0; i < VECTOR; i++)
      elements[i] = s[j + i] > elements[i] ? s[j + i] : elements[i];
  const float largest = NAMED(largest)(elements);
  for (long j = 0; j < end; j += VECTOR) NAMED(exponentials)(s + j, largest);
  for (long j = seen; j < end || j < count; j++) s[j] = 0;
  Vector sums = {0};
  for (long j = 0; j < end; j += VECTOR) sums += *(const Vector *)(s + j);
  memcpy(elements, &sums, sizeof elements);
  const float total = NAMED(total)(elements);
  *log_sum_exp = largest + logf(total);
  return total;
}

/// Replaces a tile of S by P = exp(S − ℓ) and a tile of dP by dS = P ∘ (dP − δ) · scale. Both are 0
/// for a key that the query does not see and for rows behind the last query.
TARGET_INLINE void NAMED(softmax_gradient_tile)(const AttentionHead *head, const float *log_sum_exp,
                                                const float *delta, long query, long key,
                                                long columns, float *s, float *ds, long distance) {
  const long width = columns > VECTOR ? COLUMNS : VECTOR;
  for (long i = query; i < query + ROWS; i++, s += distance, ds += distance) {
    const long seen = i < head->queries ? keys_seen(head, i) - key : 0;
    if (seen > 0)
      for (long j = 0; j < width; j += VECTOR) {
        NAMED(exponentials)(s + j, log_sum_exp[i]);
        *(Vector *)(ds + j) =
            *(const Vector *)(s + j) * (*(const Vector *)(ds + j) - delta[i]) * head->scale;
      }
    for (long j = seen > 0 ? seen : 0; j < width; j++) s[j] = ds[j] = 0;
  }
}
