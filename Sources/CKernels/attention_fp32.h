// The attention of one head with its numbers as they are: the parts that attention_body.h asks for.

#define PER_UNIT 1
#define MULTIPLY_ADD(sums, unit, units) ((sums) + (unit) * (units))

/// Copies rows, with zeros after the last to a whole group.
INLINED void NAMED(pack_left)(const float *x, long stride, long columns, long rows, long distance,
                              float *packed) {
  const size_t bytes = sizeof(float) * (size_t)columns;
  for (long i = 0; i < rows; i++) memcpy(packed + i * distance, x + i * stride, bytes);
  for (long i = rows; i < in_whole(GROUP, rows); i++) memset(packed + i * distance, 0, bytes);
}

/// Copies the first columns of rows, with zeros after the last to a whole tile.
INLINED void NAMED(pack_panel)(const float *x, long stride, long rows, long columns,
                               float *restrict panel) {
  enum { WIDTH = 2 * VECTOR };
  const size_t bytes = sizeof(float) * (size_t)(columns < WIDTH ? columns : WIDTH);
  memset(panel, 0, columns < WIDTH ? sizeof(float) * (size_t)(WIDTH * rows) : 0);
  for (long i = 0; i < rows; i++) memcpy(panel + i * WIDTH, x + i * stride, bytes);
  memset(panel + rows * WIDTH, 0, sizeof(float) * (size_t)(WIDTH * (in_whole(ROWS, rows) - rows)));
}

/// Transposes the first rows, with zeros after the last to a whole panel.
INLINED void NAMED(pack_transposed_panel)(const float *x, long stride, long columns, long rows,
                                          float *restrict panel) {
  enum { WIDTH = 2 * VECTOR };
  for (long k = 0; k < columns; k++)
    for (long j = 0; j < WIDTH; j++)
      panel[k * WIDTH + j] = j < rows ? x[j * stride + k] : 0;
}

INLINED Factor NAMED(left_scores)(const Scratch *scratch, long columns) {
  (void)columns;
  return (Factor){scratch->p, scratch->score_row, 1};
}

INLINED void NAMED(round_tile)(const Scratch *scratch, long i, long key) {
  (void)scratch, (void)i, (void)key;
}

INLINED Factor NAMED(ds_rows)(const Scratch *scratch, long i) {
  return (Factor){scratch->ds + i * scratch->score_row, scratch->score_row, 1};
}

INLINED void NAMED(ds_and_p_columns)(const Scratch *scratch, long i, long key, Factor *ds,
                                     Factor *p) {
  const long place = i * scratch->score_row + key;
  *ds = (Factor){scratch->ds + place, 1, scratch->score_row};
  *p = (Factor){scratch->p + place, 1, scratch->score_row};
}

#include "attention_body.h"
