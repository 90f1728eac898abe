#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uregex.h>
#include <unicode/uset.h>
#include <unicode/utext.h>
#include <unicode/uvernum.h>
#include <unicode/uversion.h>

#include "converters.h"

// Macros in ICU's headers add the version to every function's name; Swift does not see macros.
// These wrappers have fixed names.

// The four normalisation forms, numbered as in Swift's `NormalizationForm`.
enum { icu_nfc = 0, icu_nfd = 1, icu_nfkc = 2, icu_nfkd = 3 };

static inline const UNormalizer2 *icu_normalizer(int form) {
  UErrorCode status = U_ZERO_ERROR;
  const UNormalizer2 *normalizer = NULL;
  switch (form) {
    case icu_nfc: normalizer = unorm2_getNFCInstance(&status); break;
    case icu_nfd: normalizer = unorm2_getNFDInstance(&status); break;
    case icu_nfkc: normalizer = unorm2_getNFKCInstance(&status); break;
    case icu_nfkd: normalizer = unorm2_getNFKDInstance(&status); break;
  }
  return U_FAILURE(status) ? NULL : normalizer;
}

// Writes the normalised text to `target` if it fits; returns its length, -1 on failure.
static inline int32_t icu_normalize(
    const UNormalizer2 *normalizer, const UChar *source, int32_t length, UChar *target,
    int32_t capacity) {
  UErrorCode status = U_ZERO_ERROR;
  int32_t needed = unorm2_normalize(normalizer, source, length, target, capacity, &status);
  return U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR ? -1 : needed;
}

// Whether a normal form leaves `scalar` alone and never joins it to the text before it.
static inline int icu_is_stable(int form, UChar32 scalar) {
  static const UProperty quick_check[] = {
      UCHAR_NFC_QUICK_CHECK, UCHAR_NFD_QUICK_CHECK, UCHAR_NFKC_QUICK_CHECK,
      UCHAR_NFKD_QUICK_CHECK};
  return u_getIntPropertyValue(scalar, quick_check[form]) == UNORM_YES
      && u_getCombiningClass(scalar) == 0;
}

// The normaliser `form` restricted to scalars assigned in Unicode `major`.`minor` or before; it
// leaves all others alone. NULL on failure. It is never closed.
static inline const UNormalizer2 *icu_filtered_normalizer(int form, int major, int minor) {
  char text[32];
  UChar pattern[32];
  int32_t length = snprintf(text, sizeof text, "[:age=%d.%d:]", major, minor);
  for (int32_t index = 0; index < length; index++) pattern[index] = (UChar)text[index];
  UErrorCode status = U_ZERO_ERROR;
  USet *set = uset_openPattern(pattern, length, &status);
  const UNormalizer2 *normalizer = icu_normalizer(form);
  if (U_FAILURE(status) || normalizer == NULL) return NULL;
  uset_freeze(set);
  normalizer = unorm2_openFiltered(normalizer, set, &status);
  return U_FAILURE(status) ? NULL : normalizer;
}

// Whether text before `scalar` is normalised as if nothing followed, and the other way round.
static inline int icu_has_boundary_before(const UNormalizer2 *normalizer, UChar32 scalar) {
  return unorm2_hasBoundaryBefore(normalizer, scalar) != 0;
}

static inline uint8_t icu_combining_class(const UNormalizer2 *normalizer, UChar32 scalar) {
  return unorm2_getCombiningClass(normalizer, scalar);
}

// Writes the full decomposition of `scalar` to `target`, which has room for 32 units; returns the
// number of units, 0 if there is no decomposition.
static inline int32_t icu_decomposition(
    const UNormalizer2 *normalizer, UChar32 scalar, UChar *target) {
  UErrorCode status = U_ZERO_ERROR;
  int32_t length = unorm2_getDecomposition(normalizer, scalar, target, 32, &status);
  return U_FAILURE(status) || length < 0 ? 0 : length;
}

