// The launch functions of gemm's CUDA kernels. Each returns what the launch returned; sizes were checked before.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_CUDA_GEMM_H_
#define SINTER_KERNELS_GEMM_CUDA_GEMM_H_

#include <cuda_runtime_api.h>
#include <stdint.h>

#include "kernels/gemm/op.h"

namespace sinter {

// One product on the device: `a`, `w` (a packing's bytes) and `c` are device memory. `variant` chooses among forms of a
// kernel, 0 being the usual one; other numbers are for measurements.
struct GemmTask {
  const GemmParams* p;
  const void* a;
  const void* w;
  void* c;
  cudaStream_t stream;
  int variant;
};

// Names end in the types of A and C; bf16 alone: C is float.
//
// Hopper, dense: packing cuda_rows. `a` is 16-byte aligned, as is the stride lda * bytes of a value.
cudaError_t launch_sm90a_s8s32(const GemmTask& task);
cudaError_t launch_sm90a_s8s8(const GemmTask& task);
cudaError_t launch_sm90a_bf16(const GemmTask& task);
cudaError_t launch_sm90a_bf16_bf16(const GemmTask& task);
// Hopper, 2:4: packing cuda_2of4; the same demands.
cudaError_t launch_sm90a_2of4_s8s32(const GemmTask& task);
cudaError_t launch_sm90a_2of4_s8s8(const GemmTask& task);
cudaError_t launch_sm90a_2of4_bf16(const GemmTask& task);
cudaError_t launch_sm90a_2of4_bf16_bf16(const GemmTask& task);

// Few rows of A: packing cuda_rows, any alignment. Meant for m <= 16, right for any.
cudaError_t launch_skinny_s8s32(const GemmTask& task);
cudaError_t launch_skinny_s8s8(const GemmTask& task);
cudaError_t launch_skinny_bf16(const GemmTask& task);
cudaError_t launch_skinny_bf16_bf16(const GemmTask& task);
cudaError_t launch_skinny_bf16s8(const GemmTask& task);

// Packing cuda_rows of int8, for many rows of A: `wide` has cuda_wide_bytes(n, k) bytes of device memory for the
// weights in bfloat16. `a` is aligned as above.
cudaError_t launch_sm90a_bf16s8(const GemmTask& task, void* wide);
// `bytes` weights of int8, a multiple of 16, made bfloat16.
cudaError_t launch_widen_rows(const void* rows, int64_t bytes, void* to, cudaStream_t stream);

// Rows of A made fit for the copy engine: to[m][stride bytes], zeros behind k. `stride` is a multiple of 16.
cudaError_t launch_align_rows(const void* a, int64_t m, int64_t row_bytes, int64_t lda_bytes, void* to, int64_t stride,
                              cudaStream_t stream);
// The same from floats, rounded to bfloat16 as docs/numerics.md says.
cudaError_t launch_round_rows(const float* a, int64_t m, int64_t k, int64_t lda, void* to, int64_t stride,
                              cudaStream_t stream);

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_GEMM_H_
