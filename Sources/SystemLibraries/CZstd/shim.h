#pragma once
// For the parameter below, a macro in zstd, which Swift does not see.
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

static const ZSTD_cParameter literal_compression_mode = ZSTD_c_literalCompressionMode;
