#pragma once

/// Compiles a function for AVX-512, AVX2 and SSE2; the body for the processor is chosen when the
/// program is loaded. Without the width the compiler prefers vectors of half the size.
///
/// The choice comes before the thread sanitizer is ready to watch it, which ends a program.
///
/// OTHER_CPU is without AVX-512, for what has a body of its own there.
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
