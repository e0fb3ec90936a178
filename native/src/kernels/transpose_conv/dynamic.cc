// transpose_conv of float activations and int8 weights: packing and the plain row.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/dynamic_images.h"
#include "kernels/transpose_conv/op.h"

namespace sinter {
namespace {

typedef TransposeConvParams P;

int64_t whole_k(const P& p) {
  return int64_t{p.kernel_h} * p.kernel_w * p.in_c;
}

// The sources are gemm's: weights [out_c][k], bias, scale.
int64_t bytes(const void* params, const Source* sources) {
  const P& p = *static_cast<const P*>(params);
  if (check_dynamic_sources(sources, p.out_c, whole_k(p)) != SINTER_OK) return -1;
  return dynamic_plain_bytes(p.out_c, whole_k(p));
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const P& p = *static_cast<const P*>(params);
  pack_dynamic_plain(sources, p.out_c, whole_k(p), out);
  return SINTER_OK;
}

}  // namespace

extern const OpDef transpose_conv_op;
extern const PackingDef transpose_conv_f32s8_plain_packing;
const PackingDef transpose_conv_f32s8_plain_packing = {"transpose_conv_f32s8_plain", 1,     &transpose_conv_op,
                                                       TRANSPOSE_CONV_SOURCES,       bytes, pack};

int64_t transpose_conv_f32s8_scratch(const void* params, int threads) {
  const P& p = *static_cast<const P*>(params);
  return dynamic_images_bytes(p.batch, int64_t{p.in_h} * p.in_w * p.in_c, threads);
}

void transpose_conv_f32s8f32_reference(const Call* call) {
  const P& p = *static_cast<const P*>(call->params);
  const int64_t count = int64_t{p.in_h} * p.in_w * p.in_c;
  const DynamicImages images = dynamic_images<DynamicPlain>(
      call, static_cast<const float*>(call->slots[TRANSPOSE_CONV_IN]), p.batch, count, DYNAMIC_DELEGATE);
  char* out = static_cast<char*>(call->slots[TRANSPOSE_CONV_OUT]);
  const DynamicColumns columns = dynamic_columns(call->slots[TRANSPOSE_CONV_WEIGHTS], p.out_c);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t o = 0; o < p.out_c; o++) {
        int32_t sum = 0;
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t ty = y + p.pad_top - i;
          if (ty < 0 || ty % p.stride_h != 0 || ty / p.stride_h >= p.in_h) continue;
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t tx = x + p.pad_left - j;
            if (tx < 0 || tx % p.stride_w != 0 || tx / p.stride_w >= p.in_w) continue;
            const int16_t* pixel = images.values + b * count + (ty / p.stride_h * p.in_w + tx / p.stride_w) * p.in_c;
            const int8_t* w = columns.weights + ((o * p.kernel_h + i) * p.kernel_w + j) * p.in_c;
            for (int64_t c = 0; c < p.in_c; c++) sum += pixel[c] * w[c];
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
