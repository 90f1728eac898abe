#include "CKernels.h"
#include "every_cpu.h"
#include "exponential.h"

/// Copies the last `count` floats of a row into whole lanes and fills the rest with zeros. One by
/// one, these few would take as long as all others.
static inline void load_tail(const float *x, long count, float *lanes) {
  for (int lane = 0; lane < LANES; lane++) lanes[lane] = lane < count ? x[lane] : 0;
}

EVERY_CPU float row_maximum(const float *x, long count) {
  float lanes[LANES];
  for (int lane = 0; lane < LANES; lane++) lanes[lane] = x[0];
  long i = 0;
  for (; i + LANES <= count; i += LANES)
    for (int lane = 0; lane < LANES; lane++)
      lanes[lane] = x[i + lane] > lanes[lane] ? x[i + lane] : lanes[lane];
  for (; i < count; i++) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];
  for (int lane = 1; lane < LANES; lane++)
    lanes[0] = lanes[lane] > lanes[0] ? lanes[lane] : lanes[0];
  return lanes[0];
}

EVERY_CPU float row_exponentials(float *x, long count, float shift) {
  ANY_ORDER
  float sum = 0;
  const long whole = count / LANES * LANES;
  BY_LANES for (long i = 0; i < whole; i++) {
    x[i] = exponential(x[i] - shift);
    sum += x[i];
  }
  float tail[LANES];
  load_tail(x + whole, count - whole, tail);
  BY_LANES for (int lane = 0; lane < LANES; lane++) tail[lane] = exponential(tail[lane] - shift);
  for (long i = whole; i < count; i++) sum += x[i] = tail[i - whole];
  return sum;
}

EVERY_CPU float row_sum_of_exponentials(const float *x, long count, float shift) {
  ANY_ORDER
  float sum = 0;
  WIDE for (long i = 0; i < count; i++) sum += exponential(x[i] - shift);
  return sum;
}

/// Φ(x), the normal distribution function, by the Chebyshev fit of erfc in Numerical Recipes (Press
/// and others, section 6.2): a relative error below 1.2·10⁻⁷ in exact arithmetic.
static inline float normal_distribution(float x) {
  const float z = 0.70710678f * (x < 0 ? -x : x);
  const float t = 1.0f / (1.0f + 0.5f * z);
  float p = 0.17087277f;
  p = p * t - 0.82215223f;
  p = p * t + 1.48851587f;
  p = p * t - 1.13520398f;
  p = p * t + 0.27886807f;
  p = p * t - 0.18628806f;
  p = p * t + 0.09678418f;
  p = p * t + 0.37409196f;
  p = p * t + 1.00002368f;
  const float tail = 0.5f * t * exponential(-z * z - 1.26551223f + t * p);
  return x < 0 ? tail : 1.0f - tail;
}

/// σ(2u) = ½(1 + tanh u) with u = √(2/π)·(x + 0.044715·x³), GELU's approximation of Φ(x).
static inline float tanh_distribution(float x) {
  return 1.0f / (1.0f + exponential(-1.59576912f * (x + 0.044715f * x * x * x)));
}

EVERY_CPU void row_gelu(const float *restrict x, float *restrict y, long count) {
  WIDE for (long i = 0; i < count; i++) y[i] = x[i] * normal_distribution(x[i]);
}

EVERY_CPU void row_gelu_gradient(const float *restrict x, float *restrict g, long count) {
  WIDE for (long i = 0; i < count; i++) {
    const float density = 0.39894228f * exponential(-0.5f * x[i] * x[i]);
    g[i] *= normal_distribution(x[i]) + x[i] * density;
  }
}

EVERY_CPU void row_gelu_tanh(const float *restrict x, float *restrict y, long count) {
  WIDE for (long i = 0; i < count; i++) y[i] = x[i] * tanh_distribution(x[i]);
}

EVERY_CPU void row_gelu_tanh_gradient(const float *restrict x, float *restrict g, long count) {
  WIDE for (long i = 0; i < count; i++) {
    const float p = tanh_distribution(x[i]);
    const float slope = 1.59576912f + 0.21406445f * x[i] * x[i];
    g[i] *= p + x[i] * p * (1.0f - p) * slope;
  }
}
