/* What glibc has beyond the standards and Swift's Glibc module does not show. */
#pragma once

int renameat2(
    int old_directory, const char *old_path, int new_directory, const char *new_path,
    unsigned int flags);

/* RENAME_EXCHANGE of <linux/fs.h>: both paths exist and change places. */
static const unsigned int exchange_flag = 1 << 1;
