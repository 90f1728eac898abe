#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "attention.h"
#include "weights.h"

// Loops over rows of floats, compiled for AVX-512, AVX2 and SSE2 in one binary; the loader picks
// the body for the processor. An empty row changes nothing and sums to 0, unless stated otherwise.
//
// Swift compiles for SSE2 only and vectorises neither the exponential nor sums: in Swift, the rows
// with exponentials took 62 % of a training step (width 256, depth 6, vocabulary 4,096).

/// The largest of one float or more. NaN in x[0] gives NaN; NaN anywhere else is ignored.
float row_maximum(const float *x, long count);

/// Replaces x by exp(x − shift) and returns the sum. The exponential stays in [1.1755·10⁻³⁸,
/// 1.65·10³⁸], its values at −87.3 and 88. NaN gives NaN, and so does ∞ with a shift of ∞.
float row_exponentials(float *x, long count, float shift);

/// Returns the sum of exp(x − shift), with the edge cases of `row_exponentials`.
float row_sum_of_exponentials(const float *x, long count, float shift);

/// y = GELU(x) = x·Φ(x). ∞ and NaN give themselves, −∞ gives NaN.
void row_gelu(const float *x, float *y, long count);

/// Multiplies g by GELU′(x), for finite x: below −14 the factor is x · 5·10⁻³⁹ instead of 0.
void row_gelu_gradient(const float *x, float *g, long count);

/// y = GELU(x), approximated with a hyperbolic tangent. ∞ and NaN give themselves; below −14, y is
/// x · 6·10⁻³⁹ instead of 0.
void row_gelu_tanh(const float *x, float *y, long count);

/// Multiplies g by the derivative of `row_gelu_tanh`, for |x| ≤ 10¹⁰: beyond, x³ outgrows the
/// smallest exponential and then overflows.
void row_gelu_tanh_gradient(const float *x, float *g, long count);

/// Replaces x by factor · x.
void row_scale(float *x, long count, float factor);

/// y ← y + scale · x.
void row_add_scaled(const float *x, float scale, float *y, long count);

/// y = a + b; y may be neither of them.
void row_sum_of_two(const float *a, const float *b, float *y, long count);

/// Returns Σ a·b.
float row_dot(const float *a, const float *b, long count);

/// Returns Σ x.
float row_total(const float *x, long count);

/// Returns Σ x² in double precision.
double row_squared_norm(const float *x, long count);

/// Replaces x by max(0, x − threshold). NaN stays NaN; no result is negative.
void row_shrink(float *x, long count, float threshold);

/// Replaces g by 0 wherever z is not positive, NaN included.
void row_keep_where_positive(float *g, const float *z, long count);

/// A row of units, each dropped or multiplied by scale. A draw has 16 bits, and a unit whose draw
/// lies below threshold is dropped. Output i of a SplitMix64 at state has the draws of units 4i to
/// 4i + 3, the first in its lowest bits. y may be x; it is 0 where x is dropped, NaN included.
/// Unless it is null, skip is added; it overlaps neither.
typedef struct {
  long count;
  const float *x, *skip;
  float *y;
  uint64_t state;
  uint16_t threshold;
  float scale;
} DroppedRow;

void row_drop(DroppedRow row);

/// y = gain · (x − μ) · ρ + bias, for one float or more; returns the mean μ and
/// ρ = 1 / √(variance + epsilon). y may be x. A NaN or an infinity in x makes all of y NaN. If the
/// variance overflows (deviations of about 10¹⁹), y is bias; so it is, up to rounding, if all x are
/// equal and epsilon > 0.
void row_normalize(const float *x, long count, const float *gain, const float *bias, float epsilon,
                   float *y, float *mean, float *inverse_deviation);

/// A row of the derivative of `row_normalize`. Adds dy · x̂ to gain_sum, dy to bias_sum and, unless
/// it is null, skip to dx; dx may be dy or skip.
typedef struct {
  long count;
  const float *dy, *x, *gain;
  float mean, inverse_deviation;
  const float *skip;
  float *dx, *gain_sum, *bias_sum;
} NormGradient;

void row_normalize_gradient(NormGradient row);

/// A range of the parameters theta, their gradient and its moments m and v in an update of AdamW.
/// The gradient is multiplied by scale, theta by decay. epsilon > 0 keeps 0 / 0 away; a NaN in the
/// gradient stays in theta, m and v for good.
typedef struct {
  long count;
  float *theta, *m, *v;
  const float *gradient;
  float beta1, beta2, epsilon;
  float scale, decay, step_size, root_correction;
} AdamWRow;

void row_adamw(AdamWRow row);

/// C ← α·A·B + β·C for row-major matrices: C is `[m, n]`, A `[m, k]` and B `[k, n]`; memory may
/// hold A or B transposed. A stride is the distance between neighbouring rows in memory, in floats.
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

/// Computes the product with factors rounded to bfloat16; requires `bfloat_product_is_available()`.
/// β = 0 overwrites C, whatever it held. C stays as it is if k is 0.
void bfloat_product(Product product);

/// Whether the processor has the instructions of `bfloat_product`, AVX-512 with AVX512_BF16.
bool bfloat_product_is_available(void);
