// conv of float activations and int8 weights: packings and the plain row.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/conv/dynamic.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/dynamic_images.h"

namespace sinter {
namespace {

// The sources are gemm's: weights [out_c][k], bias, scale.
int64_t tiles_bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_dynamic_sources(sources, p.out_c, conv_k(p)) != SINTER_OK) return -1;
  return p.groups * dynamic_tiles_bytes(p.out_c / p.groups, conv_k(p));
}

sinter_status tiles_pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups;
  for (int64_t g = 0; g < p.groups; g++) {
    pack_dynamic_tiles(sources, g * n, n, k, static_cast<char*>(out) + g * dynamic_tiles_bytes(n, k));
  }
  return SINTER_OK;
}

int64_t plain_bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_dynamic_sources(sources, p.out_c, conv_k(p)) != SINTER_OK) return -1;
  return dynamic_plain_bytes(p.out_c, conv_k(p));
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  pack_dynamic_plain(sources, p.out_c, conv_k(p), out);
  return SINTER_OK;
}

// Of each group: float biases in whole tiles of 64 columns, then the tiles of int8, whose kernel rows each begin a
// group of four.
int64_t vnni_bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_dynamic_sources(sources, p.out_c, conv_k(p)) != SINTER_OK) return -1;
  const int64_t n = p.out_c / p.groups;
  return p.groups * (dynamic_vnni_bias_bytes(n) + packed_tiles_bytes(tile_form_vnni, n, conv_k(p), p.kernel_h));
}

sinter_status vnni_pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups, bias_bytes = dynamic_vnni_bias_bytes(n);
  const float* bias = static_cast<const float*>(sources[CONV_SOURCE_BIAS].data);
  char *biases = static_cast<char*>(out), *tiles = biases + p.groups * bias_bytes;
  memset(biases, 0, static_cast<size_t>(p.groups * bias_bytes));
  for (int64_t g = 0; g < p.groups; g++) {
    if (bias) memcpy(biases + g * bias_bytes, bias + g * n, 4 * static_cast<size_t>(n));
    pack_tiles(tile_form_vnni, n, k, p.kernel_h,
               static_cast<const int8_t*>(sources[CONV_SOURCE_WEIGHTS].data) + g * n * k, nullptr,
               static_cast<const float*>(sources[CONV_SOURCE_SCALE].data) + g * n, 0,
               tiles + g * packed_tiles_bytes(tile_form_vnni, n, k, p.kernel_h));
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef conv_op;
extern const PackingDef conv_f32s8_plain_packing, conv_f32s8_n16k2_packing, conv_f32s8_n64k4_packing;
const PackingDef conv_f32s8_n64k4_packing = {"conv_f32s8_n64k4", 1, &conv_op, CONV_SOURCES, vnni_bytes, vnni_pack};
const PackingDef conv_f32s8_plain_packing = {"conv_f32s8_plain", 1, &conv_op, CONV_SOURCES, plain_bytes, plain_pack};
const PackingDef conv_f32s8_n16k2_packing = {"conv_f32s8_n16k2", 1, &conv_op, CONV_SOURCES, tiles_bytes, tiles_pack};

int64_t conv_f32s8_scratch(const void* params, int threads) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  return dynamic_images_bytes(p.batch, int64_t{p.in_h} * p.in_w * p.in_c, threads);
}

int64_t conv_f32s8_avx2_scratch(const void* params, int threads) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  return conv_f32s8_scratch(params, threads) + threads * avx2_panel_bytes(conv_k(p));
}

int64_t conv_f32s8_vnni_scratch(const void* params, int threads) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t windows = conv_vnni_scratch(params, threads, false);
  int64_t bytes;
  if (__builtin_add_overflow(windows, conv_f32s8_scratch(params, threads) + threads * dynamic_conv_ranges_bytes(p),
                             &bytes)) {
    return INT64_MAX;
  }
  return bytes;
}

void conv_f32s8f32_reference(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t count = int64_t{p.in_h} * p.in_w * p.in_c;
  const DynamicImages images =
      dynamic_images<DynamicPlain>(call, static_cast<const float*>(call->slots[CONV_IN]), p.batch, count, p.dynamic);
  char* out = static_cast<char*>(call->slots[CONV_OUT]);
  const DynamicColumns columns = dynamic_columns(call->slots[CONV_WEIGHTS], p.out_c);
  const int64_t channels = p.in_c / p.groups, outputs = p.out_c / p.groups, k = conv_k(p);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t o = 0; o < p.out_c; o++) {
        int32_t sum = 0;
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
          if (iy < 0 || iy >= p.in_h) continue;
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
            if (ix < 0 || ix >= p.in_w) continue;
            const int16_t* pixel = images.values + b * count + (iy * p.in_w + ix) * p.in_c + o / outputs * channels;
            const int8_t* w = columns.weights + o * k + (i * p.kernel_w + j) * channels;
            for (int64_t c = 0; c < channels; c++) sum += pixel[c] * w[c];
          }
        }
        const float value = dynamic_bounded(dynamic_result(sum, images.ranges[b], columns.scale[o], columns.bias[o]),
                                            p.act_min, p.act_max);
        memcpy(out + 4 * ((row * p.out_w + x) * p.out_c + o), &value, 4);
      }
    }
  });
}

}  // namespace sinter
