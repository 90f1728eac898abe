// Attention in single precision: the macros and functions that attention_body.h asks for.

#include <string.h>

#define PER_UNIT 1
#define MULTIPLY_ADD(sums, unit, units) ((sums) + (unit) * (units))

/// Copies rows and appends rows of zeros to a whole group.
TARGET_INLINE void NAMED(pack_left)(const float *x, long stride, long columns, long rows,
                                    long distance, float *packed) {
  const size_t bytes = sizeof(float) * (size_t)columns;
  for (long i = 0; i < rows; i++) memcpy(packed + i * distance, x + i * stride, bytes);
  for (long i = rows; i < round_up(rows, GROUP); i++) memset(packed + i * distance, 0, bytes);
}

/// Copies the first COLUMNS columns and appends rows of zeros to a whole tile.
TARGET_INLINE void NAMED(pack_panel)(const float *x, long stride, long rows, long columns,
                                     float *restrict panel) {
  const size_t row = sizeof(float) * COLUMNS, padding = (size_t)(round_up(rows, ROWS) - rows);
  const size_t bytes = sizeof(float) * (size_t)least(columns, COLUMNS);
  if (bytes < row) memset(panel, 0, (size_t)rows * row);
  for (long i = 0; i < rows; i++) memcpy(panel + i * COLUMNS, x + i * stride, bytes);
  memset(panel + rows * COLUMNS, 0, padding * row);
}

/// Transposes the first COLUMNS rows, with zeros for missing ones.
TARGET_INLINE void NAMED(pack_transposed_panel)(const float *x, long stride, long columns,
                                                long rows, float *restrict panel) {
  for (long k = 0; k < columns; k++)
    for (long j = 0; j < COLUMNS; j++)
      panel[k * COLUMNS + j] = j < rows ? x[j * stride + k] : 0;
}

TARGET_INLINE Factor NAMED(left_scores)(const Scratch *scratch, long columns) {
  (void)columns;
  return (Factor){scratch->p, scratch->score_distance, 1};
}

TARGET_INLINE void NAMED(round_tile)(const Scratch *scratch, long i, long key) {
  (void)scratch, (void)i, (void)key;
}

TARGET_INLINE Factor NAMED(ds_rows)(const Scratch *scratch, long i) {
  return (Factor){scratch->ds + i * scratch->score_distance, scratch->score_distance, 1};
}

TARGET_INLINE void NAMED(ds_and_p_columns)(const Scratch *scratch, long i, long key, Factor *ds,
                                           Factor *p) {
  const long place = i * scratch->score_distance + key;
  *ds = (Factor){scratch->ds + place, 1, scratch->score_distance};
  *p = (Factor){scratch->p + place, 1, scratch->score_distance};
}

#include "attention_body.h"
