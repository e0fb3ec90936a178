// gemm of float activations and int8 weights with a scale per block of k: packing and the plain row.
// SPDX-License-Identifier: Apache-2.0
//
// Packed: float scale[n][k / block], float bias[n], then the weights [n][k].
#pragma GCC optimize("O3")  // -O2 leaves the sums scalar
#include <string.h>

#include "core/status.h"
#include "core/workers.h"
#include "kernels/gemm/dynamic_images.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

int64_t scales_of(const GemmParams& p) {
  return int64_t{p.n} * (p.k / p.block);
}

int64_t packed_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (p.block < 1 || p.k % p.block != 0) {
    fail(SINTER_INVALID_ARGUMENT, "gemm: blocks of %d for k %d", p.block, p.k);
    return -1;
  }
  const int64_t weights = int64_t{p.n} * p.k, scales = 4 * scales_of(p);
  const Source &w = sources[GEMM_SOURCE_WEIGHTS], &bias = sources[GEMM_SOURCE_BIAS],
               &scale = sources[GEMM_SOURCE_SCALE];
  if (!w.data || w.bytes != weights || !scale.data || scale.bytes != scales ||
      (bias.data ? bias.bytes != int64_t{4} * p.n : bias.bytes != 0)) {
    fail(SINTER_INVALID_ARGUMENT, "gemm: weights of %lld, bias of %lld, scales of %lld bytes for %dx%d in blocks of %d",
         (long long)w.bytes, (long long)bias.bytes, (long long)scale.bytes, p.n, p.k, p.block);
    return -1;
  }
  return scales + 4 * int64_t{p.n} + weights;
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  char* at = static_cast<char*>(out);
  const size_t scales = static_cast<size_t>(4 * scales_of(p)), bias = 4 * static_cast<size_t>(p.n);
  memcpy(at, sources[GEMM_SOURCE_SCALE].data, scales);
  memset(at + scales, 0, bias);
  if (sources[GEMM_SOURCE_BIAS].data) memcpy(at + scales, sources[GEMM_SOURCE_BIAS].data, bias);
  memcpy(at + scales + bias, sources[GEMM_SOURCE_WEIGHTS].data, static_cast<size_t>(int64_t{p.n} * p.k));
  return SINTER_OK;
}

inline int32_t dot(const int16_t* a, const int8_t* w, int64_t count) {
  int32_t sum = 0;
  for (int64_t i = 0; i < count; i++) sum += a[i] * w[i];
  return sum;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_f32s8_blocks_packing;
const PackingDef gemm_f32s8_blocks_packing = {"gemm_f32s8_blocks", 1, &gemm_op, GEMM_SOURCES, packed_bytes, pack};

int64_t gemm_f32s8_blocks_scratch(const void* params, int) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return dynamic_round_up(p.m * static_cast<int64_t>(sizeof(DynamicRange))) + dynamic_round_up(2 * int64_t{p.m} * p.k);
}

void gemm_f32s8f32_blocks(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[GEMM_A]);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  const int64_t blocks = p.k / p.block;
  const float* scale = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  const float* bias = scale + p.n * blocks;
  const int8_t* weights = reinterpret_cast<const int8_t*>(bias + p.n);
  DynamicRange* ranges = static_cast<DynamicRange*>(call->scratch);
  int16_t* values = reinterpret_cast<int16_t*>(static_cast<char*>(call->scratch) +
                                               dynamic_round_up(p.m * static_cast<int64_t>(sizeof(DynamicRange))));
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    float low, high;
    DynamicPlain::extremes(a + m * p.lda, p.k, &low, &high);
    ranges[m] = dynamic_range(low, high, p.dynamic);
    DynamicPlain::quantize(a + m * p.lda, p.k, ranges[m], values + m * p.k);
  });
  parallel_for(call->workers, p.n, [&](int64_t n, int) {
    for (int64_t m = 0; m < p.m; m++) {
      float y = 0.0f;
      for (int64_t b = 0; b < blocks; b++) {
        const int32_t sum = dot(values + m * p.k + b * p.block, weights + n * p.k + b * p.block, p.block);
        y = fmaf(static_cast<float>(sum), scale[n * blocks + b], y);
      }
      y = dynamic_bounded(y * ranges[m].inverse + bias[n], p.act_min, p.act_max);
      memcpy(c + 4 * (m * p.ldc + n), &y, 4);
    }
  });
}

}  // namespace sinter
