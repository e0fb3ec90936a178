// gemm on Hopper with 2:4 sparse weights: int8 and bfloat16 by wgmma.sp. Computes C transposed, tile by tile.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/cuda_gemm.h"
#include "kernels/gemm/cuda_sm90a_tile.cuh"

namespace sinter {
namespace {

template <class F>
cudaError_t launch(const GemmTask& task, int64_t value_bytes) {
  const GemmParams& p = *task.p;
  const char* w = static_cast<const char*>(task.w);
  CUtensorMap rows, columns;
  const int64_t row_bytes = cuda_2of4_row_bytes(p.k, value_bytes);
  cudaError_t status = make_map(&rows, w + cuda_header_bytes(p.n), row_bytes, p.n, row_bytes, 64, F::rows);
  if (status != cudaSuccess) return status;
  status = make_map(&columns, task.a, p.k * value_bytes, p.m, p.lda * value_bytes, 128, F::part);
  if (status != cudaSuccess) return status;
  TileTask t = {};
  t.rows = p.n;
  t.columns = p.m;
  t.steps = static_cast<int32_t>(cuda_2of4_steps(p.k, value_bytes));
  t.bias = w;
  t.scale = reinterpret_cast<const float*>(w) + cuda_header_columns(p.n);
  t.places = reinterpret_cast<const uint32_t*>(w + cuda_2of4_places_offset(p.n, p.k, value_bytes));
  t.c = task.c;
  t.ldc = p.ldc;
  t.bounds = bounds_of(p);
  CUtensorMap out = rows;
  // Boxes are clipped to whole 16 bytes.
  const int64_t bytes = sizeof(typename F::To::Out), most = 16 / bytes;
  t.wide = reinterpret_cast<uintptr_t>(task.c) % 16 == 0 && p.ldc % most == 0 && p.n % most == 0;
  if (t.wide) {
    const uint32_t line = bytes == 2 ? 128 : 64;
    status = make_map(&out, task.c, p.n * bytes, p.m, p.ldc * bytes, line, F::staged_columns);
    if (status != cudaSuccess) return status;
  }
  return launch_tiles<F>(rows, columns, out, t, 16, task.stream);
}

template <class Sum, class To>
cudaError_t choose(const GemmTask& task, int64_t value_bytes) {
  const GemmParams& p = *task.p;
  if (p.m == 0) return cudaSuccess;
  int form = task.variant;
  if (form == 0) {
    const int64_t tiles = int64_t{(p.n + 127) / 128} * ((p.m + 255) / 256);
    form = tiles * 3 < multiprocessors() * 2 || p.m <= 128 ? 3 : p.n <= 128 ? 2 : 1;
  }
  switch (form) {
    case 1:
      return launch<TileForm<Sum, To, true, 256, 2>>(task, value_bytes);
    case 2:
      return launch<TileForm<Sum, To, true, 256, 1>>(task, value_bytes);
    case 4:
      return launch<TileForm<Sum, To, true, 128, 2>>(task, value_bytes);
    default:
      return launch<TileForm<Sum, To, true, 128, 1>>(task, value_bytes);
  }
}

}  // namespace

cudaError_t launch_sm90a_2of4_s8s32(const GemmTask& task) {
  return choose<int32_t, ToS32>(task, 1);
}
cudaError_t launch_sm90a_2of4_s8s8(const GemmTask& task) {
  return choose<int32_t, ToS8>(task, 1);
}
cudaError_t launch_sm90a_2of4_bf16(const GemmTask& task) {
  return choose<float, ToF32>(task, 2);
}
cudaError_t launch_sm90a_2of4_bf16_bf16(const GemmTask& task) {
  return choose<float, ToBf16>(task, 2);
}

}  // namespace sinter
