/* Functions of glibc and the processor that Swift's Glibc module lacks. */
#pragma once

int renameat2(
    int old_directory, const char *old_path, int new_directory, const char *new_path,
    unsigned int flags);

/* RENAME_EXCHANGE of <linux/fs.h>: both paths exist and swap names. */
static const unsigned int exchange_flag = 1 << 1;

/* Tells the processor that a loop waits. */
static inline void spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
