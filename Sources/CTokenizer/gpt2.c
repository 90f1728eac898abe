#include "blocks.h"

/// For each byte of a block, whether its character is of a class.
typedef struct {
  uint64_t letter, number, space, other;
  /// Bytes that are U+0020, and apostrophes.
  uint64_t blank, apostrophe;
  /// Bytes that do not begin a character.
  uint64_t continuation;
  /// Bytes in the block: 64, or fewer where the text or a whole character ends before.
  long count;
} block;

static inline __attribute__((always_inline)) long sequence_length(uint8_t lead) {
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

enum { letter_classes = 1 << class_letter | 1 << class_upper | 1 << class_lower };

static inline __attribute__((always_inline)) uint8_t class_at(
    const uint8_t *text, scalar_classes classes) {
  uint32_t scalar = text[0];
  if (scalar >= 0xF0)
    scalar = (scalar & 7) << 18 | (text[1] & 63u) << 12 | (text[2] & 63u) << 6 | (text[3] & 63u);
  else if (scalar >= 0xE0)
    scalar = (scalar & 15) << 12 | (text[1] & 63u) << 6 | (text[2] & 63u);
  else if (scalar >= 0xC0)
    scalar = (scalar & 31) << 6 | (text[1] & 63u);
  return classes.values[classes.block_starts[scalar >> 8] + (int32_t)(scalar & 255)];
}

/// Sets the bits of the characters beyond ASCII, whose bytes are `high`.
static inline __attribute__((always_inline)) void classify_high(
    block *b, const uint8_t *text, uint64_t high, scalar_classes classes, int is_cut) {
  uint64_t leads = high & ~b->continuation;
  if (is_cut && leads) {
    const long last = 63 - __builtin_clzll(leads);
    if (last + sequence_length(text[last]) > b->count) {
      b->count = last;
      leads &= ~(1ull << last);
    }
  }
  while (leads) {
    const long place = __builtin_ctzll(leads);
    leads &= leads - 1;
    const uint64_t bits = ((1ull << sequence_length(text[place])) - 1) << place;
    // Which class comes next is not foreseeable: masks instead of branches.
    const uint64_t is_class = 1ull << class_at(text + place, classes);
    b->letter |= is_class & letter_classes ? bits : 0;
    b->number |= is_class & 1 << class_number ? bits : 0;
    b->space |= is_class & 1 << class_space ? bits : 0;
  }
}

static inline __attribute__((always_inline)) block classify(
    const uint8_t *text, long left, scalar_classes classes) {
  uint8_t copy[64] = {0};
  const uint8_t *source = text;
  if (left < 64) {
    memcpy(copy, text, (size_t)left);
    source = copy;
  }
  bytes64 v;
  memcpy(&v, source, 64);
  block b = {.count = left < 64 ? left : 64};
  uint64_t controls, high;
  BITS((v | 0x20) - 'a' < 26, b.letter);
  BITS(v - '0' < 10, b.number);
  BITS(v - 9 < 5, controls);
  BITS(v == ' ', b.blank);
  BITS(v == '\'', b.apostrophe);
  BITS(v >= 0x80, high);
  b.space = controls | b.blank;
  if (high) {
    BITS((v & 0xC0) == 0x80, b.continuation);
    classify_high(&b, source, high, classes, left > 64);
  }
  const uint64_t valid = b.count == 64 ? ~0ull : (1ull << b.count) - 1;
  b.letter &= valid;
  b.number &= valid;
  b.space &= valid;
  b.other = valid & ~(b.letter | b.number | b.space);
  return b;
}

/// The length of the contraction at the apostrophe `text`, 0 where there is none.
static inline __attribute__((always_inline)) long contraction(const uint8_t *text, long left) {
  if (left < 2) return 0;
  switch (text[1]) {
    case 's': case 't': case 'm': case 'd': return 2;
    case 'r': case 'v': return left > 2 && text[2] == 'e' ? 3 : 0;
    case 'l': return left > 2 && text[2] == 'l' ? 3 : 0;
    default: return 0;
  }
}

/// Moves the bits of bytes inside characters to where these begin.
static inline __attribute__((always_inline)) uint64_t leads(uint64_t bits, uint64_t continuation) {
  uint64_t inside;
  while ((inside = bits & continuation)) bits = (bits & ~continuation) | inside >> 1;
  return bits;
}

/// What a block has to know of the one before it.
typedef struct {
  uint64_t letter, number, space, other, blank;
  /// Starts that contractions at the end of that block set and take away here.
  uint64_t set, clear;
} carry;

/// The starts of the pieces in a block, as bits.
///
/// A run of one class begins a piece, unless U+0020 before it does; the last of several white
/// spaces begins one too, where something follows; and so does what follows a contraction.
static inline __attribute__((always_inline)) uint64_t piece_starts(
    const block *b, carry *c, const uint8_t *text, long left, int next_is_space) {
  const long last = b->count - 1;
  uint64_t runs = (b->letter & ~(b->letter << 1 | c->letter))
      | (b->number & ~(b->number << 1 | c->number)) | (b->other & ~(b->other << 1 | c->other));
  runs &= ~(b->blank << 1 | c->blank);
  const uint64_t followed = b->space >> 1 | (uint64_t)next_is_space << last;
  uint64_t starts = runs | (b->space & ~(b->space << 1 | c->space))
      | leads(b->space & ~followed, b->continuation);
  uint64_t apostrophes = runs & b->apostrophe;
  uint64_t set = c->set, clear = c->clear;
  *c = (carry){
      b->letter >> last, b->number >> last, b->space >> last, b->other >> last,
      b->blank >> last & 1, 0, 0};
  while (apostrophes) {
    const long place = __builtin_ctzll(apostrophes);
    apostrophes &= apostrophes - 1;
    const long length = contraction(text + place, left - place);
    if (!length) continue;
    if (place + 1 < b->count) clear |= 1ull << (place + 1);
    else c->clear |= 1ull << (place + 1 - b->count);
    if (place + length >= left) continue;
    if (place + length < b->count) set |= 1ull << (place + length);
    else c->set |= 1ull << (place + length - b->count);
  }
  return (starts & ~clear) | set;
}

EVERY_CPU long gpt2_piece_ends(
    const uint8_t *text, long count, long start, scalar_classes classes, long *ends,
    long capacity) {
  carry c = {0};
  long written = 0, base = start;
  while (base < count && written + 66 <= capacity) {
    const block b = classify(text + base, count - base, classes);
    const long next = base + b.count;
    const int next_is_space = next >= count || class_at(text + next, classes) == class_space;
    uint64_t starts = piece_starts(&b, &c, text + base, count - base, next_is_space);
    if (base == start) starts &= ~1ull;
    written += write_places(starts, base, ends + written);
    base = next;
  }
  if (base >= count) ends[written++] = count;
  return written;
}
