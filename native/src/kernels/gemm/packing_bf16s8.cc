// gemm's packing of int8 weights widened to bfloat16, and the scratch of the rows that multiply in bfloat16 by int8
// weights with AMX.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_bf16s8.h"

#include <string.h>

#include "kernels/gemm/bf16.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_weight_only.h"

namespace sinter {

void pack_bf16s8_tiles(int64_t n, int64_t k, const void* weights, const void* bias, const void* scale, uint32_t* out) {
  const int8_t* w = static_cast<const int8_t*>(weights);
  memset(out, 0, static_cast<size_t>(bf16s8_tiles_bytes(n, k)));
  for (int64_t n0 = 0; n0 < n; n0 += 16, out += bf16s8_tile_words(k)) {
    const int64_t count = n - n0 < 16 ? n - n0 : 16;
    if (bias) memcpy(out, static_cast<const char*>(bias) + 4 * n0, static_cast<size_t>(4 * count));
    memcpy(out + 16, static_cast<const char*>(scale) + 4 * n0, static_cast<size_t>(4 * count));
    for (int64_t j = 0; j < count; j++) {
      for (int64_t i = 0; i < k; i++) {
        const uint32_t value = bf16_from_float(static_cast<float>(w[(n0 + j) * k + i]));
        out[BF16S8_HEADER_WORDS + i / 2 * 16 + j] |= value << (i % 2 * 16);
      }
    }
  }
}

namespace {

int64_t bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_stored_sources(p, sources, 1) ? bf16s8_tiles_bytes(p.n, p.k) : -1;
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_bf16s8_tiles(p.n, p.k, sources[GEMM_SOURCE_WEIGHTS].data, sources[GEMM_SOURCE_BIAS].data,
                    sources[GEMM_SOURCE_SCALE].data, static_cast<uint32_t*>(out));
  return SINTER_OK;
}

int64_t amx_scratch(const void* params, int threads, bool rounded) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return threads * (amx_bf16_panel(p.k, rounded).bytes + widened_columns_bytes(p.n, p.k));
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_bf16s8_wide_n16k2_packing;
const PackingDef gemm_bf16s8_wide_n16k2_packing = {"gemm_bf16s8_wide_n16k2", 1, &gemm_op, GEMM_SOURCES, bytes, pack};

int64_t gemm_bf16s8_amx_scratch(const void* params, int threads) {
  return amx_scratch(params, threads, true);
}
int64_t gemm_bf16s8_short_amx_scratch(const void* params, int threads) {
  return amx_scratch(params, threads, false);
}

}  // namespace sinter
