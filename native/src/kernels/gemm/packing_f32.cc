// Packs float weights into tiles of columns; gemm's float packings.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_f32.h"

#include <string.h>

#include "core/status.h"
#include "kernels/gemm/op.h"

namespace sinter {

void pack_f32_tiles(int nr, int64_t n, int64_t k, const float* weights, const float* bias, float* out) {
  memset(out, 0, static_cast<size_t>(f32_tiles_bytes(nr, n, k)));
  for (int64_t n0 = 0; n0 < n; n0 += nr, out += f32_tile_floats(nr, k)) {
    for (int64_t j = 0; j < nr && n0 + j < n; j++) {
      out[j] = 0;
      if (bias) memcpy(&out[j], bias + n0 + j, 4);  // sources may be unaligned
      for (int64_t i = 0; i < k; i++) memcpy(&out[(i + 1) * nr + j], weights + (n0 + j) * k + i, 4);
    }
  }
}

sinter_status check_f32_sources(const Source* sources, int64_t n, int64_t k) {
  const Source& weights = sources[GEMM_SOURCE_WEIGHTS];
  const Source& bias = sources[GEMM_SOURCE_BIAS];
  if (!weights.data || weights.bytes != 4 * n * k) {
    return fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, 4 x %lld x %lld are needed",
                (long long)weights.bytes, (long long)n, (long long)k);
  }
  if (bias.data && bias.bytes != 4 * n) {
    return fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, 4 x %lld are needed", (long long)bias.bytes,
                (long long)n);
  }
  return SINTER_OK;
}

namespace {

template <int NR>
int64_t bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_f32_sources(sources, p.n, p.k) == SINTER_OK ? f32_tiles_bytes(NR, p.n, p.k) : -1;
}

template <int NR>
sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_f32_tiles(NR, p.n, p.k, static_cast<const float*>(sources[GEMM_SOURCE_WEIGHTS].data),
                 static_cast<const float*>(sources[GEMM_SOURCE_BIAS].data), static_cast<float*>(out));
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_f32_n16_packing;
const PackingDef gemm_f32_n16_packing = {"gemm_f32_n16", 1, &gemm_op, GEMM_SOURCES, bytes<16>, pack<16>};

}  // namespace sinter
