#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uset.h>
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
