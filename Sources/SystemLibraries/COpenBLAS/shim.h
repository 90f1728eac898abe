#pragma once
#include <cblas.h>
#include <openblas_config.h>

/// LAPACK's Cholesky factorisation, which OpenBLAS computes itself; matrices are stored by columns.
extern void spotrf_(const char *half, const blasint *size, float *matrix, const blasint *stride,
                    blasint *info);

// Exported by builds with run-time kernel selection (DYNAMIC_ARCH); absent from others.
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));

/// Selects the kernels again from OPENBLAS_CORETYPE. Returns 0 if this build has only one set.
static inline int openblas_select_kernels_again(void) {
  if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit) return 0;
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  return 1;
}
