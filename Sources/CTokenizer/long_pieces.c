#include "long_pieces.h"

#include <stdlib.h>
#include <string.h>

void long_pieces_destroy(long_pieces *l) {
  free(l->entries);
  free(l->arena);
}

void long_pieces_clear(long_pieces *l) {
  if (l->entries) memset(l->entries, 0, sizeof(long_entry) << l->bits);
  l->count = l->arena_count = 0;
}

/// Makes room for `more` elements in the arena; says whether there is.
static int reserve(long_pieces *l, long more) {
  const long count = l->arena_count + more;
  if (count > arena_limit) return 0;
  if (count <= l->arena_capacity) return 1;
  long capacity = l->arena_capacity ? l->arena_capacity * 2 : 1 << 10;
  while (capacity < count) capacity *= 2;
  int32_t *larger = realloc(l->arena, (size_t)capacity * sizeof *larger);
  if (!larger) return 0;
  l->arena = larger;
  l->arena_capacity = capacity;
  return 1;
}

long arena_append(
    long_pieces *l, const int32_t *ids, long id_count, const uint8_t *piece, long count) {
  const long needed = id_count + (count + 3) / 4;
  if (!reserve(l, needed)) return -1;
  const long start = l->arena_count;
  memcpy(l->arena + start, ids, (size_t)id_count * sizeof *ids);
  if (count) memcpy(l->arena + start + id_count, piece, (size_t)count);
  l->arena_count += needed;
  return start;
}

static void place(long_entry *entries, long bits, long_entry e) {
  const uint64_t mask = (1ull << bits) - 1;
  uint64_t slot = e.hash & mask;
  while (entries[slot].text_count) slot = (slot + 1) & mask;
  entries[slot] = e;
}

static int grow(long_pieces *l) {
  const long bits = l->entries ? l->bits + 1 : 6;
  long_entry *entries = calloc(1ul << bits, sizeof *entries);
  if (!entries) return 0;
  for (long i = 0; l->entries && i < 1l << l->bits; i++)
    if (l->entries[i].text_count) place(entries, bits, l->entries[i]);
  free(l->entries);
  l->entries = entries;
  l->bits = bits;
  return 1;
}

int long_pieces_insert(
    long_pieces *l, uint64_t hash, const uint8_t *piece, long count, const int32_t *ids,
    long id_count) {
  if (l->count == long_limit) return 0;
  if ((!l->entries || 2 * (l->count + 1) > 1l << l->bits) && !grow(l)) return 0;
  const long start = arena_append(l, ids, id_count, piece, count);
  if (start < 0) return 0;
  place(l->entries, l->bits, (long_entry){
      hash, (uint32_t)start, (uint32_t)id_count, (uint32_t)count});
  l->count++;
  return 1;
}

const long_entry *long_pieces_find(
    const long_pieces *l, uint64_t hash, const uint8_t *piece, long count) {
  if (!l->entries) return NULL;
  const uint64_t mask = (1ull << l->bits) - 1;
  for (uint64_t slot = hash & mask; l->entries[slot].text_count; slot = (slot + 1) & mask) {
    const long_entry *e = l->entries + slot;
    if (e->hash == hash && e->text_count == count
        && !memcmp(l->arena + e->start + e->id_count, piece, (size_t)count))
      return e;
  }
  return NULL;
}
