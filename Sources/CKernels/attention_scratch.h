#pragma once

#include "attention.h"
#include "factor.h"
#include "lengths.h"

// S  [queries, keys]  scores      P  softmax of their rows      dP, dS  gradients
// A left factor lies by rows, a right factor in panels of COLUMNS columns, one after the other.

/// The units that `count` numbers fill, and the columns of a panel.
#define UNITS(count) (((count) + PER_UNIT - 1) / PER_UNIT)
#define COLUMNS (2 * VECTOR)

enum {
  /// The queries whose P and dS are held at a time: few enough for a cache.
  GROUP = 48,
  /// The columns of the widest panel.
  WIDEST_PANEL = 32,
  /// The floats of a cache line.
  LINE = 16,
};

_Static_assert(GROUP % LINE == 0 && WIDEST_PANEL % LINE == 0, "parts of scratch begin on a line");

/// The packed factors of one head, and P and dS of a group of queries.
typedef struct {
  /// The row stride of packed left factors, also the height of panels of Kᵀ and Vᵀ, and the row
  /// stride of the scores.
  long row_distance, score_distance;
  /// The heights of panels that are summed over keys and over queries.
  long key_rows, query_rows;
  float *q, *dy;
  float *kt_panels, *vt_panels;
  /// V forward, K backward.
  float *key_panels;
  float *q_panels, *dy_panels;
  float *delta;
  float *p, *ds;
  /// If factors are rounded: rows of P forward and of dS backward, and columns of P and dS.
  float *rounded_rows, *p_columns, *ds_columns;
} Scratch;

/// Divides the scratch of a head, which may be null, and returns the floats taken.
static inline long divide_scratch(const AttentionHead *head, Scratch *scratch) {
  const long row = round_up(head->width, WIDEST_PANEL);
  const long keys = round_up(head->keys, WIDEST_PANEL), queries = round_up(head->queries, GROUP);
  // A line more than whole panels, so that rows of scores do not fall on the same cache sets.
  const long score_row = keys + LINE;
  long used = 0;
#define TAKE(name, count) (scratch->name = head->scratch ? head->scratch + used : 0, used += (count))
  TAKE(q, queries * row);
  TAKE(dy, queries * row);
  TAKE(kt_panels, keys * row);
  TAKE(vt_panels, keys * row);
  TAKE(key_panels, keys * row);
  TAKE(q_panels, queries * row);
  TAKE(dy_panels, queries * row);
  TAKE(delta, queries);
  TAKE(p, GROUP * score_row);
  TAKE(ds, GROUP * score_row);
  TAKE(rounded_rows, GROUP * score_row);
  TAKE(p_columns, GROUP / 2 * score_row);
  TAKE(ds_columns, GROUP / 2 * score_row);
#undef TAKE
  scratch->row_distance = row;
  scratch->score_distance = score_row;
  scratch->key_rows = keys;
  scratch->query_rows = queries;
  return used;
}

/// The number of keys that a query sees.
static inline long keys_seen(const AttentionHead *head, long query) {
  return head->is_causal ? head->first_position + query + 1 : head->keys;
}
