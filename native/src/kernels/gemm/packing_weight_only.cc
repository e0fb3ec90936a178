// gemm's packings of int8 and half precision weights for products in float, and their plain rows.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_weight_only.h"

#include <string.h>

#include "core/status.h"
#include "core/workers.h"
#include "kernels/gemm/digits.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/half.h"
#include "kernels/gemm/op.h"

namespace sinter {

bool check_stored_sources(const GemmParams& p, const Source* sources, int64_t element) {
  const int64_t n = p.n, weights = n * p.k * element, scales = element == 1 ? 4 * n : 0;
  const Source &w = sources[GEMM_SOURCE_WEIGHTS], &bias = sources[GEMM_SOURCE_BIAS],
               &scale = sources[GEMM_SOURCE_SCALE];
  if (w.data && w.bytes == weights && scale.bytes == scales && (scale.data != nullptr) == (scales > 0) &&
      (bias.data ? bias.bytes == 4 * n : bias.bytes == 0)) {
    return true;
  }
  fail(SINTER_INVALID_ARGUMENT,
       "gemm: weights of %lld, bias of %lld, scales of %lld bytes for %dx%d; weights of %lld, bias of %lld or none and "
       "scales of %lld bytes are needed",
       (long long)w.bytes, (long long)bias.bytes, (long long)scale.bytes, p.n, p.k, (long long)weights,
       (long long)(4 * n), (long long)scales);
  return false;
}

namespace {

template <int ELEMENT>
int64_t tiles_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_stored_sources(p, sources, ELEMENT) ? weight_only_bytes(p.n, p.k, ELEMENT) : -1;
}

template <int ELEMENT>
sinter_status tiles_pack(const void* params, const Source* sources, void* out, int64_t out_bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const int64_t n = p.n, k = p.k;
  const char* weights = static_cast<const char*>(sources[GEMM_SOURCE_WEIGHTS].data);
  const char* bias = static_cast<const char*>(sources[GEMM_SOURCE_BIAS].data);
  const char* scale = static_cast<const char*>(sources[GEMM_SOURCE_SCALE].data);
  char* tile = static_cast<char*>(out);
  memset(tile, 0, static_cast<size_t>(out_bytes));
  for (int64_t n0 = 0; n0 < n; n0 += WEIGHT_ONLY_COLUMNS) {
    const int64_t width = s4_tile_width(n, n0), count = n - n0 < width ? n - n0 : width;
    char* rows = tile + weight_only_header_bytes(width);
    for (int64_t j = 0; j < count; j++) {
      const float one = 1.0f;
      if (bias) memcpy(tile + 4 * j, bias + 4 * (n0 + j), 4);
      memcpy(tile + 4 * (width + j), scale ? scale + 4 * (n0 + j) : reinterpret_cast<const char*>(&one), 4);
      const char* column = weights + (n0 + j) * k * ELEMENT;
      for (int64_t i = 0; i < k; i++) memcpy(rows + (i * width + j) * ELEMENT, column + i * ELEMENT, ELEMENT);
    }
    tile += weight_only_tile_bytes(width, k, ELEMENT);
  }
  return SINTER_OK;
}

int64_t plain_f16_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_stored_sources(p, sources, 2) ? 4 * int64_t{p.n} + 2 * int64_t{p.n} * p.k : -1;
}
sinter_status plain_f16_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  char* at = static_cast<char*>(out);
  const size_t bias = 4 * static_cast<size_t>(p.n);
  memset(at, 0, bias);
  if (sources[GEMM_SOURCE_BIAS].data) memcpy(at, sources[GEMM_SOURCE_BIAS].data, bias);
  memcpy(at + bias, sources[GEMM_SOURCE_WEIGHTS].data, static_cast<size_t>(sources[GEMM_SOURCE_WEIGHTS].bytes));
  return SINTER_OK;
}

