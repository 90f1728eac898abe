// Softmax attention of one head by blocks of queries: the scores of a block stay in a cache from
// Q·Kᵀ through the softmax to P·V (Dao and others 2022, arXiv:2205.14135).
//
// With the BLAS one head of width 32 and 256 tokens took 1.6 times as long: calls for few queries
// are too short, calls for many multiply keys that no query sees, and the softmax is one more pass.
//
// Included once for each kind of factor and processor, after the definition of these macros:
//   TARGET and TARGET_INLINE are the attributes of functions for the processor,
//   NAMED(x) is a name, PER_UNIT the numbers in a unit of a factor (see factor.h),
//   VECTOR the floats of a vector, ROWS the rows of a tile, as many as registers hold the sums of,
//   MULTIPLY_ADD(sums, unit, units) multiplies units,
//   NAMED(pack_left), NAMED(pack_panel) and NAMED(pack_transposed_panel) pack factors, and
//   NAMED(left_scores), NAMED(round_tile), NAMED(ds_rows) and NAMED(ds_and_p_columns) round scores.

#include "attention_tiles.h"

// Forward

/// For a block of `rows` queries: P times the sums of its rows, the inverses of the sums, and ℓ.
TARGET_INLINE void NAMED(scores)(const AttentionHead *head, const Scratch *scratch, long query,
                                 long rows, float *log_sum_exp, float *inverses) {
  const long visible = keys_seen(head, query + rows - 1);
  const Factor q = {scratch->q + query * scratch->row_distance, scratch->row_distance, 1};
  for (long key = 0; key < visible; key += COLUMNS)
    NAMED(score_tile)(visible - key, UNITS(head->width), q,
                      scratch->kt_panels + key * scratch->row_distance, head->scale,
                      scratch->p + key, scratch->score_distance);
  for (long i = 0; i < rows; i++)
    inverses[i] = 1 / NAMED(softmax_row)(scratch->p + i * scratch->score_distance,
                                         keys_seen(head, query + i), visible, log_sum_exp + i);
}

static TARGET void NAMED(forward)(AttentionHead head, AttentionOutput output) {
  Scratch scratch;
  divide_scratch(&head, &scratch);
  NAMED(pack_left)(head.q, head.q_stride, head.width, head.queries, scratch.row_distance, scratch.q);
  NAMED(pack_transposed_panels)(head.k, head.k_stride, head.keys, head.width, scratch.row_distance,
                                scratch.kt_panels);
  NAMED(pack_panels)(head.v, head.v_stride, head.keys, head.width, scratch.key_rows,
                     scratch.key_panels);
  for (long query = 0; query < head.queries; query += ROWS) {
    const long rows = least(head.queries - query, ROWS);
    const long visible = keys_seen(&head, query + rows - 1);
    float inverses[ROWS] = {0};
    NAMED(scores)(&head, &scratch, query, rows, output.log_sum_exp + query, inverses);
    const Factor p = NAMED(left_scores)(&scratch, visible);
    float *y = output.y + query * output.y_stride;
    for (long i = 0; i < rows; i++)
      memset(y + i * output.y_stride, 0, sizeof(float) * (size_t)head.width);
    for (long j = 0; j < head.width; j += COLUMNS) {
      Vector sums[ROWS][2];
      NAMED(clear)(sums);
      NAMED(multiply)(2, UNITS(visible), p, scratch.key_panels + j * scratch.key_rows, sums);
      UNROLL for (int i = 0; i < ROWS; i++) {
        sums[i][0] *= inverses[i];
        sums[i][1] *= inverses[i];
      }
      NAMED(add)(sums, rows, head.width - j, y + j, output.y_stride);
    }
  }
}

// Backward

/// P and dS of a group of queries.
TARGET_INLINE void NAMED(score_gradients)(const AttentionHead *head, const float *log_sum_exp,
                                          const Scratch *scratch, long group, long rows) {
  const long units = UNITS(head->width), row = scratch->row_distance;
  for (long key = 0; key < keys_seen(head, group + rows - 1); key += COLUMNS)
    for (long i = 0; i < rows; i += ROWS) {
      const long query = group + i, last = group + least(i + ROWS, rows) - 1;
      const long columns = keys_seen(head, last) - key;
      if (columns <= 0) continue;
      const long place = i * scratch->score_distance + key;
      float *s = scratch->p + place, *ds = scratch->ds + place;
      const Factor q = {scratch->q + query * row, row, 1}, dy = {scratch->dy + query * row, row, 1};
      NAMED(score_tile)(columns, units, q, scratch->kt_panels + key * row, head->scale, s,
                        scratch->score_distance);
      NAMED(score_tile)(columns, units, dy, scratch->vt_panels + key * row, 1, ds,
                        scratch->score_distance);
      NAMED(softmax_gradient_tile)(head, log_sum_exp, scratch->delta, query, key, columns, s, ds,
                                   scratch->score_distance);
      NAMED(round_tile)(scratch, i, key);
    }
}

