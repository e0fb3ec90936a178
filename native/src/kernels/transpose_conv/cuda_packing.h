// The packed form of transpose_conv's weights on the GPU: threads that lie side by side read output channels that do.
// SPDX-License-Identifier: Apache-2.0
//
// bias [n], scale [n] (not f32), W [kernel_h][kernel_w][in_c][n], n the output channels rounded up to four; what is
// added is 0.
#ifndef SINTER_KERNELS_TRANSPOSE_CONV_CUDA_PACKING_H_
#define SINTER_KERNELS_TRANSPOSE_CONV_CUDA_PACKING_H_

#include <stdint.h>

#include "kernels/transpose_conv/op.h"

namespace sinter {

static inline int64_t transpose_conv_cuda_columns(const TransposeConvParams& p) {
  return (int64_t{p.out_c} + 3) / 4 * 4;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_TRANSPOSE_CONV_CUDA_PACKING_H_
