// See gemm_kernels.h.
// SPDX-License-Identifier: Apache-2.0
#include "gemm_kernels.h"

namespace sinter {
extern const PackingDef gemm_s8_cuda_rows_packing, gemm_bf16_cuda_rows_packing, gemm_bf16s8_cuda_rows_packing,
    gemm_s8_cuda_2of4_packing, gemm_bf16_cuda_2of4_packing;
void gemm_s8s8s8_sm80(const Call* call);
void gemm_bf16bf16f32_sm80(const Call* call);
}  // namespace sinter
using namespace sinter;

namespace {

// Rows that are called as the library does.
cudaError_t launch_row(void (*row)(const Call*), const GemmTask& task) {
  void* slots[] = {const_cast<void*>(task.a), const_cast<void*>(task.w), task.c};
  Call call = {};
  call.params = task.p;
  call.slots = slots;
  call.queue = task.stream;
  row(&call);
  return cudaGetLastError();
}
cudaError_t launch_sm80_s8s8(const GemmTask& task) {
  return launch_row(gemm_s8s8s8_sm80, task);
}
cudaError_t launch_sm80_bf16(const GemmTask& task) {
  return launch_row(gemm_bf16bf16f32_sm80, task);
}
cudaError_t launch_wide_bf16s8(const GemmTask& task) {
  static void* wide = nullptr;
  static int64_t bytes = 0;
  const int64_t needed = cuda_wide_bytes(task.p->n, task.p->k);
  if (needed > bytes) {
    cudaFree(wide);
    bytes = 0;
    const cudaError_t status = cudaMalloc(&wide, static_cast<size_t>(needed));
    if (status != cudaSuccess) return status;
    bytes = needed;
  }
  return launch_sm90a_bf16s8(task, wide);
}

}  // namespace

const std::vector<Kernel>& kernels() {
  static const std::vector<Kernel> list = {
      {"sm90a_s8s32",
       S8_S32,
       &gemm_s8_cuda_rows_packing,
       launch_sm90a_s8s32,
       false,
       true,
       {0, 1, 2, 3, 4, 5, 6},
       1 << 30},
      {"sm90a_s8s8", S8_S8, &gemm_s8_cuda_rows_packing, launch_sm90a_s8s8, false, true, {0, 1, 2, 3, 4, 5, 6}, 1 << 30},
      {"sm90a_bf16",
       BF16_F32,
       &gemm_bf16_cuda_rows_packing,
       launch_sm90a_bf16,
       false,
       true,
       {0, 1, 2, 3, 4, 5, 6},
       1 << 30},
      {"sm90a_bf16_bf16",
       BF16_BF16,
       &gemm_bf16_cuda_rows_packing,
       launch_sm90a_bf16_bf16,
       false,
       true,
       {0, 1, 2, 3, 4, 5, 6},
       1 << 30},
      {"skinny_s8s32", S8_S32, &gemm_s8_cuda_rows_packing, launch_skinny_s8s32, false, false, {0, 1, 4, 8, 16}, 200},
      {"skinny_s8s8", S8_S8, &gemm_s8_cuda_rows_packing, launch_skinny_s8s8, false, false, {0, 1, 4, 8, 16}, 200},
      {"skinny_bf16", BF16_F32, &gemm_bf16_cuda_rows_packing, launch_skinny_bf16, false, false, {0, 1, 4, 8, 16}, 200},
      {"skinny_bf16s8",
       BF16S8_F32,
       &gemm_bf16s8_cuda_rows_packing,
       launch_skinny_bf16s8,
       false,
       false,
       {0, 1, 4, 8, 16},
       200},
      {"sm90a_bf16s8",
       BF16S8_F32,
       &gemm_bf16s8_cuda_rows_packing,
       launch_wide_bf16s8,
       false,
       true,
       {0, 1, 2, 3, 5},
       1 << 30},
      {"sm80_s8s8", S8_S8, &gemm_s8_cuda_rows_packing, launch_sm80_s8s8, false, false, {0}, 1 << 30},
      {"sm80_bf16", BF16_F32, &gemm_bf16_cuda_rows_packing, launch_sm80_bf16, false, false, {0}, 1 << 30},
      {"2of4_s8s32", S8_S32, &gemm_s8_cuda_2of4_packing, launch_sm90a_2of4_s8s32, true, true, {0, 1, 2, 3, 4}, 1 << 30},
      {"2of4_s8s8", S8_S8, &gemm_s8_cuda_2of4_packing, launch_sm90a_2of4_s8s8, true, true, {0, 1, 2, 3, 4}, 1 << 30},
      {"2of4_bf16",
       BF16_F32,
       &gemm_bf16_cuda_2of4_packing,
       launch_sm90a_2of4_bf16,
       true,
       true,
       {0, 1, 2, 3, 4},
       1 << 30},
      {"2of4_bf16_bf16",
       BF16_BF16,
       &gemm_bf16_cuda_2of4_packing,
       launch_sm90a_2of4_bf16_bf16,
       true,
       true,
       {0, 1, 2, 3, 4},
       1 << 30},
  };
  return list;
}
