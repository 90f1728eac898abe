#pragma once
#include <stdint.h>
#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ucsdet.h>

// A converter from the encoding `name`, which stops at bytes that are none of its; NULL if ICU
// knows no such encoding.
static inline UConverter *icu_open_converter(const char *name) {
  UErrorCode status = U_ZERO_ERROR;
  UConverter *converter = ucnv_open(name, &status);
  if (U_FAILURE(status)) return NULL;
  ucnv_setToUCallBack(converter, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
  return converter;
}

static inline void icu_close_converter(UConverter *converter) { ucnv_close(converter); }

// The bytes that were read, the UTF-16 units that they became, and whether the last of them are
// none of the encoding.
struct icu_conversion {
  int32_t read;
  int32_t written;
  int stopped;
};

// Converts as much of `source` as fits into `target`; the converter keeps the beginning of a
// character that is not whole, which is wrong in the last call.
static inline struct icu_conversion icu_convert(
    UConverter *converter, const char *source, int32_t count, UChar *target, int32_t capacity,
    int is_last) {
  UErrorCode status = U_ZERO_ERROR;
  const char *from = source;
  UChar *to = target;
  ucnv_toUnicode(
      converter, &to, target + capacity, &from, source + count, NULL, (UBool)is_last, &status);
  int stopped = U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR;
  return (struct icu_conversion){(int32_t)(from - source), (int32_t)(to - target), stopped};
}

// Writes the name of the likeliest encoding of `text` to `name`; returns a confidence of 0 to 100.
static inline int32_t icu_detect(
    const char *text, int32_t count, char *name, int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  int32_t confidence = 0;
  UCharsetDetector *detector = ucsdet_open(&status);
  ucsdet_setText(detector, text, count, &status);
  const UCharsetMatch *match = ucsdet_detect(detector, &status);
  if (U_SUCCESS(status) && match != NULL) {
    const char *found = ucsdet_getName(match, &status);
    confidence = ucsdet_getConfidence(match, &status);
    if (U_FAILURE(status) || strlen(found) >= (size_t)capacity) confidence = 0;
    else strcpy(name, found);
  }
  ucsdet_close(detector);
  return U_SUCCESS(status) ? confidence : 0;
}
