// Packs int8 weights for int16 activations; gemm's packings of them.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_s16.h"

#include <string.h>

#include "core/status.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {

sinter_status check_s16_sources(const Source* sources, int64_t n, int64_t k, int32_t how) {
  const Source& weights = sources[GEMM_SOURCE_WEIGHTS];
  const Source& bias = sources[GEMM_SOURCE_BIAS];
  const Source& scale = sources[GEMM_SOURCE_SCALE];
  if (!weights.data || weights.bytes != n * k) {
    return fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, %lld x %lld are needed", (long long)weights.bytes,
                (long long)n, (long long)k);
  }
  const int64_t element = how & 1 ? 4 : 8;
  if (bias.data && bias.bytes != element * n) {
    return fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, %lld x %lld are needed", (long long)bias.bytes,
                (long long)element, (long long)n);
  }
  if (!scale.data || scale.bytes != 8 * n) {
    return fail(SINTER_INVALID_ARGUMENT, "scale has %lld bytes, 8 x %lld are needed", (long long)scale.bytes,
                (long long)n);
  }
  for (int64_t i = 0; i < n; i++) {
    double value;
    memcpy(&value, static_cast<const char*>(scale.data) + 8 * i, 8);
    if (!(value > 0 && value < 16384)) {
      return fail(SINTER_INVALID_ARGUMENT, "scale %lld is %g; it must be positive and below 2^14", (long long)i, value);
    }
  }
  return SINTER_OK;
}

void pack_s16_columns(const Source* sources, int64_t first, int64_t count, int64_t room, int32_t how, void* out) {
  const Columns16 c = columns16(out, room);
  memset(out, 0, static_cast<size_t>(room * S16_COLUMN_BYTES));
  const char* bias = static_cast<const char*>(sources[GEMM_SOURCE_BIAS].data);
  for (int64_t i = 0; i < count; i++) {
    int64_t value = 0;
    if (bias && (how & 1)) {
      int32_t narrow;
      memcpy(&narrow, bias + 4 * (first + i), 4);
      value = narrow;
    } else if (bias) {
      memcpy(&value, bias + 8 * (first + i), 8);
    }
    double scale;
    memcpy(&scale, static_cast<const char*>(sources[GEMM_SOURCE_SCALE].data) + 8 * (first + i), 8);
    const FixedFactor factor = fixed_factor(scale);
    const_cast<int64_t*>(c.bias)[i] = value;
    const_cast<double*>(c.scale)[i] = scale;
    const_cast<int32_t*>(c.multiplier)[i] = factor.mantissa;
    const_cast<int32_t*>(c.shift)[i] = factor.shift;
  }
}

void pack_s16_tiles(const Source* sources, int64_t first, int64_t n, int64_t k, int32_t how, char* out) {
  const int8_t* weights = static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data);
  memset(out, 0, static_cast<size_t>(s16_tiles_bytes(n, k)));
  for (int64_t n0 = 0; n0 < n; n0 += S16_TILE_COLUMNS, out += s16_tile_bytes(k)) {
    const int64_t count = n - n0 < S16_TILE_COLUMNS ? n - n0 : S16_TILE_COLUMNS;
    pack_s16_columns(sources, first + n0, count, S16_TILE_COLUMNS, how, out);
    char* tile = out + s16_tile_header_bytes;
    for (int64_t j = 0; j < count; j++) {
      const int8_t* column = weights + (first + n0 + j) * k;
      for (int64_t i = 0; i < k; i++) tile[(i / 2 * S16_TILE_COLUMNS + j) * 2 + i % 2] = static_cast<char>(column[i]);
    }
  }
}

namespace {

int64_t tiles_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s16_sources(sources, p.n, p.k, p.requantization) != SINTER_OK) return -1;
  return s16_tiles_bytes(p.n, p.k);
}

sinter_status tiles_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_s16_tiles(sources, 0, p.n, p.k, p.requantization, static_cast<char*>(out));
  return SINTER_OK;
}

int64_t plain_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s16_sources(sources, p.n, p.k, p.requantization) != SINTER_OK) return -1;
  return s16_plain_bytes(p.n, p.k);
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_s16_columns(sources, 0, p.n, p.n, p.requantization, out);
  memcpy(static_cast<char*>(out) + S16_COLUMN_BYTES * p.n, sources[GEMM_SOURCE_WEIGHTS].data,
         static_cast<size_t>(int64_t{p.n} * p.k));
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_s16s8_plain_packing, gemm_s16s8_n16k2_packing;
const PackingDef gemm_s16s8_plain_packing = {"gemm_s16s8_plain", 1, &gemm_op, GEMM_SOURCES, plain_bytes, plain_pack};
const PackingDef gemm_s16s8_n16k2_packing = {"gemm_s16s8_n16k2", 1, &gemm_op, GEMM_SOURCES, tiles_bytes, tiles_pack};

}  // namespace sinter