// The canonical composition of two scalars; negative if there is none.
static inline UChar32 icu_composition(
    const UNormalizer2 *normalizer, UChar32 first, UChar32 second) {
  return unorm2_composePair(normalizer, first, second);
}

// A version as 256 · major + minor.
static inline int icu_packed(const UVersionInfo version) { return version[0] * 256 + version[1]; }

// The Unicode version that assigned `scalar`; 0 if it is unassigned in ICU's version.
static inline int icu_age(UChar32 scalar) {
  UVersionInfo version;
  u_charAge(scalar, version);
  return icu_packed(version);
}

// The version of the loaded library, or of its Unicode standard.
static inline int icu_version(int of_unicode) {
  UVersionInfo version;
  (of_unicode ? u_getUnicodeVersion : u_getVersion)(version);
  return icu_packed(version);
}

// Whether the general category is Mn, Mc or Me.
static inline int icu_is_mark(UChar32 scalar) { return (U_GET_GC_MASK(scalar) & U_GC_M_MASK) != 0; }

// Why a regular expression cannot be compiled.
enum { icu_regex_flaw_none = 0, icu_regex_flaw_look_behind = 1, icu_regex_flaw_other = 2 };

// The compiled expression, each match of which may take `stack_limit` bytes; NULL with a `flaw` if
// it cannot be compiled. To be closed.
static inline URegularExpression *icu_regex_open(
    const UChar *pattern, int32_t length, int32_t stack_limit, int *flaw) {
  UErrorCode status = U_ZERO_ERROR;
  URegularExpression *expression = uregex_open(pattern, length, 0, NULL, &status);
  uregex_setStackLimit(expression, stack_limit, &status);
  if (U_SUCCESS(status)) return expression;
  *flaw = status == U_REGEX_LOOK_BEHIND_LIMIT ? icu_regex_flaw_look_behind : icu_regex_flaw_other;
  uregex_close(expression);
  return NULL;
}

// A copy with a state of its own; NULL on failure. To be closed.
static inline URegularExpression *icu_regex_clone(const URegularExpression *expression) {
  UErrorCode status = U_ZERO_ERROR;
  URegularExpression *clone = uregex_clone(expression, &status);
  return U_FAILURE(status) ? NULL : clone;
}

static inline void icu_regex_close(URegularExpression *expression) { uregex_close(expression); }

// Makes `expression` one of `count` bytes of UTF-8, which have to stay; says whether that went well.
static inline int icu_regex_set_text(
    URegularExpression *expression, const uint8_t *text, int64_t count) {
  UErrorCode status = U_ZERO_ERROR;
  UText bytes = UTEXT_INITIALIZER;
  utext_openUTF8(&bytes, (const char *)text, count, &status);
  uregex_setUText(expression, &bytes, &status);
  utext_close(&bytes);
  return U_SUCCESS(status);
}

// Whether a match may go on; ICU asks every ten thousand ways that it tries.
static inline UBool icu_regex_goes_on(const void *left, int32_t steps) {
  (void)steps;
  return --*(int32_t *)left >= 0;
}

// Looks for the first match from the byte `from` on: 1 with its ends in bytes if there is one, 0 if
// there is none, and -1 if it takes too much memory or more than `limit` times ten thousand ways.
static inline int icu_regex_find(
    URegularExpression *expression, int64_t from, int32_t limit, int64_t *start, int64_t *end) {
  UErrorCode status = U_ZERO_ERROR;
  // ICU's own limit of time is for each place at which a match may begin.
  uregex_setMatchCallback(expression, icu_regex_goes_on, &limit, &status);
  UBool found = uregex_find64(expression, from, &status);
  if (U_FAILURE(status)) return -1;
  if (!found) return 0;
  *start = uregex_start64(expression, 0, &status);
  *end = uregex_end64(expression, 0, &status);
  return U_FAILURE(status) ? -1 : 1;
}
