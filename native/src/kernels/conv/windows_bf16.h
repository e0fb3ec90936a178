// Scratch of conv's bfloat16 rows: a panel of rounded windows, then the pointers and copied runs of windows_f32.h that
// it is made from. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_WINDOWS_BF16_H_
#define SINTER_KERNELS_CONV_WINDOWS_BF16_H_

#include "kernels/conv/windows_f32.h"
#include "kernels/gemm/packing_bf16.h"

namespace sinter {

static inline int64_t window_rows_bf16(const ConvParams& p, int mr, int value_bytes) {
  return bf16_panel_rows(conv_k(p), mr, value_bytes);
}
static inline int64_t window_bytes_bf16(const ConvParams& p, int mr, int value_bytes) {
  const int64_t rows = window_rows_bf16(p, mr, value_bytes);
  return bf16_panel_bytes(conv_k(p), rows, value_bytes) + window_bytes_f32(p, rows);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_WINDOWS_BF16_H_
