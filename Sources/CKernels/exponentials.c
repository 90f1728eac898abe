#include "CKernels.h"
#include "every_cpu.h"

#include <stdint.h>
#include <string.h>

/// eˣ with a relative error below 2·10⁻⁷ for x in [−87, 88]; beyond, the value at the nearer end.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; eʳ is the polynomial of Cephes' expf (Moshier), and n is
/// added to the exponent bits. Adding 1.5·2²³ rounds to an integer that is then in the low bits.
static inline float exponential(float x) {
  const float shifter = 12582912.0f;
  x = x < -87.336540f ? -87.336540f : x;
  x = x > 88.0f ? 88.0f : x;
  const float shifted = x * 1.44269504f + shifter;
  const float n = shifted - shifter;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.98756915e-4f;
  p = p * r + 1.39819995e-3f;
  p = p * r + 8.33345191e-3f;
  p = p * r + 4.16657962e-2f;
  p = p * r + 1.66666655e-1f;
  p = p * r + 5.00000012e-1f;
  p = p * (r * r) + (r + 1.0f);
  uint32_t exponent, bits;
  memcpy(&exponent, &shifted, sizeof exponent);
  memcpy(&bits, &p, sizeof bits);
  bits += exponent << 23;
  memcpy(&p, &bits, sizeof p);
  return p;
}

/// The last `count` numbers of a row in whole lanes, the rest of which are zero: with so few
/// numbers one by one would take as long as all others.
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

EVERY_CPU void row_softmax_gradient(float *restrict s, float *restrict g, long count, float shift,
                                    float delta, float scale) {
  const long whole = count / LANES * LANES;
  BY_LANES for (long i = 0; i < whole; i++) {
    s[i] = exponential(s[i] - shift);
    g[i] = s[i] * (g[i] - delta) * scale;
  }
  float tail[LANES];
  load_tail(s + whole, count - whole, tail);
  BY_LANES for (int lane = 0; lane < LANES; lane++) tail[lane] = exponential(tail[lane] - shift);
  for (long i = whole; i < count; i++) {
    s[i] = tail[i - whole];
    g[i] = s[i] * (g[i] - delta) * scale;
  }
}

/// Φ(x) of the normal distribution with a relative error below 1.2·10⁻⁷, by the Chebyshev fit of
/// erfc in Numerical Recipes (Press and others, section 6.2).
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

/// σ(2u) with the u of GELU's approximation by a hyperbolic tangent.
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
