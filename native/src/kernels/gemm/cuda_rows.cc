// gemm's rows on GPUs of compute capability 9.0 and up, and of weights of 8 bits on any: which kernel takes which
// product. SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "kernels/gemm/cuda_gemm.h"
#include "kernels/gemm/cuda_packing.h"

namespace sinter {

void gemm_s8s8s8_sm80(const Call* call);
void gemm_s8s8s32_sm80(const Call* call);
void gemm_bf16bf16f32_sm80(const Call* call);
void gemm_bf16bf16bf16_sm80(const Call* call);

namespace {

typedef cudaError_t (*Launch)(const GemmTask&);

// Up to here reading W is all that counts, and the tiles would be empty for the most part.
const int few_rows = 32;
// From more rows on, weights of int8 are made bfloat16 once for all.
const int widen_from = 64;

int64_t aligned_stride(const GemmParams& p, int64_t value_bytes) {
  return cuda_round_up(p.k * value_bytes, 16);
}
// Rows whose ends are not whole 16 bytes bring what follows them, against zeros of W: that may not be NaN.
bool strides_fit(const GemmParams& p, int64_t value_bytes) {
  return p.lda * value_bytes % 16 == 0 && (value_bytes == 1 || p.k % 8 == 0);
}

// The session asks the runtime for the last error; one that a launch function found itself must be there, too.
void report(cudaError_t error) {
  if (error != cudaSuccess && cudaPeekAtLastError() == cudaSuccess) {
    cudaFuncSetAttribute(nullptr, cudaFuncAttributeMaxDynamicSharedMemorySize, 0);
  }
}

GemmTask task_of(const Call* call) {
  return {&params_of<GemmParams>(call), call->slots[GEMM_A], call->slots[GEMM_WEIGHTS],
          call->slots[GEMM_C],          stream_of(call),     0};
}

// With A's rows copied to where the copy engine can read them.
void launch_aligned(const Call* call, int64_t value_bytes, Launch launch) {
  GemmTask task = task_of(call);
  GemmParams p = *task.p;
  const int64_t stride = aligned_stride(p, value_bytes);
  report(launch_align_rows(task.a, p.m, p.k * value_bytes, p.lda * value_bytes, call->scratch, stride, task.stream));
  task.a = call->scratch;
  p.lda = static_cast<int32_t>(stride / value_bytes);
  task.p = &p;
  report(launch(task));
}

// `otherwise`: takes any address.
void launch_dense(const Call* call, int64_t value_bytes, Launch skinny, Launch tiles, void (*otherwise)(const Call*)) {
  const GemmParams& p = params_of<GemmParams>(call);
  if (p.m <= few_rows) {
    report(skinny(task_of(call)));
  } else if (!strides_fit(p, value_bytes)) {
    launch_aligned(call, value_bytes, tiles);
  } else if (aligned16(call->slots[GEMM_A])) {
    report(tiles(task_of(call)));
  } else {
    otherwise(call);
  }
}

// With A's floats rounded first.
void launch_rounded(const Call* call, Launch skinny, Launch tiles) {
  GemmTask task = task_of(call);
  GemmParams p = *task.p;
  const int64_t stride = aligned_stride(p, 2);
  report(launch_round_rows(static_cast<const float*>(task.a), p.m, p.k, p.lda, call->scratch, stride, task.stream));
  task.a = call->scratch;
  p.lda = static_cast<int32_t>(stride / 2);
  task.p = &p;
  report((p.m <= few_rows ? skinny : tiles)(task));
}

void launch_sparse(const Call* call, int64_t value_bytes, Launch tiles) {
  if (strides_fit(params_of<GemmParams>(call), value_bytes) && aligned16(call->slots[GEMM_A])) {
    report(tiles(task_of(call)));
  } else {
    launch_aligned(call, value_bytes, tiles);
  }
}

int64_t copy_bytes(const void* params, int64_t value_bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return p.m * aligned_stride(p, value_bytes);
}
int64_t dense_scratch(const void* params, int64_t value_bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return p.m <= few_rows || strides_fit(p, value_bytes) ? 0 : copy_bytes(params, value_bytes);
}

}  // namespace

int64_t gemm_s8_sm90a_scratch(const void* params, int) {
  return dense_scratch(params, 1);
}
int64_t gemm_bf16_sm90a_scratch(const void* params, int) {
  return dense_scratch(params, 2);
}
int64_t gemm_f32bf16_sm90a_scratch(const void* params, int) {
  return copy_bytes(params, 2);
}
int64_t gemm_bf16s8_sm90a_scratch(const void* params, int) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (p.m <= widen_from) return 0;
  return cuda_wide_bytes(p.n, p.k) + (strides_fit(p, 2) ? 0 : copy_bytes(params, 2));
}
// An address may turn out not to be aligned.
int64_t gemm_s8_2of4_scratch(const void* params, int) {
  return copy_bytes(params, 1);
}
int64_t gemm_bf16_2of4_scratch(const void* params, int) {
  return copy_bytes(params, 2);
}

