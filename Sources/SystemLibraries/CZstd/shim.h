#pragma once
// For the mode below, which Swift does not see as the macro that zstd makes it.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

static const ZSTD_cParameter literal_compression_mode = ZSTD_c_literalCompressionMode;
