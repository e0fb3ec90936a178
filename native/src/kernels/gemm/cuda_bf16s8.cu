// gemm with activations in bfloat16 and weights in int8 that are widened in registers: numerics bf16s8.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/cuda_stream.cuh"

namespace sinter {

cudaError_t launch_skinny_bf16s8(const GemmTask& task) {
  return choose_stream<SkinnyBf16S8, ToF32Scaled>(task, 1);
}

}  // namespace sinter
