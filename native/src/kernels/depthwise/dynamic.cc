// depthwise of float activations and int8 weights: packing and the plain row.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/depthwise/s8.h"
#include "kernels/gemm/dynamic_images.h"

namespace sinter {
namespace {

// The sources are gemm's, but for the weights' order: [taps][channels].
int64_t plain_bytes(const void* params, const Source* sources) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  const int64_t channels = depthwise_channels(p), taps = depthwise_taps(p);
  if (check_dynamic_sources(sources, channels, taps) != SINTER_OK) return -1;
  return dynamic_plain_bytes(channels, taps);
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  pack_dynamic_plain(sources, depthwise_channels(p), depthwise_taps(p), out);
  return SINTER_OK;
}

}  // namespace

extern const OpDef depthwise_op;
extern const PackingDef depthwise_f32s8_plain_packing;
const PackingDef depthwise_f32s8_plain_packing = {"depthwise_f32s8_plain", 1,           &depthwise_op,
                                                  DEPTHWISE_SOURCES,       plain_bytes, plain_pack};

int64_t depthwise_f32s8_scratch(const void* params, int threads) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  return dynamic_images_bytes(p.batch, int64_t{p.in_h} * p.in_w * p.in_c, threads);
}

void depthwise_f32s8f32_reference(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int64_t channels = depthwise_channels(p), image = int64_t{p.in_h} * p.in_w * p.in_c;
  const DynamicImages images = dynamic_images<DynamicPlain>(call, static_cast<const float*>(call->slots[DEPTHWISE_IN]),
                                                            p.batch, image, p.dynamic);
  char* out = static_cast<char*>(call->slots[DEPTHWISE_OUT]);
  const DynamicColumns columns = dynamic_columns(call->slots[DEPTHWISE_WEIGHTS], channels);
  parallel_for(call->workers, depthwise_out_rows(p), [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t c = 0; c < channels; c++) {
        int32_t sum = 0;
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
          if (iy < 0 || iy >= p.in_h) continue;
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
            if (ix < 0 || ix >= p.in_w) continue;
            sum += images.values[b * image + (iy * p.in_w + ix) * p.in_c + c / p.multiplier] *
                   columns.weights[(i * p.kernel_w + j) * channels + c];
          }
        }
        const float value = dynamic_bounded(dynamic_result(sum, images.ranges[b], columns.scale[c], columns.bias[c]),
                                            p.act_min, p.act_max);
        memcpy(out + 4 * ((row * p.out_w + x) * channels + c), &value, 4);
      }
    }
  });
}

}  // namespace sinter
