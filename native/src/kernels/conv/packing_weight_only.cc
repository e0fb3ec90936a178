// conv's packings of int8, int4 and half precision weights for products in float, and their plain rows.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/status.h"
#include "core/workers.h"
#include "kernels/conv/weight_only.h"
#include "kernels/gemm/half.h"
#include "kernels/gemm/packing_s4.h"

namespace sinter {

bool check_stored_sources(const ConvParams& p, const Source* sources, StoredWeights16 stored) {
  const int64_t n = p.out_c, weights = (n * conv_k(p) * stored + 15) / 16, scales = stored == STORED_F16 ? 0 : 4 * n;
  const Source &w = sources[CONV_SOURCE_WEIGHTS], &bias = sources[CONV_SOURCE_BIAS],
               &scale = sources[CONV_SOURCE_SCALE];
  if (w.data && w.bytes == weights && scale.bytes == scales && (scale.data != nullptr) == (scales > 0) &&
      (bias.data ? bias.bytes == 4 * n : bias.bytes == 0)) {
    return true;
  }
  fail(SINTER_INVALID_ARGUMENT,
       "conv: weights of %lld, bias of %lld, scales of %lld bytes for %lld outputs; weights of %lld, bias of %lld or "
       "none and scales of %lld bytes are needed",
       (long long)w.bytes, (long long)bias.bytes, (long long)scale.bytes, (long long)n, (long long)weights,
       (long long)(4 * n), (long long)scales);
  return false;
}

namespace {

template <StoredWeights16 STORED>
int64_t bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (!check_stored_sources(p, sources, STORED)) return -1;
  return p.groups * stored_tiles(p.out_c / p.groups) * stored_tile_bytes(conv_k(p), STORED);
}

template <StoredWeights16 STORED>
sinter_status pack(const void* params, const Source* sources, void* out, int64_t out_bytes) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  const uint8_t* weights = static_cast<const uint8_t*>(sources[CONV_SOURCE_WEIGHTS].data);
  const char* bias = static_cast<const char*>(sources[CONV_SOURCE_BIAS].data);
  const char* scale = static_cast<const char*>(sources[CONV_SOURCE_SCALE].data);
  char* tile = static_cast<char*>(out);
  memset(tile, 0, static_cast<size_t>(out_bytes));
  for (int64_t g = 0; g < p.groups; g++) {
    for (int64_t n0 = 0; n0 < n; n0 += 16, tile += stored_tile_bytes(k, STORED)) {
      for (int64_t j = 0; j < 16 && n0 + j < n; j++) {
        const int64_t column = g * n + n0 + j;
        const float one = 1.0f;
        if (bias) memcpy(tile + 4 * j, bias + 4 * column, 4);
        memcpy(tile + 64 + 4 * j, scale ? scale + 4 * column : reinterpret_cast<const char*>(&one), 4);
        char* to = tile + STORED_HEADER_BYTES;
        for (int64_t i = 0; i < k; i++, to += STORED) {
          if (STORED == STORED_S4) {
            const int bits = s4_value(weights, column * k + i) & 15;
            to[j % 8] = static_cast<char>(to[j % 8] | bits << j / 8 * 4);
          } else {
            memcpy(to + j * STORED / 16, weights + (column * k + i) * STORED / 16, STORED / 16);
          }
        }
      }
    }
  }
  return SINTER_OK;
}

float weight_at(const char* tile, StoredWeights16 stored, int64_t i, int64_t j) {
  const char* w = tile + STORED_HEADER_BYTES + i * stored;
  if (stored == STORED_F16) return half_at(w, j);
  float scale;
  memcpy(&scale, tile + 64 + 4 * j, 4);
  if (stored == STORED_S8) return static_cast<float>(static_cast<signed char>(w[j])) * scale;
  const int bits = static_cast<unsigned char>(w[j % 8]) >> j / 8 * 4 & 15;
  return static_cast<float>((bits ^ 8) - 8) * scale;
}

template <StoredWeights16 STORED>
void reference(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[CONV_IN]);
  const char* packed = static_cast<const char*>(call->slots[CONV_WEIGHTS]);
  float* out = static_cast<float*>(call->slots[CONV_OUT]);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t o = 0; o < p.out_c; o++) {
        const int64_t g = o / n, c = o % n;
        const char* tile = packed + (g * stored_tiles(n) + c / 16) * stored_tile_bytes(k, STORED);
        float sum;
        memcpy(&sum, tile + 4 * (c % 16), 4);
        for (int64_t i = 0; i < k; i++) {  // k upwards: the order is part of the definition
          const int64_t at = conv_input(p, b, y, x, g, i);
          if (at < 0) continue;
          sum += in[at] * weight_at(tile, STORED, i, c % 16);
        }
        sum = sum < p.act_min ? p.act_min : sum;  // NaN stays
        out[(row * p.out_w + x) * p.out_c + o] = sum > p.act_max ? p.act_max : sum;
      }
    }
  });
}

}  // namespace

extern const OpDef conv_op;
extern const PackingDef conv_weight_only_s8_packing, conv_weight_only_s4_packing, conv_f16_n16_packing;
const PackingDef conv_weight_only_s8_packing = {"conv_weight_only_s8", 1, &conv_op, CONV_SOURCES, bytes<STORED_S8>,
                                                pack<STORED_S8>};
const PackingDef conv_weight_only_s4_packing = {"conv_weight_only_s4", 1, &conv_op, CONV_SOURCES, bytes<STORED_S4>,
                                                pack<STORED_S4>};
const PackingDef conv_f16_n16_packing = {"conv_f16_n16",  1, &conv_op, CONV_SOURCES, bytes<STORED_F16>,
                                         pack<STORED_F16>};

int64_t conv_weight_only_scratch(const void* params, int threads) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t image = image_scratch_f32(p, threads, 4, true, WIDENED_IMAGE_BYTES);
  int64_t all;
  return __builtin_add_overflow(image, threads * widened_bytes(p), &all) ? INT64_MAX : all;
}

void conv_weight_only_s8_reference(const Call* call) {
  reference<STORED_S8>(call);
}
void conv_weight_only_s4_reference(const Call* call) {
  reference<STORED_S4>(call);
}
void conv_f32f16f32_reference(const Call* call) {
  reference<STORED_F16>(call);
}

}  // namespace sinter
