// gemm on Hopper, dense: int8 and bfloat16 by wgmma.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/cuda_gemm.h"
#include "kernels/gemm/cuda_sm90a_tile.cuh"

namespace sinter {
namespace {

template <class F>
cudaError_t launch(const GemmTask& task, int64_t value_bytes, int group) {
  const GemmParams& p = *task.p;
  const char* w = static_cast<const char*>(task.w);
  CUtensorMap rows, columns;
  cudaError_t status = make_map(&rows, task.a, p.k * value_bytes, p.m, p.lda * value_bytes, 128, F::rows);
  if (status != cudaSuccess) return status;
  const int64_t row_bytes = cuda_row_bytes(p.k, value_bytes);
  status = make_map(&columns, w + cuda_header_bytes(p.n), row_bytes, p.n, row_bytes, 128, F::part);
  if (status != cudaSuccess) return status;
  TileTask t = {};
  t.rows = p.m;
  t.columns = p.n;
  t.steps = static_cast<int32_t>((p.k * value_bytes + 127) / 128);
  t.bias = w;
  t.scale = reinterpret_cast<const float*>(w) + cuda_header_columns(p.n);
  t.c = task.c;
  t.ldc = p.ldc;
  const int64_t out = sizeof(typename F::To::Out), most = out == 1 ? 8 : 16;
  t.wide = reinterpret_cast<uintptr_t>(task.c) % most == 0 && p.ldc * out % most == 0;
  t.bounds = bounds_of(p);
  return launch_tiles<F>(rows, columns, t, group, task.stream);
}

// Clusters of two halve what is read of W; where there are rows for one block only, or where 256 columns leave
// multiprocessors without work, smaller forms.
template <class Sum, class To>
cudaError_t choose(const GemmTask& task, int64_t value_bytes) {
  const GemmParams& p = *task.p;
  if (p.m == 0) return cudaSuccess;
  int form = task.variant % 10;
  const int group = task.variant < 10 ? 16 : task.variant / 10;
  if (form == 0) {
    const int64_t tiles = int64_t{(p.m + 127) / 128} * ((p.n + 255) / 256);
    form = tiles * 3 < multiprocessors() * 2 ? 3 : p.m <= 128 ? 2 : 1;
  }
  switch (form) {
    case 1:
      return launch<TileForm<Sum, To, false, 256, 2>>(task, value_bytes, group);
    case 2:
      return launch<TileForm<Sum, To, false, 256, 1>>(task, value_bytes, group);
    case 4:
      return launch<TileForm<Sum, To, false, 256, 4>>(task, value_bytes, group);
    case 5:
      return launch<TileForm<Sum, To, false, 128, 2>>(task, value_bytes, group);
    default:
      return launch<TileForm<Sum, To, false, 128, 1>>(task, value_bytes, group);
  }
}

}  // namespace

cudaError_t launch_sm90a_s8s32(const GemmTask& task) {
  return choose<int32_t, ToS32>(task, 1);
}
cudaError_t launch_sm90a_s8s8(const GemmTask& task) {
  return choose<int32_t, ToS8>(task, 1);
}
cudaError_t launch_sm90a_bf16(const GemmTask& task) {
  return choose<float, ToF32>(task, 2);
}

}  // namespace sinter
