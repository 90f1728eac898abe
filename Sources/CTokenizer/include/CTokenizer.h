#pragma once

#include <stdint.h>

// The inner loops of encoding: GPT-2's and BERT's splits on 64 bytes at a time, and a memory of
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

/// What was found of a text by `bert_words`.
typedef struct {
  /// The number of words.
  long count;
  /// Where to go on.
  long end;
  /// Whether what begins there is, or goes on with, a character that BERT may normalise.
  int is_other;
} word_run;

/// Writes the starts and ends of words of `text`, which are a run of ASCII letters and digits or
/// one of its other visible characters, from `start` on up to one that has to be looked at.
///
/// There is room for `capacity`, at least 128.
word_run bert_words(
    const uint8_t *text, long count, long start, long *word_starts, long *word_ends,
    long capacity);

/// Pieces and their tokens, in bounded memory.
typedef struct piece_cache piece_cache;

/// A new and empty cache; NULL where there is no memory.
piece_cache *piece_cache_create(void);

/// Frees what the cache holds.
void piece_cache_destroy(piece_cache *cache);

/// Remembers that the `count` bytes of `piece`, ASCII in lower case if so asked, have the tokens
/// `ids`, at least one and at most as many as bytes.
///
/// The cache may refuse: what is not remembered is not found.
void piece_cache_insert(
    piece_cache *cache, const uint8_t *piece, long count, int lowercases, const int32_t *ids,
    long id_count);

/// What pairs of tokens merge into, as Swift's `MergeTable` has it, and the tokens of the bytes.
typedef struct {
  const uint64_t *slots;
  uint64_t mask;
  const uint64_t *filter;
  uint64_t filter_shift;
  const int32_t *byte_ids;
} merge_table;

/// The longest piece that `merge_piece` takes; beyond, a heap is quicker than looking through all
/// ranks for the smallest.
enum { merge_limit = 240 };

/// Writes the tokens of the `count` bytes of `piece`, 1 to `merge_limit`, to `out`, which has room
/// for as many; returns how many there are.
long merge_piece(merge_table table, const uint8_t *piece, long count, int32_t *out);

/// The pieces `starts[i]` to `ends[i]`, not empty, of `count` bytes of `text`; where they are
/// `lowercased`, they are ASCII and taken in lower case.
typedef struct {
  const uint8_t *text;
  long count;
  const long *starts, *ends;
  long piece_count;
  int lowercased;
} pieces;

/// How many pieces were done and how many tokens they have.
typedef struct { long piece_count, id_count; } encoded_pieces;

/// No piece needs more room for its tokens than one id for each byte and these.
enum { spare_ids = 3 };

/// Writes the tokens of pieces to `ids`, which has room for as many as there are bytes from the
/// start of the first piece to the end of the last and for `spare_ids`.
///
/// Pieces that are not remembered are merged by `merges` and remembered. It stops at one that is
/// too long for that, and at every one that is not remembered where `merges` has no slots.
encoded_pieces piece_cache_encode(
    piece_cache *cache, merge_table merges, pieces pieces, int32_t *ids);
