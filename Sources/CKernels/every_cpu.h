#pragma once

/// Compiles a function for AVX-512, AVX2 and SSE2; the loader picks the body for the processor.
/// Without the minimum width the compiler prefers vectors of half the size.
///
/// The loader picks before the thread sanitizer has started, and a sanitized program would crash.
///
/// OTHER_CPU leaves AVX-512 out, for functions with a body of their own there.
#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define OTHER_CPU __attribute__((target_clones("arch=x86-64-v3", "default")))
#define EVERY_CPU                                                                   \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), min_vector_width(512)))
#else
#define OTHER_CPU
#define EVERY_CPU
#endif

#define ANY_ORDER _Pragma("clang fp reassociate(on) contract(fast)")
#define WIDE _Pragma("clang loop vectorize_width(16) interleave_count(2)")
#define BY_LANES _Pragma("clang loop vectorize_width(16) interleave_count(1)")
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 16 };
