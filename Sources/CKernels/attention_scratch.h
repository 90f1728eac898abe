#pragma once

#include "attention.h"
#include "factor.h"

// S  [queries, keys]  scores      P  softmax of their rows      dP, dS  gradients
// Left factors lie by rows; right factors in panels of columns, those of PANEL_ROWS rows and more
// one after the other.

enum {
  /// Queries whose P and dS are held at a time: few, so that they stay in a cache.
  GROUP = 48,
  /// The columns of the widest panel.
  WIDEST_PANEL = 32,
};

/// The packed factors of one head, and P and dS of a group of queries.
typedef struct {
  /// Floats from one row of a left factor to the next, from one panel of keys or queries to the
  /// next, and from one row of scores to the next.
  long row, key_panel, query_panel, score_row;
  float *q, *dy;
  float *kt_panels, *vt_panels;
  /// V forward, K backward.
  float *key_panels;
  float *q_panels, *dy_panels;
  float *delta;
  float *p, *ds;
  /// Roundings of dS by rows, and of P and dS by columns.
  float *ds_rounded, *p_columns, *ds_columns;
} Scratch;

static inline long in_whole(long part, long count) { return (count + part - 1) / part * part; }

/// Divides the scratch of a head, which need not be there, and returns how much of it is taken.
static inline long divide_scratch(const AttentionHead *head, Scratch *scratch) {
  const long row = in_whole(WIDEST_PANEL, head->width);
  const long keys = in_whole(WIDEST_PANEL, head->keys), queries = in_whole(GROUP, head->queries);
  // A cache line more than whole panels, so that rows of scores share no places in a cache.
  const long score_row = keys + 16;
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
  TAKE(ds_rounded, GROUP * score_row);
  TAKE(p_columns, GROUP * score_row);
  TAKE(ds_columns, GROUP * score_row);
#undef TAKE
  scratch->row = row;
  scratch->key_panel = keys;
  scratch->query_panel = queries;
  scratch->score_row = score_row;
  return used;
}

/// The keys that a query sees.
static inline long keys_seen(const AttentionHead *head, long query) {
  return head->is_causal ? head->first_position + query + 1 : head->keys;
}
