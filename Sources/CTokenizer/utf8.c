#include "merge.h"

#include <string.h>

/// The length of the character at `text`, of which `left` bytes are there; 0 where there is none.
static inline long character_length(const uint8_t *text, long left) {
  const uint8_t lead = text[0];
  if (lead < 0x80) return 1;
  const long length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (!length || length > left) return 0;
  const uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (text[1] < low || text[1] > high) return 0;
  for (long i = 2; i < length; i++)
    if ((text[i] & 0xC0) != 0x80) return 0;
  return length;
}

EVERY_CPU int is_utf8(const uint8_t *text, long count) {
  long position = 0;
  while (position < count) {
    while (position + 64 <= count) {
      uint8_t all = 0;
      for (long i = 0; i < 64; i++) all |= text[position + i];
      if (all & 0x80) break;
      position += 64;
    }
    const long end = position + 64 < count ? position + 64 : count;
    while (position < end) {
      const long length = character_length(text + position, count - position);
      if (!length) return 0;
      position += length;
    }
  }
  return 1;
}
