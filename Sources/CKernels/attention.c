#include "attention.h"

#include "CKernels.h"
#include "attention_scratch.h"
#include "panels.h"

#if defined(__x86_64__)
#define NAMED(name) avx512_##name
#define TARGET AVX512
#define TARGET_INLINE INLINE
#define VECTOR 16
#define ROWS 8
#include "attention_fp32.h"
#endif

#define NAMED(name) any_##name
#define TARGET OTHER_CPU
#define TARGET_INLINE static inline __attribute__((always_inline))
#define VECTOR 8
#define ROWS 4
#include "attention_fp32.h"

void attention_forward(AttentionHead head, AttentionOutput output) {
#if defined(__x86_64__)
  if (!head.is_portable && __builtin_cpu_supports("x86-64-v4")) return avx512_forward(head, output);
#endif
  any_forward(head, output);
}

void attention_backward(AttentionHead head, AttentionGradients gradients) {
#if defined(__x86_64__)
  if (!head.is_portable && __builtin_cpu_supports("x86-64-v4"))
    return avx512_backward(head, gradients);
#endif
  any_backward(head, gradients);
}

long attention_scratch_size(long queries, long keys, long width) {
  const AttentionHead head = {.queries = queries, .keys = keys, .width = width};
  Scratch scratch;
  return divide_scratch(&head, &scratch);
}