/// dQ ← dQ + dS·K.
TARGET_INLINE void NAMED(add_query_gradients)(const AttentionHead *head, const Scratch *scratch,
                                              long group, long rows, float *dq, long stride) {
  for (long i = 0; i < rows; i += ROWS) {
    const long count = least(rows - i, ROWS);
    const Factor ds = NAMED(ds_rows)(scratch, i);
    for (long j = 0; j < head->width; j += COLUMNS) {
      Vector sums[ROWS][2];
      NAMED(clear)(sums);
      NAMED(multiply)(2, UNITS(keys_seen(head, group + i + count - 1)), ds,
                      scratch->key_panels + j * scratch->key_rows, sums);
      NAMED(add)(sums, count, head->width - j, dq + (group + i) * stride + j, stride);
    }
  }
}

/// dV ← dV + Pᵀ·dY and dK ← dK + dSᵀ·Q.
TARGET_INLINE void NAMED(add_key_gradients)(const AttentionHead *head, const AttentionGradients *to,
                                            const Scratch *scratch, long group, long rows) {
  const long visible = keys_seen(head, group + rows - 1), padded = round_up(rows, ROWS);
  for (long key = 0; key < visible; key += ROWS) {
    // The group's first block of queries that sees the key.
    const long seer = head->is_causal ? key - head->first_position - group : 0;
    const long first = seer > 0 ? seer / ROWS * ROWS : 0;
    const long units = UNITS(padded - first), place = UNITS(group + first) * COLUMNS;
    Factor p, ds;
    NAMED(ds_and_p_columns)(scratch, first, key, &ds, &p);
    for (long j = 0; j < head->width; j += COLUMNS) {
      const long panel = j * scratch->query_rows + place;
      Vector sums[ROWS][2];
      NAMED(clear)(sums);
      NAMED(multiply)(2, units, p, scratch->dy_panels + panel, sums);
      if (to->dv != to->dk) {
        NAMED(add)(sums, visible - key, head->width - j, to->dv + key * to->dv_stride + j,
                   to->dv_stride);
        NAMED(clear)(sums);
      }
      NAMED(multiply)(2, units, ds, scratch->q_panels + panel, sums);
      NAMED(add)(sums, visible - key, head->width - j, to->dk + key * to->dk_stride + j,
                 to->dk_stride);
    }
  }
}

/// Packs the factors of the backward pass and computes δ.
TARGET_INLINE void NAMED(pack_backward)(const AttentionHead *head,
                                        const AttentionGradients *gradients, Scratch *scratch) {
  const long width = head->width;
  NAMED(pack_left)(head->q, head->q_stride, width, head->queries, scratch->row_distance, scratch->q);
  NAMED(pack_left)(gradients->dy, gradients->dy_stride, width, head->queries, scratch->row_distance,
                   scratch->dy);
  NAMED(pack_transposed_panels)(head->k, head->k_stride, head->keys, width, scratch->row_distance,
                                scratch->kt_panels);
  if (head->v == head->k) scratch->vt_panels = scratch->kt_panels;
  else NAMED(pack_transposed_panels)(head->v, head->v_stride, head->keys, width,
                                     scratch->row_distance, scratch->vt_panels);
  NAMED(pack_panels)(head->k, head->k_stride, head->keys, width, scratch->key_rows,
                     scratch->key_panels);
  NAMED(pack_panels)(head->q, head->q_stride, head->queries, width, scratch->query_rows,
                     scratch->q_panels);
  NAMED(pack_panels)(gradients->dy, gradients->dy_stride, head->queries, width,
                     scratch->query_rows, scratch->dy_panels);
  for (long i = 0; i < head->queries; i++)
    scratch->delta[i] = row_dot(gradients->dy + i * gradients->dy_stride,
                                gradients->y + i * gradients->y_stride, width);
}

static TARGET void NAMED(backward)(AttentionHead head, AttentionGradients gradients) {
  Scratch scratch;
  divide_scratch(&head, &scratch);
  NAMED(pack_backward)(&head, &gradients, &scratch);
  for (long group = 0; group < head.queries; group += GROUP) {
    const long rows = least(head.queries - group, GROUP);
    NAMED(score_gradients)(&head, gradients.log_sum_exp, &scratch, group, rows);
    NAMED(add_query_gradients)(&head, &scratch, group, rows, gradients.dq, gradients.dq_stride);
    NAMED(add_key_gradients)(&head, &gradients, &scratch, group, rows);
  }
}

#undef Vector
#undef WHOLE_VECTOR
#undef TARGET
#undef TARGET_INLINE
#undef NAMED
#undef PER_UNIT
#undef VECTOR
#undef ROWS
#undef MULTIPLY_ADD
