// Where an element of a dense output lies in operands with strides: six dimensions, decoded by multiplication.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_INDEX_CUH_
#define SINTER_CUDA_INDEX_CUH_

#include <stdint.h>

namespace sinter {

// Division of 0 <= n < 2^31 by a constant: one multiplication, instead of some twenty instructions. Exact (Granlund and
// Montgomery's round-up method with 2^(31 + s), where 2^s >= d).
struct Divisor {
  uint32_t d, multiplier, shift;
  Divisor() = default;
  explicit Divisor(uint32_t divisor) : d(divisor ? divisor : 1), multiplier(0), shift(0) {
    while ((uint64_t{1} << shift) < d) shift++;
    multiplier = static_cast<uint32_t>(((uint64_t{1} << (31 + shift)) + d - 1) / d);
  }
  __device__ uint32_t divide(uint32_t n) const {
    return static_cast<uint32_t>((uint64_t{n} * multiplier) >> (31 + shift));
  }
};

// Dimensions of an output and the strides of up to `operands` inputs, in elements.
template <int operands>
struct StridedIndex {
  Divisor size[6];
  int32_t stride[operands][6];

  __device__ void offsets(uint32_t index, int64_t* out) const {
    for (int o = 0; o < operands; o++) out[o] = 0;
#pragma unroll
    for (int axis = 5; axis > 0; axis--) {
      const uint32_t rest = size[axis].divide(index);
      const uint32_t at = index - rest * size[axis].d;
#pragma unroll
      for (int o = 0; o < operands; o++) out[o] += int64_t{at} * stride[o][axis];
      index = rest;
    }
#pragma unroll
    for (int o = 0; o < operands; o++) out[o] += int64_t{index} * stride[o][0];
  }
};

}  // namespace sinter

#endif  // SINTER_CUDA_INDEX_CUH_
