// normalize: rows brought to a common measure: by their Euclidean norm, or by the logarithm of their exponentials' sum.
// SPDX-License-Identifier: Apache-2.0
//
// NORMALIZE_L2            out = x / max(norm of the row, 1e-6)
// NORMALIZE_LOG_SOFTMAX   out = x - log(sum of e^x over the row)
//
// slots    in [rows][depth], out [rows][depth]
// types    f32 f32: L2; s8 s8 | u8 u8: both, with the results' quantization that TFLite fixes
// numerics l2.f32, tfl.normalize8 (docs/numerics.md)
#ifndef SINTER_KERNELS_NORMALIZE_OP_H_
#define SINTER_KERNELS_NORMALIZE_OP_H_

#include "core/row.h"

namespace sinter {

enum NormalizeFunction { NORMALIZE_L2, NORMALIZE_LOG_SOFTMAX };

// clang-format off
#define SINTER_NORMALIZE_FIELDS(F) \
  F(i32, function, RUN) \
  F(i32, rows, RUN) \
  F(i32, depth, RUN) \
  F(f32, in_scale, RUN) \
  F(i32, in_zero_point, RUN)
// clang-format on
SINTER_PARAMS(NormalizeParams, SINTER_NORMALIZE_FIELDS);

enum { NORMALIZE_IN, NORMALIZE_OUT, NORMALIZE_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_NORMALIZE_OP_H_
