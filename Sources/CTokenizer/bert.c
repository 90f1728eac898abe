#include "blocks.h"

/// What a block of text is to BERT's splitter.
typedef struct {
  /// Letters and digits of ASCII, its punctuation, and what is neither that nor white space.
  uint64_t word, mark, other;
} block;

static inline __attribute__((always_inline)) block classify(const uint8_t *text, long left) {
  bytes64 v;
  load_block(text, left, &v);
  const uint64_t valid = left < 64 ? (1ull << left) - 1 : ~0ull;
  uint64_t letter, digit, visible, blank, tab, carriage_return;
  BITS((v | 0x20) - 'a' < 26, letter);
  BITS(v - '0' < 10, digit);
  BITS(v - '!' < 0x5E, visible);
  BITS(v == ' ', blank);
  BITS(v - '\t' < 2, tab);
  BITS(v == '\r', carriage_return);
  block b = {.word = (letter | digit) & valid};
  b.mark = visible & ~b.word & valid;
  b.other = valid & ~(visible | blank | tab | carriage_return);
  return b;
}

EVERY_CPU word_run bert_words(
    const uint8_t *text, long count, long start, long *word_starts, long *word_ends,
    long capacity) {
  long begun = 0, ended = 0, base = start;
  // Whether the last byte of the block before was of a word, and whether it was a mark.
  uint64_t in_word = 0, after_mark = 0, other = 0;
  while (base < count && !other && begun + 65 <= capacity) {
    const long left = count - base;
    const block b = classify(text + base, left);
    other = b.other;
    const uint64_t place = other & -other;
    // Up to the first other character; a mark before it ends there, a word goes on with it.
    const uint64_t before = place - 1, up_to = before | place;
    const uint64_t starts = (b.word & ~(b.word << 1 | in_word)) | b.mark;
    const uint64_t ends =
        (((b.word << 1 | in_word) & ~b.word) & before) | ((b.mark << 1 | after_mark) & up_to);
    begun += write_places(starts & before, base, word_starts + begun);
    ended += write_places(ends, base, word_ends + ended);
    in_word = b.word >> 63;
    after_mark = b.mark >> 63;
    base += other ? __builtin_ctzll(other) : left < 64 ? left : 64;
  }
  word_run run = {.count = ended, .end = base, .is_other = other != 0};
  if (begun == ended) return run;
  if (other || (base < count && !after_mark)) {
    run.end = word_starts[begun - 1];
  } else {
    word_ends[ended] = base;
    run.count = begun;
  }
  return run;
}
