// How far two float rows of a product may lie apart: docs/numerics.md, "f32 tolerance".
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_TESTS_FLOAT_BOUND_H_
#define SINTER_TESTS_FLOAT_BOUND_H_

#include <stdint.h>
#include <string.h>

#include <vector>

#include "differential.h"
#include "kernels/gemm/bf16.h"

namespace sinter {

// `terms` products are added in any order, fused or not; `magnitude` is the sum of their absolute
// values and that of the bias.
inline float float_bound(int64_t terms, double magnitude) {
  return static_cast<float>(static_cast<double>(terms + 2) * magnitude / 8388608.0);
}

// Values for a case. Whole ones (-8 to 8) make every sum exact, so that rows must agree to the bit and one
// product too few is seen however long the sum; others are between -1 and 1.
inline Bytes float_values(Random& random, int64_t count, bool whole) {
  std::vector<float> values = random.f32(count, -1, 1);
  if (whole) {
    for (float& v : values) v = static_cast<float>(static_cast<int>(v * 8));
  }
  return bytes_of(values);
}

// Floats rounded to bfloat16.
inline Bytes as_bf16(const Bytes& floats) {
  std::vector<uint16_t> out(floats.size() / 4);
  for (size_t i = 0; i < out.size(); i++) {
    float value;
    memcpy(&value, &floats[4 * i], 4);
    out[i] = bf16_from_float(value);
  }
  return bytes_of(out);
}

// The tolerance of a case made of float_values: a bias and `terms` products.
inline std::vector<float> value_tolerance(int64_t terms, bool whole) {
  return {whole ? 0.0f : float_bound(terms, static_cast<double>(terms + 1))};
}

}  // namespace sinter

#endif  // SINTER_TESTS_FLOAT_BOUND_H_
