#include "keys.h"
#include "long_pieces.h"
#include "every_cpu.h"

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

/// Two entries in a line of the processor's cache. A piece whose bucket is full is in the next
/// that has room.
typedef struct { entry slots[2]; } bucket;

struct piece_cache {
  bucket *buckets;
  int bits;
  long count;
  long_pieces longer;
  /// How often entries changed their places.
  long moves;
};

// The table grows when it is half full, so that a short text does not pay for a large one. At
// 16 MiB all is forgotten instead.
enum { first_bits = 6, last_bits = 18 };
enum { longest_short = 15, longest_piece = 1 << 14, batch = 128 };
static const uint64_t key_mask = (1ull << 60) - 1;

static inline long bucket_of(const piece_cache *c, piece_key key) {
  // High bytes of `low` reach the upper bits of one product only by little; folded, by much.
  const uint64_t mixed = (key.low ^ key.low >> 29 ^ key.high * silver) * golden;
  return (long)(mixed >> (64 - c->bits));
}

static int is_of(const entry *e, piece_key key) {
  return !((e->low ^ key.low) | ((e->high ^ key.high) & key_mask));
}

static bucket *new_buckets(int bits) {
  bucket *buckets = aligned_alloc(64, sizeof(bucket) << bits);
  if (buckets) memset(buckets, 0, sizeof(bucket) << bits);
  return buckets;
}

piece_cache *piece_cache_create(void) {
  piece_cache *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  c->bits = first_bits;
  c->buckets = new_buckets(first_bits);
  if (c->buckets) return c;
  free(c);
  return NULL;
}

void piece_cache_destroy(piece_cache *c) {
  if (!c) return;
  free(c->buckets);
  long_pieces_destroy(&c->longer);
  free(c);
}

static void place(piece_cache *c, entry e) {
  const long mask = (1l << c->bits) - 1;
  for (long i = bucket_of(c, (piece_key){e.low, e.high & key_mask});; i = (i + 1) & mask)
    for (int slot = 0; slot < 2; slot++)
      if (!c->buckets[i].slots[slot].high) {
        c->buckets[i].slots[slot] = e;
        return;
      }
}

/// Makes the table larger; says whether there is memory for that.
static int grow(piece_cache *c) {
  const long old_count = 1l << c->bits;
  const int bits = c->bits + (c->bits < 14 ? 2 : 1);
  bucket *old = c->buckets, *buckets = new_buckets(bits);
  if (!buckets) return 0;
  c->moves++;
  c->bits = bits;
  c->buckets = buckets;
  for (long i = 0; i < old_count; i++)
    for (int slot = 0; slot < 2; slot++)
      if (old[i].slots[slot].high) place(c, old[i].slots[slot]);
  free(old);
  return 1;
}

/// Forgets everything.
static void clear(piece_cache *c) {
  memset(c->buckets, 0, sizeof(bucket) << c->bits);
  long_pieces_clear(&c->longer);
  c->count = 0;
}

static void insert_short(
    piece_cache *c, piece_key key, const int32_t *ids, long id_count) {
  const long slots = 2l << c->bits;
  if (2 * c->count >= slots && (c->bits == last_bits || !grow(c))) clear(c);
  entry e = {.low = key.low, .high = key.high, .ids = {-1, -1, -1, -1}};
  if (id_count > 4) {
    const long start = arena_append(&c->longer, ids, id_count, NULL, 0);
    if (start < 0) return clear(c);
    e.ids[0] = (int32_t)start;
    e.ids[1] = (int32_t)id_count;
  } else {
    memcpy(e.ids, ids, (size_t)id_count * sizeof *ids);
    e.high |= (uint64_t)id_count << 60;
  }
  c->count++;
  place(c, e);
}

/// The key of the `length` bytes at `start` of a text, 1 to 15, in lower case if so asked.
static inline __attribute__((always_inline)) piece_key key_at(
    const uint8_t *text, long count, long start, long length, int lowercases) {
  uint8_t bytes[16] = {0};
  const uint8_t *piece = text + start;
  if (start + 16 > count) piece = memcpy(bytes, piece, (size_t)length);
  const piece_key key = make_key(piece, length);
  return lowercases ? (piece_key){lowercased(key.low), lowercased(key.high)} : key;
}

void piece_cache_insert(
    piece_cache *c, const uint8_t *piece, long count, int lowercases, const int32_t *ids,
    long id_count) {
  if (count > longest_piece || id_count > count) return;
  if (count <= longest_short)
    insert_short(c, key_at(piece, count, 0, count, lowercases), ids, id_count);
  else if (!lowercases
      && !long_pieces_insert(&c->longer, hash_long(piece, count), piece, count, ids, id_count))
    clear(c);
}