// Products of floats in the plain order: bias first, then k upwards. weight(n, k) is a float.
template <class Weight>
void plain(const Call* call, const float* bias, const Weight& weight) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const char* a = static_cast<const char*>(call->slots[GEMM_A]);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    for (int64_t n = 0; n < p.n; n++) {
      float sum = bias[n];
      for (int64_t k = 0; k < p.k; k++) {
        float x;
        memcpy(&x, a + 4 * (m * p.lda + k), 4);
        sum += x * weight(n, k);
      }
      sum = sum < p.act_min ? p.act_min : sum;  // NaN stays
      sum = sum > p.act_max ? p.act_max : sum;
      memcpy(c + 4 * (m * p.ldc + n), &sum, 4);
    }
  });
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_s8_n64k1_packing, gemm_f16_n64k1_packing, gemm_f16_plain_packing;
const PackingDef gemm_s8_n64k1_packing = {"gemm_s8_n64k1", 1, &gemm_op, GEMM_SOURCES, tiles_bytes<1>, tiles_pack<1>};
const PackingDef gemm_f16_n64k1_packing = {"gemm_f16_n64k1", 1, &gemm_op, GEMM_SOURCES, tiles_bytes<2>, tiles_pack<2>};
const PackingDef gemm_f16_plain_packing = {"gemm_f16_plain", 1, &gemm_op, GEMM_SOURCES, plain_f16_bytes,
                                           plain_f16_pack};

int64_t gemm_weight_only_scratch(const void* params, int threads) {
  return threads * weight_only_panel_bytes(static_cast<const GemmParams*>(params)->k);
}
int64_t gemm_weight_only_bf16_scratch(const void* params, int threads) {
  return threads * weight_only_bf16_thread_bytes(static_cast<const GemmParams*>(params)->k);
}
int64_t gemm_weight_only_rounded_scratch(const void* params, int threads) {
  return threads * weight_only_rounded_bytes(static_cast<const GemmParams*>(params)->k);
}

int64_t gemm_weight_only_s4_avx2_scratch(const void* params, int threads) {
  return threads * weight_only_s4_avx2_bytes(*static_cast<const GemmParams*>(params));
}
int64_t gemm_digits_vnni_scratch(const void* params, int threads) {
  return threads * digits_vnni_panel(*static_cast<const GemmParams*>(params)).bytes;
}
int64_t gemm_digits_amx_scratch(const void* params, int threads) {
  return threads * digits_amx(*static_cast<const GemmParams*>(params)).bytes;
}

// The packing of gemm_weight_only_s8_plain: bias, scales, weights.
void gemm_weight_only_s8_reference(const Call* call) {
  const int64_t n = static_cast<const GemmParams*>(call->params)->n,
                k = static_cast<const GemmParams*>(call->params)->k;
  const float* bias = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  const float* scale = bias + n;
  const int8_t* weights = reinterpret_cast<const int8_t*>(scale + n);
  plain(call, bias, [&](int64_t j, int64_t i) { return scale[j] * static_cast<float>(weights[j * k + i]); });
}

void gemm_f32f16f32_reference(const Call* call) {
  const int64_t n = static_cast<const GemmParams*>(call->params)->n,
                k = static_cast<const GemmParams*>(call->params)->k;
  const float* bias = static_cast<const float*>(call->slots[GEMM_WEIGHTS]);
  const void* weights = bias + n;
  plain(call, bias, [&](int64_t j, int64_t i) { return half_at(weights, j * k + i); });
}

void gemm_weight_only_s4_reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int64_t k = p.k, block = p.block;
  const S4Plain w = s4_plain(call->slots[GEMM_WEIGHTS], p.n, k, block);
  plain(call, w.bias, [&](int64_t j, int64_t i) {
    float scale;
    if (block > 0) {
      scale = half_at(w.scales, (j * k + i) / block);
    } else {
      memcpy(&scale, w.scales + 4 * j, 4);
    }
    return scale * static_cast<float>(s4_value(w.weights, j * k + i));
  });
}

}  // namespace sinter
