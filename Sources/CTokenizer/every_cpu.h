#pragma once

#include "CTokenizer.h"

/// As in CKernels: a body for each kind of processor, but not for the thread sanitizer.
#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define EVERY_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EVERY_CPU
#endif
