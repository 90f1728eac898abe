#pragma once

#include "every_cpu.h"

#include <string.h>

typedef uint8_t bytes64 __attribute__((ext_vector_type(64), aligned(1)));
typedef _Bool bools64 __attribute__((ext_vector_type(64)));

/// The lanes of a comparison as bits, the first as the lowest.
#define BITS(comparison, result) \
  do { \
    const bools64 lanes = __builtin_convertvector(comparison, bools64); \
    memcpy(&(result), &lanes, sizeof(result)); \
  } while (0)

/// Makes `v` the next 64 bytes of a text of which `left` are left, zeros behind its end.
static inline __attribute__((always_inline)) void load_block(
    const uint8_t *text, long left, bytes64 *v) {
  if (left >= 64) {
    memcpy(v, text, 64);
  } else {
    memset(v, 0, 64);
    memcpy(v, text, (size_t)left);
  }
}

/// Writes `base` plus the place of each bit of `bits` to `out`, which has room for 64 and takes
/// more than there are bits; returns how many bits there are.
static inline __attribute__((always_inline)) long write_places(
    uint64_t bits, long base, long *out) {
  const long found = __builtin_popcountll(bits);
  // Eight at a time: what is beyond `found` is written over, and the loop is foreseen well.
  for (long done = 0; done < found; done += 8)
    for (long i = 0; i < 8; i++) {
      out[done + i] = base + (bits ? __builtin_ctzll(bits) : 0);
      bits &= bits - 1;
    }
  return found;
}
