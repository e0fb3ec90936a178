// conv's packing of int8 weights widened to bfloat16, the scratch of the rows that multiply in bfloat16 by int8
// weights, and their plain rows. SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/conv/bf16s8.h"
#include "kernels/gemm/bf16.h"

namespace sinter {
namespace {

int64_t bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (!check_stored_sources(p, sources, STORED_S8)) return -1;
  return p.groups * bf16s8_tiles_bytes(p.out_c / p.groups, conv_k(p));
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups;
  const char* weights = static_cast<const char*>(sources[CONV_SOURCE_WEIGHTS].data);
  const char* bias = static_cast<const char*>(sources[CONV_SOURCE_BIAS].data);
  const char* scale = static_cast<const char*>(sources[CONV_SOURCE_SCALE].data);
  uint32_t* at = static_cast<uint32_t*>(out);
  for (int64_t g = 0; g < p.groups; g++, at += bf16s8_tiles_bytes(n, k) / 4) {
    pack_bf16s8_tiles(n, k, weights + g * n * k, bias ? bias + 4 * g * n : nullptr, scale + 4 * g * n, at);
  }
  return SINTER_OK;
}

// The packing of conv_weight_only_s8. In, Out: float or uint16_t (bfloat16), of the image and of the results.
template <class In, class Out>
void reference(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const In* in = static_cast<const In*>(call->slots[CONV_IN]);
  const char* packed = static_cast<const char*>(call->slots[CONV_WEIGHTS]);
  Out* out = static_cast<Out*>(call->slots[CONV_OUT]);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t o = 0; o < p.out_c; o++) {
        const int64_t g = o / n, c = o % n;
        const StoredColumns columns = stored_columns(packed, g * stored_tiles(n) + c / 16, k);
        float sum = 0;
        for (int64_t i = 0; i < k; i++) {  // k upwards: the order is part of the definition
          const int64_t at = conv_input(p, b, y, x, g, i);
          if (at < 0) continue;
          sum += bf16_operand(in[at]) * static_cast<float>(columns.w[i * columns.step + c % 16]);
        }
        float bias, scale;
        memcpy(&bias, columns.bias + 4 * (c % 16), 4);
        memcpy(&scale, columns.scale + 4 * (c % 16), 4);
        float result = sum * scale;
        result += bias;
        result = result < p.act_min ? p.act_min : result;  // NaN stays
        put_float(&out[(row * p.out_w + x) * p.out_c + o], result > p.act_max ? p.act_max : result);
      }
    }
  });
}

int64_t strips_scratch(const void* params, int threads, bool as_they_are) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t image = image_scratch_f32(p, threads, 2, as_they_are, WIDENED_IMAGE_BYTES);
  int64_t all;
  return __builtin_add_overflow(image, threads * widened_bf16_bytes(p), &all) ? INT64_MAX : all;
}

int64_t amx_scratch(const void* params, int threads, bool as_they_are) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  return scratch_of_any_cut(threads, [&](int t) { return amx_stored_block(p, t, as_they_are).bytes; });
}

}  // namespace

extern const OpDef conv_op;
extern const PackingDef conv_bf16s8_wide_n16k2_packing;
const PackingDef conv_bf16s8_wide_n16k2_packing = {"conv_bf16s8_wide_n16k2", 1, &conv_op, CONV_SOURCES, bytes, pack};

int64_t conv_bf16s8_rounded_scratch(const void* params, int threads) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t image = image_scratch_f32(p, threads, 4, false, WIDENED_IMAGE_BYTES);
  int64_t all;
  return __builtin_add_overflow(image, threads * widened_bytes(p), &all) ? INT64_MAX : all;
}
int64_t conv_bf16s8_avx512_scratch(const void* params, int threads) {
  return strips_scratch(params, threads, false);
}
int64_t conv_bf16s8_short_avx512_scratch(const void* params, int threads) {
  return strips_scratch(params, threads, true);
}
int64_t conv_bf16s8_amx_scratch(const void* params, int threads) {
  return amx_scratch(params, threads, false);
}
int64_t conv_bf16s8_short_amx_scratch(const void* params, int threads) {
  return amx_scratch(params, threads, true);
}

void conv_weight_only_bf16_s8_reference(const Call* call) {
  reference<float, float>(call);
}
void conv_f32s8bf16_reference(const Call* call) {
  reference<float, uint16_t>(call);
}
void conv_bf16s8f32_reference(const Call* call) {
  reference<uint16_t, float>(call);
}
void conv_bf16s8bf16_reference(const Call* call) {
  reference<uint16_t, uint16_t>(call);
}

}  // namespace sinter
