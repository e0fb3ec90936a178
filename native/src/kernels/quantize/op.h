// quantize: between real and quantized numbers, and from one quantization to another.
// SPDX-License-Identifier: Apache-2.0
//
// slots    in [count], out [count]
// types    f32 s8 | f32 u8 | s8 f32 | u8 f32 | s8 s8 | u8 s8 | s8 u8 | u8 u8 |
//          s4 f32 (two to a byte, the lower four bits first) | f16 f32 (scale 1) |
//          f32 s16 | s16 f32 | s32 f32 | s8 s16 | s16 s8 | s16 s16 | s16 s32 | s32 s8 | s32 s16
// numerics see docs/numerics.md: xnn.quantize, xnn.dequantize, xnn.requantize; with 16 and 32 bits
//          tfl.quantize, tfl.requantize
#ifndef SINTER_KERNELS_QUANTIZE_OP_H_
#define SINTER_KERNELS_QUANTIZE_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_QUANTIZE_FIELDS(F) \
  F(i32, count, RUN) \
  F(f32, in_scale, RUN) \
  F(i32, in_zero_point, RUN) \
  F(f32, out_scale, RUN) \
  F(i32, out_zero_point, RUN)
// clang-format on
SINTER_PARAMS(QuantizeParams, SINTER_QUANTIZE_FIELDS);

enum { QUANTIZE_IN, QUANTIZE_OUT, QUANTIZE_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_QUANTIZE_OP_H_
