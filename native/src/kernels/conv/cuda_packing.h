// Where conv's packed weights for the GPU have what.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_CUDA_PACKING_H_
#define SINTER_KERNELS_CONV_CUDA_PACKING_H_

#include "kernels/gemm/cuda_packing.h"

namespace sinter {

// Offset of 16 bytes of what stands for 0 outside of an image, behind the rows.
static inline int64_t cuda_conv_fill(int64_t n, int64_t k, int64_t value_bytes) {
  return cuda_rows_bytes(n, k, value_bytes);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_CUDA_PACKING_H_
