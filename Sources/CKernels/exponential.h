#pragma once

#include <stdint.h>
#include <string.h>

/// eˣ with a relative error below 2·10⁻⁷ for x in [−87.3, 88]; beyond, the value at the nearer end:
/// 1.1755·10⁻³⁸ for −∞ (never 0), 1.65·10³⁸ for ∞ (never ∞). e⁰ is exactly 1. NaN gives NaN.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; eʳ is the polynomial of Cephes' expf (Moshier), and n is
/// added to the exponent bits. Adding 1.5·2²³ rounds to an integer and leaves it in the low bits.
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
