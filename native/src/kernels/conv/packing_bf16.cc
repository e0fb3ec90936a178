// conv's bfloat16 packing: per group the tiles that gemm uses, with k = kernel_h * kernel_w * channels; and scratch.
// SPDX-License-Identifier: Apache-2.0
#include "core/status.h"
#include "kernels/conv/image_f32.h"
#include "kernels/conv/windows_bf16.h"

namespace sinter {
namespace {

int64_t bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (!check_bf16_sources(sources, p.out_c, conv_k(p))) return -1;
  return p.groups * bf16_tiles_bytes(p.out_c / p.groups, conv_k(p));
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups, weight_bytes = check_bf16_sources(sources, p.out_c, k);
  const char* weights = static_cast<const char*>(sources[CONV_SOURCE_WEIGHTS].data);
  const float* bias = static_cast<const float*>(sources[CONV_SOURCE_BIAS].data);
  uint32_t* at = static_cast<uint32_t*>(out);
  for (int64_t g = 0; g < p.groups; g++, at += bf16_tiles_bytes(n, k) / 4) {
    pack_bf16_tiles(n, k, weights + g * n * k * weight_bytes, weight_bytes, bias ? bias + g * n : nullptr, at);
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef conv_op;
extern const PackingDef conv_bf16_n16k2_packing;
const PackingDef conv_bf16_n16k2_packing = {"conv_bf16_n16k2", 1, &conv_op, CONV_SOURCES, bytes, pack};

int64_t conv_bf16_avx2_scratch(const void* params, int threads) {
  return threads * window_bytes_bf16(*static_cast<const ConvParams*>(params), 6, 4);
}
int64_t conv_bf16_avx512_scratch(const void* params, int threads) {
  return image_scratch_f32(*static_cast<const ConvParams*>(params), threads, 2, false);
}
int64_t conv_bf16bf16_avx512_scratch(const void* params, int threads) {
  return image_scratch_f32(*static_cast<const ConvParams*>(params), threads, 2, true);
}

}  // namespace sinter
