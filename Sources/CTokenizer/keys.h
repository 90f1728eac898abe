#pragma once

#include <stdint.h>
#include <string.h>

/// The bytes of a key that a piece of each length has.
static const uint64_t low_masks[16] = {
    0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
    ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull};
static const uint64_t high_masks[16] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF,
    0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF};

// Odd constants from the fractions of the golden ratio and of the square root of 2.
static const uint64_t golden = 0x9E3779B97F4A7C15ull, silver = 0x6A09E667F3BCC909ull;

static inline uint64_t load(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

/// The bytes of a piece and, in the last, their number.
typedef struct { uint64_t low, high; } piece_key;

/// The key of `count` bytes, 1 to 15; 16 bytes may be read from `piece`.
static inline piece_key make_key(const uint8_t *piece, long count) {
  return (piece_key){
      load(piece) & low_masks[count],
      (load(piece + 8) & high_masks[count]) | (uint64_t)count << 56};
}

static inline uint64_t hash_long(const uint8_t *piece, long count) {
  uint64_t hash = (uint64_t)count;
  for (long i = 0; i + 8 <= count; i += 8) {
    hash = (hash ^ load(piece + i)) * golden;
    hash ^= hash >> 29;
  }
  hash = (hash ^ load(piece + count - 8)) * silver;
  return hash ^ hash >> 32;
}

/// The bytes of a key with A to Z in lower case.
static inline uint64_t lowercased(uint64_t bytes) {
  const uint64_t ones = 0x0101010101010101ull, tops = ones << 7, rest = bytes & ~tops;
  const uint64_t from_a = rest + (0x80 - 'A') * ones, beyond_z = rest + (0x7F - 'Z') * ones;
  return bytes | (from_a & ~beyond_z & ~bytes & tops) >> 2;
}
