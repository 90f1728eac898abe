#pragma once

#include "CTokenizer.h"

/// As in CKernels: a body for each kind of processor, but not for the thread sanitizer.
#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define EVERY_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_CPU
#endif

/// The longest piece that `merge_piece` takes; beyond, a heap is quicker than looking through all
/// ranks for the smallest.
enum { merge_limit = 240 };

/// Writes the tokens of the `count` bytes of `piece`, 1 to `merge_limit`; returns how many.
long merge_piece(merge_table table, const uint8_t *piece, long count, int32_t *out);
