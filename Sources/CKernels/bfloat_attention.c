#include <string.h>

#include "CKernels.h"
#include "attention_scratch.h"
#include "bfloat_panels.h"

// Attention with the factors of its products rounded to bfloat16; softmax and sums stay in single
// precision.

#if defined(__x86_64__)

#define NAMED(name) bf16_##name
#define TARGET BF16
#define TARGET_INLINE INLINE_BF16
#define VECTOR LANES
#define ROWS 8
#define PER_UNIT 2
#define MULTIPLY_ADD add_pair_products

_Static_assert(COLUMNS == TILE_COLUMNS && GROUP % PER_UNIT == 0, "panels");

/// Rounds rows and appends rows of zeros to a whole group.
static BF16 void bf16_pack_left(const float *x, long stride, long columns, long rows, long distance,
                                float *packed) {
  pack_pairs_along(x, stride, columns, rows, distance, packed);
  for (long i = rows; i < round_up(rows, GROUP); i++)
    memset(packed + i * distance, 0, sizeof(float) * (size_t)distance);
}

/// Rounds the first TILE_COLUMNS columns and appends rows of zeros to a whole tile.
static BF16 void bf16_pack_panel(const float *x, long stride, long rows, long columns,
                                 float *panel) {
  pack_pairs_across(x, stride, rows, columns, TILE_COLUMNS, TILE_COLUMNS, panel);
  for (long pair = (rows + 1) / 2; pair < round_up(rows, ROWS) / 2; pair++)
    memset(panel + pair * TILE_COLUMNS, 0, sizeof(float) * TILE_COLUMNS);
}

#define bf16_pack_transposed_panel pack_pairs_transposed

TARGET_INLINE Factor bf16_left_scores(const Scratch *scratch, long columns) {
  pack_pairs_along(scratch->p, scratch->score_distance, columns, ROWS, scratch->score_distance,
                   scratch->rounded_rows);
  return (Factor){scratch->rounded_rows, scratch->score_distance, 1};
}

TARGET_INLINE void bf16_round_tile(const Scratch *scratch, long i, long key) {
  const long row = scratch->score_distance, place = i * row + key, pairs = i / 2 * row + key;
  const float *p = scratch->p + place, *ds = scratch->ds + place;
  pack_pairs_across(p, row, ROWS, TILE_COLUMNS, TILE_COLUMNS, row, scratch->p_columns + pairs);
  pack_pairs_across(ds, row, ROWS, TILE_COLUMNS, TILE_COLUMNS, row, scratch->ds_columns + pairs);
  pack_pairs_along(ds, row, TILE_COLUMNS, ROWS, row, scratch->rounded_rows + i * row + key / 2);
}

TARGET_INLINE Factor bf16_ds_rows(const Scratch *scratch, long i) {
  return (Factor){scratch->rounded_rows + i * scratch->score_distance, scratch->score_distance, 1};
}

TARGET_INLINE void bf16_ds_and_p_columns(const Scratch *scratch, long i, long key, Factor *ds,
                                         Factor *p) {
  const long place = i / 2 * scratch->score_distance + key;
  *ds = (Factor){scratch->ds_columns + place, 1, scratch->score_distance};
  *p = (Factor){scratch->p_columns + place, 1, scratch->score_distance};
}

#include "attention_body.h"

void bfloat_attention_forward(AttentionHead head, AttentionOutput output) {
  bf16_forward(head, output);
}

void bfloat_attention_backward(AttentionHead head, AttentionGradients gradients) {
  bf16_backward(head, gradients);
}

#else

void bfloat_attention_forward(AttentionHead head, AttentionOutput output) {
  (void)head, (void)output;
}

void bfloat_attention_backward(AttentionHead head, AttentionGradients gradients) {
  (void)head, (void)gradients;
}

#endif
