#pragma once

#include <stdbool.h>

#include "attention.h"
#include "weights.h"

// Loops over rows of floats in which an exponential decides the speed, compiled for AVX-512, AVX2
// and SSE2 in one binary; the fitting body is chosen when the program is loaded.
//
// Swift compiles for SSE2 only and vectorises neither the exponential nor sums: with these rows in
// Swift they took 62 % of a training step (width 256, depth 6, vocabulary 4,096).

/// The largest of `count` floats, which are not empty.
float row_maximum(const float *x, long count);

/// Replaces x by exp(x − shift); returns the sum of the results.
float row_exponentials(float *x, long count, float shift);

/// Returns the sum of exp(x − shift).
float row_sum_of_exponentials(const float *x, long count, float shift);

/// y = GELU(x) = x·Φ(x).
void row_gelu(const float *x, float *y, long count);

/// Multiplies g by GELU′(x).
void row_gelu_gradient(const float *x, float *g, long count);

/// y = GELU(x) in its approximation by a hyperbolic tangent.
void row_gelu_tanh(const float *x, float *y, long count);

/// Multiplies g by the derivative of that approximation.
void row_gelu_tanh_gradient(const float *x, float *g, long count);

/// Replaces x by factor · x.
void row_scale(float *x, long count, float factor);

/// y ← y + scale · x.
void row_add_scaled(const float *x, float scale, float *y, long count);

/// y = a + b, where y may be neither.
void row_sum_of_two(const float *a, const float *b, float *y, long count);

/// Returns Σ a·b.
float row_dot(const float *a, const float *b, long count);

/// Returns Σ x.
float row_total(const float *x, long count);

/// Returns Σ x² in double precision.
double row_squared_norm(const float *x, long count);

/// Replaces x by max(0, x − threshold).
void row_shrink(float *x, long count, float threshold);

/// Replaces g by 0 where z is not positive.
void row_keep_where_positive(float *g, const float *z, long count);

/// y = gain · (x − μ) · ρ + bias with the mean μ and ρ = 1 / √(variance + epsilon), which are
/// returned; y may be x.
void row_normalize(const float *x, long count, const float *gain, const float *bias, float epsilon,
                   float *y, float *mean, float *inverse_deviation);

/// A row of the derivative of `row_normalize`. Adds dy · x̂ to gain_sum and dy to bias_sum; dx may
/// be dy or skip, which is added to it where it is not null.
typedef struct {
  long count;
  const float *dy, *x, *gain;
  float mean, inverse_deviation;
  const float *skip;
  float *dx, *gain_sum, *bias_sum;
} NormGradient;

void row_normalize_gradient(NormGradient row);

/// A part of the parameters theta, their gradient and its moments m and v in an update of AdamW.
/// The gradient is multiplied by scale, theta by decay.
typedef struct {
  long count;
  float *theta, *m, *v;
  const float *gradient;
  float beta1, beta2, epsilon;
  float scale, decay, step_size, root_correction;
} AdamWRow;

void row_adamw(AdamWRow row);

/// C ← α·A·B + β·C for row-major matrices: C is `[m, n]`, A `[m, k]` and B `[k, n]`, or their
/// transposes in memory. Strides are distances between neighbouring rows in memory, in floats.
typedef struct {
  long m, n, k;
  const float *a;
  long a_stride;
  bool a_is_transposed;
  const float *b;
  long b_stride;
  bool b_is_transposed;
  float *c;
  long c_stride;
  float alpha, beta;
} Product;

/// Computes the product with factors rounded to bfloat16; only where
/// `bfloat_product_is_available()`.
void bfloat_product(Product product);

/// Whether the processor has the instructions of `bfloat_product`: AVX-512 with AVX512_BF16.
bool bfloat_product_is_available(void);
