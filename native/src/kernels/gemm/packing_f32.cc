// Packs float weights into tiles of columns; gemm's float packings.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_f32.h"

#include <string.h>

#include "core/status.h"
#include "kernels/gemm/half.h"
#include "kernels/gemm/op.h"

namespace sinter {

namespace {

// weight(i): the i-th weight.
template <class F>
void pack_tiles(int nr, int64_t n, int64_t k, const F& weight, const float* bias, float* out) {
  memset(out, 0, static_cast<size_t>(f32_tiles_bytes(nr, n, k)));
  for (int64_t n0 = 0; n0 < n; n0 += nr, out += f32_tile_floats(nr, k)) {
    for (int64_t j = 0; j < nr && n0 + j < n; j++) {
      out[j] = 0;
      if (bias) memcpy(&out[j], bias + n0 + j, 4);  // sources may be unaligned
      for (int64_t i = 0; i < k; i++) out[(i + 1) * nr + j] = weight((n0 + j) * k + i);
    }
  }
}

}  // namespace

void pack_f32_tiles(int nr, int64_t n, int64_t k, const void* weights, int weight_bytes, const float* bias,
                    float* out) {
  if (weight_bytes == 2) {
    pack_tiles(nr, n, k, [&](int64_t i) { return half_at(weights, i); }, bias, out);
    return;
  }
  const auto weight = [&](int64_t i) {
    float value;
    memcpy(&value, static_cast<const char*>(weights) + 4 * i, 4);
    return value;
  };
  pack_tiles(nr, n, k, weight, bias, out);
}

sinter_status check_f32_sources(const Source* sources, int64_t n, int64_t k, int weight_bytes) {
  const Source& weights = sources[GEMM_SOURCE_WEIGHTS];
  const Source& bias = sources[GEMM_SOURCE_BIAS];
  if (!weights.data || weights.bytes != weight_bytes * n * k) {
    return fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, %d x %lld x %lld are needed",
                (long long)weights.bytes, weight_bytes, (long long)n, (long long)k);
  }
  const int64_t scales = weight_bytes == 2 ? sources[GEMM_SOURCE_SCALE].bytes : 0;
  if (scales != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "weights in half precision have no scales, %lld bytes are given",
                (long long)scales);
  }
  if (bias.data && bias.bytes != 4 * n) {
    return fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, 4 x %lld are needed", (long long)bias.bytes,
                (long long)n);
  }
  return SINTER_OK;
}

namespace {

template <int NR, int WEIGHT_BYTES>
int64_t bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_f32_sources(sources, p.n, p.k, WEIGHT_BYTES) == SINTER_OK ? f32_tiles_bytes(NR, p.n, p.k) : -1;
}

template <int NR, int WEIGHT_BYTES>
sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_f32_tiles(NR, p.n, p.k, sources[GEMM_SOURCE_WEIGHTS].data, WEIGHT_BYTES,
                 static_cast<const float*>(sources[GEMM_SOURCE_BIAS].data), static_cast<float*>(out));
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_f32_n16_packing, gemm_f16_wide_n16_packing;
const PackingDef gemm_f32_n16_packing = {"gemm_f32_n16", 1, &gemm_op, GEMM_SOURCES, bytes<16, 4>, pack<16, 4>};
const PackingDef gemm_f16_wide_n16_packing = {"gemm_f16_wide_n16", 1,          &gemm_op, GEMM_SOURCES,
                                              bytes<16, 2>,        pack<16, 2>};

}  // namespace sinter
