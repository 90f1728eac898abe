#include "every_cpu.h"

#include <string.h>

enum { no_rank = UINT32_MAX };

/// A piece on its way: tokens that were merged into their left neighbours are passed over.
typedef struct {
  /// Ranks in the upper 24 bits, which Swift's `Vocabulary` keeps below 2²², and the place in the
  /// lower 8, so that the smallest is also the leftmost.
  uint32_t ranks[merge_limit];
  int32_t ids[merge_limit], results[merge_limit];
  uint8_t next[merge_limit], previous[merge_limit];
  long count;
} chain;

/// Looks up what the token at `place` and its right neighbour merge into.
static inline void look_up(chain *c, merge_table table, long place) {
  c->ranks[place] = no_rank;
  if (c->next[place] >= c->count) return;
  const uint64_t pair =
      (uint64_t)(uint32_t)c->ids[place] << 32 | (uint32_t)c->ids[c->next[place]];
  const uint64_t product = pair * 0x9E3779B97F4A7C15ull;
  const uint64_t bit = product >> table.filter_shift;
  if (!(table.filter[bit >> 6] >> (bit & 63) & 1)) return;
  for (uint64_t slot = (product ^ product >> 32) & table.mask;; slot = (slot + 1) & table.mask) {
    const uint64_t value = table.slots[2 * slot + 1];
    if (value == UINT64_MAX) return;
    if (table.slots[2 * slot] != pair) continue;
    c->ranks[place] = (uint32_t)(value >> 32) << 8 | (uint32_t)place;
    c->results[place] = (int32_t)(uint32_t)value;
    return;
  }
}

/// The smallest of `padded` ranks, a multiple of 16.
static inline __attribute__((always_inline)) uint32_t minimum(const uint32_t *ranks, long padded) {
  uint32_t lanes[16];
  memcpy(lanes, ranks, sizeof lanes);
  for (long i = 16; i < padded; i += 16)
    for (long lane = 0; lane < 16; lane++)
      lanes[lane] = ranks[i + lane] < lanes[lane] ? ranks[i + lane] : lanes[lane];
  for (long width = 8; width; width /= 2)
    for (long lane = 0; lane < width; lane++)
      lanes[lane] = lanes[lane + width] < lanes[lane] ? lanes[lane + width] : lanes[lane];
  return lanes[0];
}

EVERY_CPU long merge_piece(
    merge_table table, const uint8_t *piece, long count, int32_t *out) {
  chain c;
  c.count = count;
  const long padded = (count + 15) & ~15l;
  for (long i = 0; i < count; i++) {
    c.ids[i] = table.byte_ids[piece[i]];
    c.next[i] = (uint8_t)(i + 1);
    c.previous[i] = (uint8_t)(i - 1);
  }
  for (long i = 0; i < count; i++) look_up(&c, table, i);
  for (long i = count; i < padded; i++) c.ranks[i] = no_rank;
  uint32_t rank;
  while ((rank = minimum(c.ranks, padded)) != no_rank) {
    const long place = rank & 255;
    const long second = c.next[place];
    const long third = c.next[second];
    c.ids[place] = c.results[place];
    c.ranks[second] = no_rank;
    c.next[place] = (uint8_t)third;
    if (third < count) c.previous[third] = (uint8_t)place;
    look_up(&c, table, place);
    if (place > 0) look_up(&c, table, c.previous[place]);
  }
  long written = 0;
  for (long i = 0; i < count; i = c.next[i]) out[written++] = c.ids[i];
  return written;
}
