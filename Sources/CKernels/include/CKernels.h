#pragma once

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

/// Replaces x by factor · x.
void row_scale(float *x, long count, float factor);

/// Replaces the scores s by P = exp(s − shift) and the gradient g by P · (g − delta) · scale.
void row_softmax_gradient(float *s, float *g, long count, float shift, float delta, float scale);

/// y = GELU(x) = x·Φ(x).
void row_gelu(const float *x, float *y, long count);

/// Multiplies g by GELU′(x).
void row_gelu_gradient(const float *x, float *g, long count);

/// y = GELU(x) in its approximation by a hyperbolic tangent.
void row_gelu_tanh(const float *x, float *y, long count);

/// Multiplies g by the derivative of that approximation.
void row_gelu_tanh_gradient(const float *x, float *g, long count);
