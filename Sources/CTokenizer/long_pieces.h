#pragma once

#include <stdint.h>

/// A piece of 16 or more bytes, its place in the arena: the tokens, then the bytes.
typedef struct {
  uint64_t hash;
  uint32_t start, id_count, text_count;
} long_entry;

/// Long pieces by open addressing, and the tokens of short ones that have too many for an entry.
typedef struct {
  long_entry *entries;
  long bits, count;
  int32_t *arena;
  long arena_count, arena_capacity;
} long_pieces;

// A long piece takes five words of the arena at least: 32 MiB there and 12 MiB of entries.
enum { arena_limit = 1 << 23, long_limit = 1 << 18 };

/// Frees what is held.
void long_pieces_destroy(long_pieces *l);

/// Forgets everything.
void long_pieces_clear(long_pieces *l);

/// Puts `ids`, and `count` bytes of `piece` behind them, into the arena; the place, or -1 where
/// there is no room.
long arena_append(
    long_pieces *l, const int32_t *ids, long id_count, const uint8_t *piece, long count);

/// Remembers `piece`, of `hash`; says whether there was room.
int long_pieces_insert(
    long_pieces *l, uint64_t hash, const uint8_t *piece, long count, const int32_t *ids,
    long id_count);

/// The entry of `piece`, of `hash`; NULL where it is not remembered.
const long_entry *long_pieces_find(
    const long_pieces *l, uint64_t hash, const uint8_t *piece, long count);
