#pragma once

static inline long least(long a, long b) { return a < b ? a : b; }

/// `count` rounded up to a multiple of `part`, for `count` of 0 or more.
static inline long round_up(long count, long part) { return (count + part - 1) / part * part; }
