#include "CTokenizer.h"

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

/// A piece of 16 or more bytes.
typedef struct {
  uint64_t hash;
  uint32_t text_start, text_count, id_start, id_count;
} long_entry;

struct piece_cache {
  bucket *buckets;
  int bits;
  long inserted;
  long_entry *long_entries;
  long long_bits, long_count;
  uint8_t *text;
  long text_count, text_capacity;
  int32_t *ids;
  long id_count, id_capacity;
};

// Tables grow, so that a short text does not pay for a large one: to 4 MiB of short pieces, and
// to 16 MiB of text of the long ones.
enum { first_bits = 6, last_bits = 16, text_limit = 1 << 24, id_limit = 1 << 23 };
enum { longest_short = 15, longest_piece = 1 << 14, batch = 128 };
static const uint64_t key_mask = (1ull << 60) - 1;

static inline uint64_t mix(uint64_t low, uint64_t high) {
  // Odd constants from the fractions of the golden ratio and of the square root of 2.
  const uint64_t mixed = (low ^ high * 0x6A09E667F3BCC909ull) * 0x9E3779B97F4A7C15ull;
  return mixed ^ mixed >> 29;
}

static inline uint64_t load(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

static inline bucket *bucket_of(const piece_cache *c, uint64_t low, uint64_t high) {
  return c->buckets + ((mix(low, high) * 0x9E3779B97F4A7C15ull) >> (64 - c->bits));
}

/// The key of `count` bytes, 1 to 15; 16 bytes may be read from `piece`.
static inline void make_key(const uint8_t *piece, long count, uint64_t *low, uint64_t *high) {
  *low = load(piece);
  *high = load(piece + 8);
  if (count <= 8) {
    *low &= ~0ull >> (64 - 8 * count);
    *high = 0;
  } else {
    *high &= ~0ull >> (128 - 8 * count);
  }
  *high |= (uint64_t)count << 56;
}

static uint64_t hash_long(const uint8_t *piece, long count) {
  uint64_t hash = (uint64_t)count;
  for (long i = 0; i + 8 <= count; i += 8) hash = mix(hash, load(piece + i));
  return mix(hash, load(piece + count - 8));
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
  free(c->text);
  free(c->ids);
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
  c->bits += 2;
  c->buckets = buckets;
  memset(buckets, 0, sizeof(bucket) << c->bits);
  for (long i = 0; i < old_count; i++)
    for (int slot = 1; slot >= 0; slot--)
      if (old[i].slots[slot].high) place(c, old[i].slots[slot]);
  free(old);
}

/// Forgets everything that lies in the arenas.
static void clear(piece_cache *c) {
  memset(c->buckets, 0, sizeof(bucket) << c->bits);
  if (c->long_entries) memset(c->long_entries, 0, sizeof(long_entry) << c->long_bits);
  c->inserted = c->long_count = c->text_count = c->id_count = 0;
}

/// Makes room for `more` elements in an arena; says whether there is.
static int reserve(void **arena, long *capacity, long count, long more, size_t size) {
  if (count + more <= *capacity) return 1;
  long wanted = *capacity ? *capacity * 2 : 1 << 10;
  while (wanted < count + more) wanted *= 2;
  void *larger = realloc(*arena, (size_t)wanted * size);
  if (!larger) return 0;
  *arena = larger;
  *capacity = wanted;
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
  if (!reserve((void **)&c->text, &c->text_capacity, c->text_count, count, 1)) return;
  memcpy(c->text + c->text_count, piece, (size_t)count);
  e.hash = hash_long(piece, count);
  e.text_start = (uint32_t)c->text_count;
  e.text_count = (uint32_t)count;
  c->text_count += count;
  const uint64_t mask = (1ull << c->long_bits) - 1;
  uint64_t slot = e.hash & mask;
  while (c->long_entries[slot].text_count) slot = (slot + 1) & mask;
  c->long_entries[slot] = e;
  c->long_count++;
}

void piece_cache_insert(
    piece_cache *c, const uint8_t *piece, long count, const int32_t *ids, long id_count) {
  if (count > longest_piece || id_count > piece_id_limit) return;
  if (c->text_count + count > text_limit || c->id_count + id_count > id_limit) clear(c);
  const long id_start = c->id_count;
  if (count > longest_short || id_count > 4) {
    if (!reserve((void **)&c->ids, &c->id_capacity, id_start, id_count, sizeof *ids)) return;
    memcpy(c->ids + id_start, ids, (size_t)id_count * sizeof *ids);
    c->id_count += id_count;
  }
  if (count > longest_short) {
    insert_long(
        c, piece, count,
        (long_entry){.id_start = (uint32_t)id_start, .id_count = (uint32_t)id_count});
    return;
  }
  if (++c->inserted > 1l << c->bits && c->bits < last_bits) grow(c);
  uint8_t bytes[16] = {0};
  memcpy(bytes, piece, (size_t)count);
  entry e = {.ids = {-1, -1, -1, -1}};
  make_key(bytes, count, &e.low, &e.high);
  if (id_count <= 4) {
    memcpy(e.ids, ids, (size_t)id_count * sizeof *ids);
    e.high |= (uint64_t)id_count << 60;
  } else {
    e.ids[0] = (int32_t)id_start;
    e.ids[1] = (int32_t)id_count;
  }
  place(c, e);
}

static long append_long(const piece_cache *c, const uint8_t *piece, long count, int32_t *out) {
  if (!c->long_entries || count > longest_piece) return 0;
  const uint64_t hash = hash_long(piece, count), mask = (1ull << c->long_bits) - 1;
  for (uint64_t slot = hash & mask; c->long_entries[slot].text_count; slot = (slot + 1) & mask) {
    const long_entry *e = c->long_entries + slot;
    if (e->hash != hash || e->text_count != count) continue;
    if (memcmp(c->text + e->text_start, piece, (size_t)count)) continue;
    memcpy(out, c->ids + e->id_start, e->id_count * sizeof *out);
    return e->id_count;
  }
  return 0;
}

/// The keys of a run of pieces; those of long ones are 0.
typedef struct {
  uint64_t low[batch], high[batch];
  const bucket *buckets[batch];
} keys;

static inline void make_keys(
    const piece_cache *c, const uint8_t *text, long count, long start, const long *ends, long n,
    keys *k) {
  for (long i = 0; i < n; i++) {
    const long length = ends[i] - start;
    k->low[i] = k->high[i] = 0;
    if (length <= longest_short) {
      if (start + 16 <= count) {
        make_key(text + start, length, &k->low[i], &k->high[i]);
      } else {
        uint8_t bytes[16] = {0};
        memcpy(bytes, text + start, (size_t)length);
        make_key(bytes, length, &k->low[i], &k->high[i]);
      }
      k->buckets[i] = bucket_of(c, k->low[i], k->high[i]);
      __builtin_prefetch(k->buckets[i]);
    }
    start = ends[i];
  }
}

/// The number of tokens of a short piece, written to `out`; 0 where it is not remembered.
static inline long append_short(
    const piece_cache *c, const bucket *b, uint64_t low, uint64_t high, int32_t *out) {
  const entry *e = b->slots;
  if (e->low != low || ((e->high ^ high) & key_mask)) {
    e++;
    if (e->low != low || ((e->high ^ high) & key_mask)) return 0;
  }
  const long number = (long)(e->high >> 60);
  if (number) {
    memcpy(out, e->ids, 16);
    return number;
  }
  memcpy(out, c->ids + e->ids[0], (size_t)e->ids[1] * sizeof *out);
  return e->ids[1];
}

long piece_cache_encode(
    const piece_cache *c, const uint8_t *text, long count, long start, const long *ends,
    long piece_count, int32_t *ids, long capacity, long *id_count) {
  keys k;
  int32_t *out = ids + *id_count;
  const int32_t *const limit = ids + capacity - piece_id_limit;
  long done = 0;
  while (done < piece_count) {
    const long n = piece_count - done < batch ? piece_count - done : batch;
    make_keys(c, text, count, start, ends + done, n, &k);
    for (long i = 0; i < n; i++) {
      if (out > limit) goto finish;
      const long added = k.high[i]
          ? append_short(c, k.buckets[i], k.low[i], k.high[i], out)
          : append_long(c, text + start, ends[done] - start, out);
      if (!added) goto finish;
      out += added;
      start = ends[done++];
    }
  }
finish:
  *id_count = out - ids;
  return done;
}
