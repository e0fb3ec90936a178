// Packs weights as bfloat16 into tiles of columns; gemm's bfloat16 packing and scratch.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_bf16.h"

#include <string.h>

#include "core/status.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/op.h"

namespace sinter {

namespace {

uint32_t weight_at(const void* weights, int64_t weight_bytes, int64_t index) {
  if (weight_bytes == 4) {
    float value;
    memcpy(&value, static_cast<const char*>(weights) + index * 4, 4);  // sources may be unaligned
    return bf16_from_float(value);
  }
  uint16_t value;
  memcpy(&value, static_cast<const char*>(weights) + index * 2, 2);
  return bf16_from_float(bf16_to_float(value));  // a denormal becomes 0
}

}  // namespace

void pack_bf16_tiles(int64_t n, int64_t k, const void* weights, int64_t weight_bytes, const float* bias,
                     uint32_t* out) {
  memset(out, 0, static_cast<size_t>(bf16_tiles_bytes(n, k)));
  for (int64_t n0 = 0; n0 < n; n0 += 16, out += bf16_tile_words(k)) {
    for (int64_t j = 0; j < 16 && n0 + j < n; j++) {
      if (bias) memcpy(&out[j], bias + n0 + j, 4);
      for (int64_t i = 0; i < k; i++) {
        out[(1 + i / 2) * 16 + j] |= weight_at(weights, weight_bytes, (n0 + j) * k + i) << (i % 2 * 16);
      }
    }
  }
}

int64_t check_bf16_sources(const Source* sources, int64_t n, int64_t k) {
  const Source& weights = sources[GEMM_SOURCE_WEIGHTS];
  const Source& bias = sources[GEMM_SOURCE_BIAS];
  const bool floats = weights.bytes == 4 * n * k;
  if (!weights.data || (!floats && weights.bytes != 2 * n * k)) {
    fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, 4 (float) or 2 (bfloat16) x %lld x %lld are needed",
         (long long)weights.bytes, (long long)n, (long long)k);
    return 0;
  }
  if (bias.data && bias.bytes != 4 * n) {
    fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, 4 x %lld are needed", (long long)bias.bytes, (long long)n);
    return 0;
  }
  return floats ? 4 : 2;
}

namespace {

int64_t bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_bf16_sources(sources, p.n, p.k) ? bf16_tiles_bytes(p.n, p.k) : -1;
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_bf16_tiles(p.n, p.k, sources[GEMM_SOURCE_WEIGHTS].data, check_bf16_sources(sources, p.n, p.k),
                  static_cast<const float*>(sources[GEMM_SOURCE_BIAS].data), static_cast<uint32_t*>(out));
  return SINTER_OK;
}

int64_t scratch(const void* params, int threads, int mr, int value_bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return threads * bf16_panel_bytes(p.k, bf16_panel_rows(p.k, mr, value_bytes), value_bytes);
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_bf16_n16k2_packing;
const PackingDef gemm_bf16_n16k2_packing = {"gemm_bf16_n16k2", 1, &gemm_op, GEMM_SOURCES, bytes, pack};

int64_t gemm_f32bf16_amx_scratch(const void* params, int threads) {
  return threads * amx_bf16_panel(static_cast<const GemmParams*>(params)->k, true).bytes;
}
int64_t gemm_bf16bf16_amx_scratch(const void* params, int threads) {
  return threads * amx_bf16_panel(static_cast<const GemmParams*>(params)->k, false).bytes;
}
int64_t gemm_bf16_avx2_scratch(const void* params, int threads) {
  return scratch(params, threads, 6, 4);
}
int64_t gemm_bf16_avx512_scratch(const void* params, int threads) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return threads * bf16_block_bytes(p.n, p.k, 4);
}
int64_t gemm_bf16_avx512_short_scratch(const void* params, int threads) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return threads * bf16_block_bytes(p.n, p.k, 2);
}

}  // namespace sinter
