#include "blocks.h"

/// The bytes of a block that may go on in the next: places where a character must go on, and
/// leads whose second byte is bound more tightly.
typedef struct {
  uint64_t second, third, fourth;
  uint64_t e0, ed, f0, f4;
} carry;

/// Whether the block goes on with the characters begun and has no other fault.
static inline __attribute__((always_inline)) int is_valid(
    const uint8_t *text, long left, carry *c) {
  bytes64 v;
  load_block(text, left, &v);
  uint64_t high, lead2, lead3, lead4, continuation, e0, ed, f0, f4, from90, fromA0;
  BITS(v >= 0x80, high);
  if (!high) return !(c->second | c->third | c->fourth);
  BITS((v & 0xC0) == 0x80, continuation);
  BITS(v - 0xC2 < 0x1E, lead2);
  BITS((v & 0xF0) == 0xE0, lead3);
  BITS(v - 0xF0 < 5, lead4);
  BITS(v == 0xE0, e0);
  BITS(v == 0xED, ed);
  BITS(v == 0xF0, f0);
  BITS(v == 0xF4, f4);
  BITS(v >= 0x90, from90);
  BITS(v >= 0xA0, fromA0);
  const uint64_t leads = lead2 | lead3 | lead4, longer = lead3 | lead4;
  const uint64_t needed =
      (leads << 1 | c->second) | (longer << 2 | c->third) | (lead4 << 3 | c->fourth);
  const uint64_t faults = (needed ^ continuation) | (high & ~(continuation | leads))
      | ((e0 << 1 | c->e0) & ~fromA0) | ((ed << 1 | c->ed) & fromA0)
      | ((f0 << 1 | c->f0) & ~from90) | ((f4 << 1 | c->f4) & from90);
  *c = (carry){leads >> 63, longer >> 62, lead4 >> 61, e0 >> 63, ed >> 63, f0 >> 63, f4 >> 63};
  return !faults;
}

EVERY_CPU int is_utf8(const uint8_t *text, long count) {
  carry c = {0};
  for (long base = 0; base < count; base += 64)
    if (!is_valid(text + base, count - base, &c)) return 0;
  // Behind a block that is cut the zeros do not go on with a character.
  return !(c.second | c.third | c.fourth);
}
