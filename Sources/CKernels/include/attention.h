#pragma once

#include <stdbool.h>

/// Queries, keys and values of one sequence in one head, `[queries, width]` and `[keys, width]`;
/// they may be one matrix, with one stride. A stride is the distance between neighbouring rows, in
/// floats. Every query sees one key or more. All numbers must be finite: tiles multiply unseen keys
/// by 0, so one NaN or infinity makes results of other queries NaN, earlier ones included.
typedef struct {
  long queries, keys, width;
  const float *q, *k, *v;
  long q_stride, k_stride, v_stride;
  /// A causal query sees the keys up to its own position, any other query all keys. The first query
  /// is at `first_position`, and first_position + queries ≤ keys.
  bool is_causal;
  long first_position;
  /// The factor of the scores.
  float scale;
  /// At least `attention_scratch_size` floats, beginning on a cache line.
  float *scratch;
  /// Whether to leave AVX-512 unused, in single precision.
  bool is_portable;
} AttentionHead;

/// Y = softmax(scale · Q·Kᵀ)·V, `[queries, width]`, and ℓ_i = log Σ_j exp S_ij, `[queries]`.
typedef struct {
  float *y;
  long y_stride;
  float *log_sum_exp;
} AttentionOutput;

/// Y, ℓ and dY of the forward pass, and dQ, dK and dV, to which the gradients are added; these
/// three may be one matrix.
typedef struct {
  const float *y, *log_sum_exp, *dy;
  long y_stride, dy_stride;
  float *dq, *dk, *dv;
  long dq_stride, dk_stride, dv_stride;
} AttentionGradients;

void attention_forward(AttentionHead head, AttentionOutput output);
void attention_backward(AttentionHead head, AttentionGradients gradients);

/// The same with the factors of all products rounded to bfloat16; requires
/// `bfloat_product_is_available()`.
void bfloat_attention_forward(AttentionHead head, AttentionOutput output);
void bfloat_attention_backward(AttentionHead head, AttentionGradients gradients);

/// The floats of scratch that a head needs.
long attention_scratch_size(long queries, long keys, long width);
