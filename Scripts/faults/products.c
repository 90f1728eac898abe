/* Kills an unchanged program before its matrix product number FAULT_PRODUCT, counted from 1: a moment
   within a step, in which no file changes. Load it with LD_PRELOAD. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

static long fatal;
static atomic_long count;

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("FAULT_PRODUCT");
  fatal = text ? atol(text) : 0;
}

void cblas_sgemm(
    int order, int transA, int transB, int m, int n, int k, float alpha, const float *a, int lda,
    const float *b, int ldb, float beta, float *c, int ldc) {
  static _Atomic(void *) found;
  void *real = atomic_load(&found);
  if (!real) atomic_store(&found, real = dlsym(RTLD_NEXT, "cblas_sgemm"));
  if (fatal && atomic_fetch_add(&count, 1) + 1 == fatal) raise(SIGKILL);
  ((void (*)(int, int, int, int, int, int, float, const float *, int, const float *, int, float,
             float *, int))real)(
      order, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
