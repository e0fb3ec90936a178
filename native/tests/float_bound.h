// How far two float rows of a product may lie apart: docs/numerics.md, "f32 tolerance".
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_TESTS_FLOAT_BOUND_H_
#define SINTER_TESTS_FLOAT_BOUND_H_

#include <stdint.h>

namespace sinter {

// `terms` products are added in any order, fused or not; `magnitude` is the sum of their absolute
// values and that of the bias.
inline float float_bound(int64_t terms, double magnitude) {
  return static_cast<float>(static_cast<double>(terms + 2) * magnitude / 8388608.0);
}

}  // namespace sinter

#endif  // SINTER_TESTS_FLOAT_BOUND_H_
