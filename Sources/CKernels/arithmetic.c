#include "CKernels.h"

#include <string.h>

#include "every_cpu.h"

EVERY_CPU void row_scale(float *x, long count, float factor) {
  WIDE for (long i = 0; i < count; i++) x[i] *= factor;
}

EVERY_CPU void row_add_scaled(const float *restrict x, float scale, float *restrict y, long count) {
  WIDE for (long i = 0; i < count; i++) y[i] += scale * x[i];
}

EVERY_CPU void row_sum_of_two(const float *a, const float *b, float *restrict y, long count) {
  WIDE for (long i = 0; i < count; i++) y[i] = a[i] + b[i];
}

EVERY_CPU float row_dot(const float *a, const float *b, long count) {
  ANY_ORDER
  float sum = 0;
  WIDE for (long i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

EVERY_CPU float row_total(const float *x, long count) {
  ANY_ORDER
  float sum = 0;
  _Pragma("clang loop vectorize_width(16) interleave_count(8)")
  for (long i = 0; i < count; i++) sum += x[i];
  return sum;
}

EVERY_CPU double row_squared_norm(const float *x, long count) {
  ANY_ORDER
  double sum = 0;
  WIDE for (long i = 0; i < count; i++) sum += (double)x[i] * (double)x[i];
  return sum;
}

EVERY_CPU void row_shrink(float *x, long count, float threshold) {
  WIDE for (long i = 0; i < count; i++) {
    const float excess = x[i] - threshold;
    // Not a maximum, which would turn NaN into 0.
    x[i] = excess < 0 ? 0 : excess;
  }
}

EVERY_CPU void row_keep_where_positive(float *restrict g, const float *restrict z, long count) {
  WIDE for (long i = 0; i < count; i++) g[i] = z[i] > 0 ? g[i] : 0;
}

// The finaliser of SplitMix64.
static inline uint64_t mixed(uint64_t z) {
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
  z = (z ^ z >> 27) * 0x94D049BB133111EB;
  return z ^ z >> 31;
}

EVERY_CPU void row_drop(DroppedRow row) {
  enum { WORDS = 64, UNITS = 4 * WORDS };
  const uint64_t increment = 0x9E3779B97F4A7C15;
  const float scale = row.scale;
  for (long start = 0; start < row.count; start += UNITS) {
    uint64_t words[WORDS];
    uint16_t draws[UNITS];
    const uint64_t state = row.state + (uint64_t)(start / 4) * increment;
    WIDE for (long i = 0; i < WORDS; i++) words[i] = mixed(state + (uint64_t)(i + 1) * increment);
    memcpy(draws, words, sizeof draws);
    const long count = row.count - start < UNITS ? row.count - start : UNITS;
    const float *x = row.x + start, *skip = row.skip ? row.skip + start : NULL;
    float *y = row.y + start;
#define KEPT (draws[i] < row.threshold ? 0 : scale * x[i])
    if (skip) {
      _Pragma("clang loop vectorize(assume_safety) vectorize_width(16)")
      for (long i = 0; i < count; i++) y[i] = skip[i] + KEPT;
    } else {
      _Pragma("clang loop vectorize(assume_safety) vectorize_width(16)")
      for (long i = 0; i < count; i++) y[i] = KEPT;
    }
#undef KEPT
  }
}

EVERY_CPU void row_normalize(const float *x, long count, const float *restrict gain,
                             const float *restrict bias, float epsilon, float *y, float *mean,
                             float *inverse_deviation) {
  ANY_ORDER
  float sum = 0, squares = 0;
  WIDE for (long i = 0; i < count; i++) sum += x[i];
  const float mu = sum / (float)count;
  WIDE for (long i = 0; i < count; i++) squares += (x[i] - mu) * (x[i] - mu);
  const float rho = 1 / __builtin_elementwise_sqrt(squares / (float)count + epsilon);
  WIDE for (long i = 0; i < count; i++) y[i] = (x[i] - mu) * rho * gain[i] + bias[i];
  *mean = mu;
  *inverse_deviation = rho;
}

EVERY_CPU void row_normalize_gradient(NormGradient row) {
  ANY_ORDER
  const float *restrict x = row.x, *restrict gain = row.gain, *dy = row.dy, *skip = row.skip;
  float *dx = row.dx, *restrict gain_sum = row.gain_sum, *restrict bias_sum = row.bias_sum;
  const float mu = row.mean, rho = row.inverse_deviation;
  float sum = 0, products = 0;
  WIDE for (long i = 0; i < row.count; i++) {
    const float normalized = (x[i] - mu) * rho, scaled = dy[i] * gain[i];
    sum += scaled;
    products += scaled * normalized;
    gain_sum[i] += dy[i] * normalized;
    bias_sum[i] += dy[i];
  }
  const float mean = sum / (float)row.count, slope = products / (float)row.count;
#define GRADIENT (rho * (dy[i] * gain[i] - mean - (x[i] - mu) * rho * slope))
  if (skip) {
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16)")
    for (long i = 0; i < row.count; i++) dx[i] = GRADIENT + skip[i];
  } else {
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16)")
    for (long i = 0; i < row.count; i++) dx[i] = GRADIENT;
  }
#undef GRADIENT
}

EVERY_CPU void row_adamw(AdamWRow row) {
  float *restrict theta = row.theta, *restrict m = row.m, *restrict v = row.v;
  const float *restrict gradient = row.gradient;
  const float beta1 = row.beta1, beta2 = row.beta2;
  WIDE for (long i = 0; i < row.count; i++) {
    const float g = gradient[i] * row.scale;
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    const float denominator = __builtin_elementwise_sqrt(v[i]) / row.root_correction + row.epsilon;
    theta[i] = theta[i] * row.decay - row.step_size * m[i] / denominator;
  }
}