/// The keys of a run of pieces. A long piece has its hash and 0.
typedef struct {
  piece_key keys[batch];
  const bucket *buckets[batch];
} run;

/// Makes the keys of `n` pieces and fetches what is remembered of them.
static inline __attribute__((always_inline)) void make_keys(
    const piece_cache *c, pieces p, long first, long n, int lowercases, run *r) {
  for (long i = 0; i < n; i++) {
    const long start = p.starts[first + i], length = p.ends[first + i] - start;
    if (length > longest_short) {
      r->keys[i] = (piece_key){lowercases ? 0 : hash_long(p.text + start, length), 0};
      if (c->longer.entries)
        __builtin_prefetch(
            c->longer.entries + (r->keys[i].low & ((1ull << c->longer.bits) - 1)));
    } else {
      r->keys[i] = key_at(p.text, p.count, start, length, lowercases);
      r->buckets[i] = c->buckets + bucket_of(c, r->keys[i]);
      __builtin_prefetch(r->buckets[i]);
    }
  }
}

/// The entry of a piece behind the bucket that it belongs to; NULL where it is not remembered.
static __attribute__((noinline)) const entry *find_behind(
    const piece_cache *c, const bucket *b, piece_key key) {
  const long mask = (1l << c->bits) - 1;
  while (b->slots[1].high) {
    b = c->buckets + ((b - c->buckets + 1) & mask);
    for (int slot = 0; slot < 2; slot++)
      if (is_of(b->slots + slot, key)) return b->slots + slot;
  }
  return NULL;
}

/// The number of tokens of a short piece, written to `out`; 0 where it is not remembered.
static inline __attribute__((always_inline)) long append_short(
    const piece_cache *c, const bucket *b, piece_key key, int32_t *out) {
  // Which slot a piece has is not foreseeable: a condition instead of a branch.
  const entry *e = is_of(b->slots, key) ? b->slots : b->slots + 1;
  if (!is_of(e, key) && !(e = find_behind(c, b, key))) return 0;
  const long number = (long)(e->high >> 60);
  if (number) {
    memcpy(out, e->ids, 16);
    return number;
  }
  memcpy(out, c->longer.arena + e->ids[0], (size_t)e->ids[1] * sizeof *out);
  return e->ids[1];
}

static long append_long(
    const piece_cache *c, uint64_t hash, const uint8_t *piece, long count, int32_t *out) {
  const long_entry *e = long_pieces_find(&c->longer, hash, piece, count);
  if (!e) return 0;
  memcpy(out, c->longer.arena + e->start, e->id_count * sizeof *out);
  return e->id_count;
}

/// The number of tokens of a piece that is not remembered yet; 0 where it is not for this loop.
static long append_new(
    piece_cache *c, merge_table merges, const uint8_t *piece, long count, int32_t *out) {
  if (!merges.slots || count > merge_limit) return 0;
  const long added = merge_piece(merges, piece, count, out);
  piece_cache_insert(c, piece, count, 0, out, added);
  return added;
}

static inline __attribute__((always_inline)) encoded_pieces encode(
    piece_cache *c, merge_table merges, pieces p, int lowercases, int32_t *ids) {
  run r;
  int32_t *out = ids;
  long done = 0;
  while (done < p.piece_count) {
    const long first = done;
    const long n = p.piece_count - done < batch ? p.piece_count - done : batch;
    const long moves = c->moves;
    make_keys(c, p, first, n, lowercases, &r);
    for (long i = 0; i < n && moves == c->moves; i++) {
      const uint8_t *piece = p.text + p.starts[first + i];
      const long length = p.ends[first + i] - p.starts[first + i];
      long added = 0;
      if (r.keys[i].high) added = append_short(c, r.buckets[i], r.keys[i], out);
      else if (!lowercases) added = append_long(c, r.keys[i].low, piece, length, out);
      if (!added) added = append_new(c, merges, piece, length, out);
      if (!added) goto finish;
      out += added;
      done++;
    }
  }
finish:
  return (encoded_pieces){done, out - ids};
}

EVERY_CPU encoded_pieces piece_cache_encode(
    piece_cache *c, merge_table merges, pieces p, int32_t *ids) {
  return p.lowercased ? encode(c, (merge_table){0}, p, 1, ids) : encode(c, merges, p, 0, ids);
}
