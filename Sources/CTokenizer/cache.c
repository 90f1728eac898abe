#include "keys.h"
#include "merge.h"

#include <stdlib.h>
#include <string.h>

/// A piece of 1 to 15 bytes and its tokens.
typedef struct {
  uint64_t low;
  /// Bytes 8 to 14, then the length in four bits, 0 where the entry is free, then the number of
  /// tokens in four, 0 where they are in the arena of ids: `ids` are then the place and number.
  uint64_t high;
  int32_t ids[4];
} entry;

/// Two entries in a line of the processor's cache.
typedef struct { entry slots[2]; } bucket;

/// A piece of 16 or more bytes, its place in the arena: the tokens, then the bytes.
typedef struct {
  uint64_t hash;
  uint32_t start, id_count, text_count;
} long_entry;

struct piece_cache {
  bucket *buckets;
  int bits;
  long inserted;
  long_entry *long_entries;
  long long_bits, long_count;
  int32_t *arena;
  long arena_count, arena_capacity;
  /// How often entries changed their places.
  long moves;
};

// Tables grow, so that a short text does not pay for a large one: to 4 MiB of short pieces, and
// to 32 MiB in the arena.
enum { first_bits = 6, last_bits = 16, arena_limit = 1 << 23 };
enum { longest_short = 15, longest_piece = 1 << 14, batch = 128 };
static const uint64_t key_mask = (1ull << 60) - 1;

static inline bucket *bucket_of(const piece_cache *c, uint64_t low, uint64_t high) {
  // High bytes of `low` reach the upper bits of one product only by little; folded, by much.
  const uint64_t mixed = (low ^ low >> 29 ^ high * silver) * golden;
  return c->buckets + (mixed >> (64 - c->bits));
}

piece_cache *piece_cache_create(void) {
  piece_cache *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  c->bits = first_bits;
  c->buckets = aligned_alloc(64, sizeof(bucket) << first_bits);
  if (!c->buckets) {
    free(c);
    return NULL;
  }
  memset(c->buckets, 0, sizeof(bucket) << first_bits);
  return c;
}

void piece_cache_destroy(piece_cache *c) {
  if (!c) return;
  free(c->buckets);
  free(c->long_entries);
  free(c->arena);
  free(c);
}

/// Puts an entry first in its bucket, the one that was first second.
static void place(piece_cache *c, entry e) {
  bucket *b = bucket_of(c, e.low, e.high & key_mask);
  b->slots[1] = b->slots[0];
  b->slots[0] = e;
}

static void grow(piece_cache *c) {
  const long old_count = 1l << c->bits;
  bucket *old = c->buckets;
  bucket *buckets = aligned_alloc(64, sizeof(bucket) << (c->bits + 2));
  if (!buckets) return;
  c->moves++;
  c->bits += 2;
  c->buckets = buckets;
  memset(buckets, 0, sizeof(bucket) << c->bits);
  for (long i = 0; i < old_count; i++)
    for (int slot = 1; slot >= 0; slot--)
      if (old[i].slots[slot].high) place(c, old[i].slots[slot]);
  free(old);
}

/// Forgets everything.
static void clear(piece_cache *c) {
  memset(c->buckets, 0, sizeof(bucket) << c->bits);
  if (c->long_entries) memset(c->long_entries, 0, sizeof(long_entry) << c->long_bits);
  c->inserted = c->long_count = c->arena_count = 0;
}

/// Makes room for `more` elements in the arena; says whether there is.
static int reserve(piece_cache *c, long more) {
  const long count = c->arena_count + more;
  if (count <= c->arena_capacity) return 1;
  long capacity = c->arena_capacity ? c->arena_capacity * 2 : 1 << 10;
  while (capacity < count) capacity *= 2;
  int32_t *larger = realloc(c->arena, (size_t)capacity * sizeof *larger);
  if (!larger) return 0;
  c->arena = larger;
  c->arena_capacity = capacity;
  return 1;
}

static int grow_long(piece_cache *c) {
  const long bits = c->long_entries ? c->long_bits + 1 : 6;
  long_entry *entries = calloc(1ul << bits, sizeof *entries);
  if (!entries) return 0;
  for (long i = 0; c->long_entries && i < 1l << c->long_bits; i++) {
    const long_entry e = c->long_entries[i];
    if (!e.text_count) continue;
    uint64_t slot = e.hash & ((1ull << bits) - 1);
    while (entries[slot].text_count) slot = (slot + 1) & ((1ull << bits) - 1);
    entries[slot] = e;
  }
  free(c->long_entries);
  c->long_entries = entries;
  c->long_bits = bits;
  return 1;
}

static void insert_long(piece_cache *c, const uint8_t *piece, long count, long_entry e) {
  if (!c->long_entries || 2 * (c->long_count + 1) > 1l << c->long_bits)
    if (!grow_long(c)) return;
  e.hash = hash_long(piece, count);
  const uint64_t mask = (1ull << c->long_bits) - 1;
  uint64_t slot = e.hash & mask;
  while (c->long_entries[slot].text_count) slot = (slot + 1) & mask;
  c->long_entries[slot] = e;
  c->long_count++;
}

