// conv's float packings, of floats and of halves: per group the tiles that gemm uses, with k = kernel_h * kernel_w *
// channels. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_f32.h"

#include "core/status.h"
#include "kernels/conv/image_f32.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {
namespace {

template <int WEIGHT_BYTES>
int64_t bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_f32_sources(sources, p.out_c, conv_k(p), WEIGHT_BYTES) != SINTER_OK) return -1;
  return p.groups * f32_tiles_bytes(16, p.out_c / p.groups, conv_k(p));
}

template <int WEIGHT_BYTES>
sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups;
  const char* weights = static_cast<const char*>(sources[CONV_SOURCE_WEIGHTS].data);
  const float* bias = static_cast<const float*>(sources[CONV_SOURCE_BIAS].data);
  float* at = static_cast<float*>(out);
  for (int64_t g = 0; g < p.groups; g++, at += f32_tiles_bytes(16, n, k) / 4) {
    pack_f32_tiles(16, n, k, weights + g * n * k * WEIGHT_BYTES, WEIGHT_BYTES, bias ? bias + g * n : nullptr, at);
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef conv_op;
extern const PackingDef conv_f32_n16_packing, conv_f16_wide_n16_packing;
const PackingDef conv_f32_n16_packing = {"conv_f32_n16", 1, &conv_op, CONV_SOURCES, bytes<4>, pack<4>};
const PackingDef conv_f16_wide_n16_packing = {"conv_f16_wide_n16", 1, &conv_op, CONV_SOURCES, bytes<2>, pack<2>};

int64_t conv_f32_scratch(const void* params, int threads) {
  return image_scratch_f32(*static_cast<const ConvParams*>(params), threads, 4, true);
}

}  // namespace sinter
