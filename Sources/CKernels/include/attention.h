#pragma once

#include <stdbool.h>

/// Queries, keys and values of one sequence in one head, `[queries, width]` and `[keys, width]`;
/// they may be the same. Strides are distances between neighbouring rows, in floats, and the same
/// for the same matrix. All numbers must be finite for results to be.
typedef struct {
  long queries, keys, width;
  const float *q, *k, *v;
  long q_stride, k_stride, v_stride;
  /// A causal query sees the keys up to its own position, any other all. The first query's is
  /// `first_position`, and first_position + queries ≤ keys.
  bool is_causal;
  long first_position;
  /// The factor of the scores.
  float scale;
  /// `attention_scratch_size` floats, or more, that begin on a cache line.
  float *scratch;
  /// Whether to do as on processors without AVX-512, in single precision.
  bool is_portable;
} AttentionHead;

/// Y = softmax(scale · Q·Kᵀ)·V, `[queries, width]`, and ℓ_i = log Σ_j exp S_ij, `[queries]`.
typedef struct {
  float *y;
  long y_stride;
  float *log_sum_exp;
} AttentionOutput;

/// Y, ℓ and dY, and the gradients that are added to: dQ, dK and dV, which may be the same.
typedef struct {
  const float *y, *log_sum_exp, *dy;
  long y_stride, dy_stride;
  float *dq, *dk, *dv;
  long dq_stride, dk_stride, dv_stride;
} AttentionGradients;

void attention_forward(AttentionHead head, AttentionOutput output);
void attention_backward(AttentionHead head, AttentionGradients gradients);

/// The same with the factors of all products rounded to bfloat16; only where
/// `bfloat_product_is_available()`.
void bfloat_attention_forward(AttentionHead head, AttentionOutput output);
void bfloat_attention_backward(AttentionHead head, AttentionGradients gradients);

/// The floats of scratch for so many queries, keys and columns, a multiple of a cache line.
long attention_scratch_size(long queries, long keys, long width);