void piece_cache_insert(
    piece_cache *c, const uint8_t *piece, long count, const int32_t *ids, long id_count) {
  if (count > longest_piece || id_count > piece_id_limit) return;
  const int is_long = count > longest_short;
  const long needed = is_long ? id_count + (count + 3) / 4 : id_count > 4 ? id_count : 0;
  if (c->arena_count + needed > arena_limit) clear(c);
  if (needed && !reserve(c, needed)) return;
  const long start = c->arena_count;
  if (needed) memcpy(c->arena + start, ids, (size_t)id_count * sizeof *ids);
  c->arena_count += needed;
  if (is_long) {
    memcpy(c->arena + start + id_count, piece, (size_t)count);
    insert_long(
        c, piece, count,
        (long_entry){
            .start = (uint32_t)start, .id_count = (uint32_t)id_count,
            .text_count = (uint32_t)count});
    return;
  }
  if (++c->inserted > 1l << c->bits && c->bits < last_bits) grow(c);
  uint8_t bytes[16] = {0};
  memcpy(bytes, piece, (size_t)count);
  entry e = {.ids = {-1, -1, -1, -1}};
  make_key(bytes, count, &e.low, &e.high);
  if (needed) {
    e.ids[0] = (int32_t)start;
    e.ids[1] = (int32_t)id_count;
  } else {
    memcpy(e.ids, ids, (size_t)id_count * sizeof *ids);
    e.high |= (uint64_t)id_count << 60;
  }
  place(c, e);
}

static inline long append_long(
    const piece_cache *c, uint64_t hash, const uint8_t *piece, long count, int32_t *out) {
  if (!c->long_entries) return 0;
  const uint64_t mask = (1ull << c->long_bits) - 1;
  for (uint64_t slot = hash & mask; c->long_entries[slot].text_count; slot = (slot + 1) & mask) {
    const long_entry *e = c->long_entries + slot;
    if (e->hash != hash || e->text_count != count) continue;
    const int32_t *ids = c->arena + e->start;
    if (memcmp(ids + e->id_count, piece, (size_t)count)) continue;
    memcpy(out, ids, e->id_count * sizeof *out);
    return e->id_count;
  }
  return 0;
}

/// The keys of a run of pieces. A long piece has its hash and 0.
typedef struct {
  uint64_t low[batch], high[batch];
  const bucket *buckets[batch];
} keys;

/// Makes the keys of `n` pieces and fetches what is remembered of them.
static inline __attribute__((always_inline)) void make_keys(
    const piece_cache *c, const uint8_t *text, long count, long start, const long *ends, long n,
    keys *k) {
  for (long i = 0; i < n; i++) {
    const long length = ends[i] - start;
    if (length > longest_short) {
      k->low[i] = hash_long(text + start, length);
      k->high[i] = 0;
      if (c->long_entries)
        __builtin_prefetch(c->long_entries + (k->low[i] & ((1ull << c->long_bits) - 1)));
    } else {
      uint8_t bytes[16] = {0};
      const uint8_t *piece = text + start;
      if (start + 16 > count) piece = memcpy(bytes, piece, (size_t)length);
      make_key(piece, length, &k->low[i], &k->high[i]);
      k->buckets[i] = bucket_of(c, k->low[i], k->high[i]);
      __builtin_prefetch(k->buckets[i]);
    }
    start = ends[i];
  }
}

/// The number of tokens of a short piece, written to `out`; 0 where it is not remembered.
static inline __attribute__((always_inline)) long append_short(
    const piece_cache *c, const bucket *b, uint64_t low, uint64_t high, int32_t *out) {
  // Which slot a piece has is not foreseeable: a condition instead of a branch.
  const entry *first = b->slots, *second = b->slots + 1;
  const uint64_t difference = (first->low ^ low) | ((first->high ^ high) & key_mask);
  const entry *e = difference ? second : first;
  if ((e->low ^ low) | ((e->high ^ high) & key_mask)) return 0;
  const long number = (long)(e->high >> 60);
  if (number) {
    memcpy(out, e->ids, 16);
    return number;
  }
  memcpy(out, c->arena + e->ids[0], (size_t)e->ids[1] * sizeof *out);
  return e->ids[1];
}

/// The number of tokens of a piece that is not remembered yet; 0 where it is not for this loop.
static long append_new(
    piece_cache *c, merge_table merges, const uint8_t *piece, long count, int32_t *out) {
  if (!merges.slots || count > merge_limit) return 0;
  const long added = merge_piece(merges, piece, count, out);
  piece_cache_insert(c, piece, count, out, added);
  return added;
}

EVERY_CPU long piece_cache_encode(
    piece_cache *c, merge_table merges, const uint8_t *text, long count, long start,
    const long *ends, long piece_count, int32_t *ids, long capacity, long *id_count) {
  keys k;
  int32_t *out = ids + *id_count;
  const int32_t *const limit = ids + capacity - piece_id_limit;
  long done = 0;
  while (done < piece_count) {
    const long first = done;
    const long n = piece_count - done < batch ? piece_count - done : batch;
    const long moves = c->moves;
    make_keys(c, text, count, start, ends + done, n, &k);
    for (long i = 0; i < n && moves == c->moves; i++) {
      if (out > limit) goto finish;
      const long end = ends[first + i];
      long added = k.high[i]
          ? append_short(c, k.buckets[i], k.low[i], k.high[i], out)
          : append_long(c, k.low[i], text + start, end - start, out);
      if (!added) added = append_new(c, merges, text + start, end - start, out);
      if (!added) goto finish;
      out += added;
      start = end;
      done++;
    }
  }
finish:
  *id_count = out - ids;
  return done;
}
