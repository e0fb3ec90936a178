// Packs weights for transpose_conv's CUDA kernels.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/transpose_conv/cuda_packing.h"

#include <string.h>

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef TransposeConvParams P;

// element: bytes of a weight; 4: floats, which have no scale.
template <int64_t element>
int64_t bytes(const void* params, const Source* sources) {
  const P& p = *static_cast<const P*>(params);
  const int64_t weights = checked_product<5>({p.out_c, p.kernel_h, p.kernel_w, p.in_c, element});
  const int64_t total = checked_product<5>({transpose_conv_cuda_columns(p), p.kernel_h, p.kernel_w, p.in_c, element});
  const Source *w = sources + TRANSPOSE_CONV_SOURCE_WEIGHTS, *bias = sources + TRANSPOSE_CONV_SOURCE_BIAS;
  const Source* scale = sources + TRANSPOSE_CONV_SOURCE_SCALE;
  if (weights < 0 || total < 0 || !w->data || w->bytes != weights ||
      (bias->data && bias->bytes != int64_t{4} * p.out_c) ||
      (element == 1 && (!scale->data || scale->bytes != int64_t{4} * p.out_c))) {
    fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, bias %lld, scale %lld, for %d outputs of %d x %d x %d",
         (long long)w->bytes, (long long)bias->bytes, (long long)scale->bytes, p.out_c, p.kernel_h, p.kernel_w, p.in_c);
    return -1;
  }
  return total + transpose_conv_cuda_columns(p) * (element == 1 ? 8 : 4);
}

template <int64_t element>
sinter_status pack(const void* params, const Source* sources, void* out, int64_t total) {
  const P& p = *static_cast<const P*>(params);
  const int64_t columns = transpose_conv_cuda_columns(p), k = int64_t{p.kernel_h} * p.kernel_w * p.in_c;
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  const size_t row = static_cast<size_t>(p.out_c) * 4;
  if (sources[TRANSPOSE_CONV_SOURCE_BIAS].data) memcpy(at, sources[TRANSPOSE_CONV_SOURCE_BIAS].data, row);
  at += columns * 4;
  if (element == 1) {
    memcpy(at, sources[TRANSPOSE_CONV_SOURCE_SCALE].data, row);
    at += columns * 4;
  }
  const char* weights = static_cast<const char*>(sources[TRANSPOSE_CONV_SOURCE_WEIGHTS].data);
  for (int64_t o = 0; o < p.out_c; o++) {
    for (int64_t i = 0; i < k; i++) {
      memcpy(at + (i * columns + o) * element, weights + (o * k + i) * element, static_cast<size_t>(element));
    }
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef transpose_conv_op;
// One for each type: the parameters of a packing are checked as those of a row that has it.
extern const PackingDef transpose_conv_s8_cuda_packing, transpose_conv_u8_cuda_packing, transpose_conv_f32_cuda_packing;
const PackingDef transpose_conv_s8_cuda_packing = {"transpose_conv_s8_cuda", 1,        &transpose_conv_op,
                                                   TRANSPOSE_CONV_SOURCES,   bytes<1>, pack<1>};
const PackingDef transpose_conv_u8_cuda_packing = {"transpose_conv_u8_cuda", 1,        &transpose_conv_op,
                                                   TRANSPOSE_CONV_SOURCES,   bytes<1>, pack<1>};
const PackingDef transpose_conv_f32_cuda_packing = {"transpose_conv_f32_cuda", 1,        &transpose_conv_op,
                                                    TRANSPOSE_CONV_SOURCES,    bytes<4>, pack<4>};

}  // namespace sinter
