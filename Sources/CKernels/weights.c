#include "CKernels.h"
#include "every_cpu.h"

#define INLINE static inline __attribute__((always_inline))

typedef float Lanes __attribute__((vector_size(64), aligned(4)));
typedef uint32_t Words __attribute__((vector_size(64)));
typedef uint16_t Halves __attribute__((vector_size(32), aligned(2)));
/// The bits of floats, read in place.
typedef uint32_t Bits __attribute__((may_alias));
typedef int8_t Bytes __attribute__((vector_size(16), aligned(1)));

/// The rows of `RowDots` read by turns, as streams that the processor prefetches, and the rows that
/// a combination adds at a time.
enum { STREAMS = 4, TOGETHER = 8 };

#define PICK __builtin_shufflevector
#define LOWER_HALVES(a, b) \
  PICK(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
#define UPPER_HALVES(a, b) \
  PICK(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
#define LOWER_QUARTERS(a, b) \
  PICK(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define UPPER_QUARTERS(a, b) \
  PICK(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)

/// Adds up the lanes of four rows' sums and stores the first `streams` results.
INLINE void store_dots(const Lanes *sums, const float *tails, int streams, RowDots dots, float *y,
                       long row, long distance) {
  const Lanes first = LOWER_HALVES(sums[0], sums[1]) + UPPER_HALVES(sums[0], sums[1]);
  const Lanes last = LOWER_HALVES(sums[2], sums[3]) + UPPER_HALVES(sums[2], sums[3]);
  const Lanes fours = LOWER_QUARTERS(first, last) + UPPER_QUARTERS(first, last);
  UNROLL for (int i = 0; i < streams; i++, row += distance) {
    const float pairs[2] = {fours[4 * i] + fours[4 * i + 2], fours[4 * i + 1] + fours[4 * i + 3]};
    const float sum = pairs[0] + pairs[1] + tails[i];
    const float value = dots.alpha * (dots.scales ? dots.scales[row] * sum : sum);
    y[row] = dots.beta == 0 ? value : value + dots.beta * y[row];
  }
}

#define NAMED(name) fp32##name
#define ELEMENT float
#define LOAD(w) (*(const Lanes *)(w))
#define SINGLE(w) (w)
#include "row_products.h"

static inline float float_of_bits(uint32_t bits) {
  const union {
    uint32_t bits;
    float value;
  } word = {bits};
  return word.value;
}

#define NAMED(name) bf16##name
#define ELEMENT uint16_t
#define LOAD(w) ((Lanes)(__builtin_convertvector(*(const Halves *)(w), Words) << 16))
#define SINGLE(w) float_of_bits((uint32_t)(w) << 16)
#include "row_products.h"

#define NAMED(name) int8##name
#define ELEMENT int8_t
#define LOAD(w) (__builtin_convertvector(*(const Bytes *)(w), Lanes))
#define SINGLE(w) (float)(w)
#include "row_products.h"

EVERY_CPU void add_parts(PartSum sum) {
  long i = 0;
  for (; i + LANES <= sum.columns; i += LANES) {
    Lanes total = {0}, *y = (Lanes *)(sum.y + i);
    for (long k = 0; k < sum.count; k++) total += *(const Lanes *)(sum.parts + k * sum.stride + i);
    if (sum.scales) total *= *(const Lanes *)(sum.scales + i);
    if (sum.beta == 0) *y = total;
    else *y = total + sum.beta * *y;
  }
  for (; i < sum.columns; i++) {
    float total = 0;
    for (long k = 0; k < sum.count; k++) total += sum.parts[k * sum.stride + i];
    if (sum.scales) total *= sum.scales[i];
    if (sum.beta == 0) sum.y[i] = total;
    else sum.y[i] = total + sum.beta * sum.y[i];
  }
}

EVERY_CPU void bf16_round(const float *x, long count, uint16_t *rounded) {
  const Bits *bits = (const Bits *)x;
  WIDE for (long i = 0; i < count; i++)
    rounded[i] = (uint16_t)((bits[i] + 0x7FFF + (bits[i] >> 16 & 1)) >> 16);
}

EVERY_CPU void bf16_expand(const uint16_t *rounded, long count, float *x) {
  Bits *bits = (Bits *)x;
  WIDE for (long i = 0; i < count; i++) bits[i] = (uint32_t)rounded[i] << 16;
}

EVERY_CPU float int8_round(const float *x, long count, int8_t *rounded) {
  ANY_ORDER
  // Adding 1.5·2²³ rounds to an integer and leaves it in the low bits.
  const float shifter = 12582912.0f;
  // Without signs, floats are ordered as their bits are.
  const Bits *bits = (const Bits *)x;
  uint32_t most = 0;
  WIDE for (long i = 0; i < count; i++) {
    const uint32_t size = bits[i] & 0x7FFFFFFF;
    most = size > most ? size : most;
  }
  const float largest = float_of_bits(most);
  const float inverse = largest > 0 ? 127 / largest : 0;
  WIDE for (long i = 0; i < count; i++) {
    const union {
      float value;
      int32_t bits;
    } word = {x[i] * inverse + shifter};
    rounded[i] = (int8_t)word.bits;
  }
  return largest / 127;
}

EVERY_CPU void int8_expand(const int8_t *rounded, float scale, long count, float *x) {
  WIDE for (long i = 0; i < count; i++) x[i] = (float)rounded[i] * scale;
}

/// The rows that become neighbouring columns at a time: a cache line of bytes.
enum { TRANSPOSED_ROWS = 64 };

#define TRANSPOSE(NAME, TYPE)                                                                      \
  EVERY_CPU void NAME##_transpose(const TYPE *x, long rows, long columns, long stride, TYPE *y,    \
                                  long y_stride) {                                                 \
    for (long top = 0; top < rows; top += TRANSPOSED_ROWS) {                                       \
      const long end = rows - top < TRANSPOSED_ROWS ? rows : top + TRANSPOSED_ROWS;                \
      for (long c = 0; c < columns; c++)                                                           \
        for (long r = top; r < end; r++) y[c * y_stride + r] = x[r * stride + c];                  \
    }                                                                                              \
  }

TRANSPOSE(bytes, uint8_t)
TRANSPOSE(halves, uint16_t)
TRANSPOSE(words, uint32_t)
