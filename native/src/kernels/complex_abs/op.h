// complex_abs: how far complex numbers are from 0. SPDX-License-Identifier: Apache-2.0
//
// slots    in: count pairs of floats (real, imaginary); out: count floats
// types    f32 f32
// numerics complex_abs.f32: the root of the sum of squares in doubles, rounded once to float; exact
#ifndef SINTER_KERNELS_COMPLEX_ABS_OP_H_
#define SINTER_KERNELS_COMPLEX_ABS_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_COMPLEX_ABS_FIELDS(F) \
  F(i32, count, RUN) /* >= 0 */
// clang-format on
SINTER_PARAMS(ComplexAbsParams, SINTER_COMPLEX_ABS_FIELDS);

enum { COMPLEX_ABS_IN, COMPLEX_ABS_OUT, COMPLEX_ABS_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_COMPLEX_ABS_OP_H_