void gemm_s8s8s8_sm90a(const Call* call) {
  launch_dense(call, 1, launch_skinny_s8s8, launch_sm90a_s8s8, gemm_s8s8s8_sm80);
}
void gemm_s8s8s32_sm90a(const Call* call) {
  launch_dense(call, 1, launch_skinny_s8s32, launch_sm90a_s8s32, gemm_s8s8s32_sm80);
}
void gemm_bf16bf16f32_sm90a(const Call* call) {
  launch_dense(call, 2, launch_skinny_bf16, launch_sm90a_bf16, gemm_bf16bf16f32_sm80);
}
void gemm_bf16bf16bf16_sm90a(const Call* call) {
  launch_dense(call, 2, launch_skinny_bf16_bf16, launch_sm90a_bf16_bf16, gemm_bf16bf16bf16_sm80);
}
void gemm_f32bf16f32_sm90a(const Call* call) {
  launch_rounded(call, launch_skinny_bf16, launch_sm90a_bf16);
}
void gemm_f32bf16bf16_sm90a(const Call* call) {
  launch_rounded(call, launch_skinny_bf16_bf16, launch_sm90a_bf16_bf16);
}

void gemm_s8s8s8_sm90a_2of4(const Call* call) {
  launch_sparse(call, 1, launch_sm90a_2of4_s8s8);
}
void gemm_s8s8s32_sm90a_2of4(const Call* call) {
  launch_sparse(call, 1, launch_sm90a_2of4_s8s32);
}
void gemm_bf16bf16f32_sm90a_2of4(const Call* call) {
  launch_sparse(call, 2, launch_sm90a_2of4_bf16);
}
void gemm_bf16bf16bf16_sm90a_2of4(const Call* call) {
  launch_sparse(call, 2, launch_sm90a_2of4_bf16_bf16);
}

void gemm_bf16s8f32_sm90a(const Call* call) {
  GemmTask task = task_of(call);
  GemmParams p = *task.p;
  const bool fits = strides_fit(p, 2);
  if (p.m <= widen_from || (fits && !aligned16(task.a))) return report(launch_skinny_bf16s8(task));
  char* scratch = static_cast<char*>(call->scratch);
  if (!fits) {
    char* aligned = scratch + cuda_wide_bytes(p.n, p.k);
    const int64_t stride = aligned_stride(p, 2);
    report(launch_align_rows(task.a, p.m, p.k * int64_t{2}, p.lda * int64_t{2}, aligned, stride, task.stream));
    task.a = aligned;
    p.lda = static_cast<int32_t>(stride / 2);
    task.p = &p;
  }
  report(launch_sm90a_bf16s8(task, scratch));
}
void gemm_bf16s8f32_sm80(const Call* call) {
  report(launch_skinny_bf16s8(task_of(call)));
}

}  // namespace sinter
