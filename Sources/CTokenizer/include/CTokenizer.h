#pragma once

#include <stdint.h>

// The inner loops of byte-level encoding: GPT-2's split on 64 bytes at a time, and a memory of
// pieces with their tokens.
//
// Swift compiles for SSE2, has no bit masks of comparisons and no prefetch. One core read and
// encoded 76.8 MB of English by GPT-2's vocabulary in 0.21 s with these loops and in 0.69 s with
// a scanner, a table of pieces and a merger in Swift.

/// The classes of scalars in two stages: class = values[block_starts[scalar >> 8] + (scalar & 255)].
typedef struct {
  const int32_t *block_starts;
  const uint8_t *values;
} scalar_classes;

/// The numbers of the classes, as in Swift's `CharacterClass`.
enum { class_letter, class_number, class_space, class_other, class_mark, class_upper, class_lower };

/// Whether the `count` bytes of `text` are UTF-8 (Unicode Standard, table 3-7).
int is_utf8(const uint8_t *text, long count);

/// Writes the ends of the pieces that GPT-2's pattern makes of `text`, from `start` on, which is
/// where a piece begins; returns how many, at most `capacity`, which is at least 128.
///
/// `text` is UTF-8 of `count` bytes and `start` is less than `count`. At least one end is written.
long gpt2_piece_ends(
    const uint8_t *text, long count, long start, scalar_classes classes, long *ends,
    long capacity);

/// Pieces and their tokens, in bounded memory.
typedef struct piece_cache piece_cache;

/// A new and empty cache; NULL where there is no memory.
piece_cache *piece_cache_create(void);

/// Frees what the cache holds.
void piece_cache_destroy(piece_cache *cache);

/// Remembers that the `count` bytes of `piece` have the tokens `ids`, at least one.
///
/// The cache may refuse: what is not remembered is not found.
void piece_cache_insert(
    piece_cache *cache, const uint8_t *piece, long count, const int32_t *ids, long id_count);

/// What pairs of tokens merge into, as Swift's `MergeTable` has it, and the tokens of the bytes.
typedef struct {
  const uint64_t *slots;
  uint64_t mask;
  const uint64_t *filter;
  uint64_t filter_shift;
  const int32_t *byte_ids;
} merge_table;

/// Writes the tokens of pieces to `ids` and adds their number to `id_count`; returns how many of
/// the `piece_count` pieces were done.
///
/// The first piece begins at `start` of `text`, `count` bytes, and each ends where the next
/// begins. Pieces that are not remembered are merged by `merges` and remembered. It stops at one
/// that is too long for that, at every one that is not remembered where `merges` has no slots, and
/// where fewer than `piece_id_limit` ids have room in `ids`, which holds `capacity`.
long piece_cache_encode(
    piece_cache *cache, merge_table merges, const uint8_t *text, long count, long start,
    const long *ends, long piece_count, int32_t *ids, long capacity, long *id_count);

/// No remembered piece has more tokens than this.
enum { piece_id_limit = 1024 };
