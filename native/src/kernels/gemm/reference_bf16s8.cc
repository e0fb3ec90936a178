// gemm with activations in bfloat16, as they are or rounded on the way, and weights in int8, plainly; and the packing
// it reads. SPDX-License-Identifier: Apache-2.0
//
// Packed: bias[n], scale[n], floats, then W as it came, [n][k].
#include <string.h>

#include "core/status.h"
#include "core/workers.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/op.h"

namespace sinter {

namespace {

// In, Out: float or uint16_t (bfloat16), of A and C.
template <class In, class Out>
void reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const char* a = static_cast<const char*>(call->slots[GEMM_A]);
  const float* bias = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  const float* scale = bias + p.n;
  const int8_t* weights = reinterpret_cast<const int8_t*>(scale + p.n);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    for (int64_t n = 0; n < p.n; n++) {
      float sum = 0;  // k upwards: the order is part of the definition
      for (int64_t k = 0; k < p.k; k++) {
        In x;
        memcpy(&x, a + sizeof x * static_cast<size_t>(m * p.lda + k), sizeof x);  // A needs no alignment
        sum += bf16_operand(x) * static_cast<float>(weights[n * p.k + k]);
      }
      float y = sum * scale[n];
      y += bias[n];
      y = y < p.act_min ? p.act_min : y;  // NaN stays
      Out out;
      put_float(&out, y > p.act_max ? p.act_max : y);
      memcpy(c + sizeof out * static_cast<size_t>(m * p.ldc + n), &out, sizeof out);
    }
  });
}

}  // namespace

void gemm_weight_only_bf16_s8_reference(const Call* call) {
  reference<float, float>(call);
}
void gemm_bf16s8f32_reference(const Call* call) {
  reference<uint16_t, float>(call);
}
void gemm_f32s8bf16_reference(const Call* call) {
  reference<float, uint16_t>(call);
}
void gemm_bf16s8bf16_reference(const Call* call) {
  reference<uint16_t, uint16_t>(call);
}

namespace {

int64_t bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const int64_t n = p.n, k = p.k;
  const Source &weights = sources[GEMM_SOURCE_WEIGHTS], &bias = sources[GEMM_SOURCE_BIAS],
               &scale = sources[GEMM_SOURCE_SCALE];
  if (!weights.data || weights.bytes != n * k) {
    fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, %lld x %lld are needed", (long long)weights.bytes,
         (long long)n, (long long)k);
    return -1;
  }
  if (bias.data && bias.bytes != 4 * n) {
    fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, 4 x %lld are needed", (long long)bias.bytes, (long long)n);
    return -1;
  }
  if (!scale.data || scale.bytes != 4 * n) {
    fail(SINTER_INVALID_ARGUMENT, "scale has %lld bytes, 4 x %lld are needed", (long long)scale.bytes, (long long)n);
    return -1;
  }
  return 8 * n + n * k;
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const size_t n = static_cast<size_t>(p.n);
  char* at = static_cast<char*>(out);
  memset(at, 0, 4 * n);
  if (sources[GEMM_SOURCE_BIAS].data) memcpy(at, sources[GEMM_SOURCE_BIAS].data, 4 * n);
  memcpy(at + 4 * n, sources[GEMM_SOURCE_SCALE].data, 4 * n);
  memcpy(at + 8 * n, sources[GEMM_SOURCE_WEIGHTS].data, n * static_cast<size_t>(p.k));
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_bf16s8_plain_packing, gemm_weight_only_s8_plain_packing;
const PackingDef gemm_bf16s8_plain_packing = {"gemm_bf16s8_plain", 1, &gemm_op, GEMM_SOURCES, bytes, pack};
// The same for rows of float activations: a packing's parameters are checked as those of a row that takes it.
const PackingDef gemm_weight_only_s8_plain_packing = {
    "gemm_weight_only_s8_plain", 1, &gemm_op, GEMM_SOURCES, bytes, pack};

}  // namespace sinter
