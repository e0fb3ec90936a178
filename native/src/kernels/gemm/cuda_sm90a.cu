// gemm on Hopper, dense: int8 and bfloat16 by wgmma.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/cuda_gemm.h"
#include "kernels/gemm/cuda_sm90a_split.cuh"
#include "kernels/gemm/cuda_sm90a_tile.cuh"

namespace sinter {
namespace {

struct Prepared {
  cudaError_t status;
  CUtensorMap rows, columns;
  TileTask task;
};

// W's rows as the copy engine finds them.
struct Weights {
  const void* rows;
  int64_t row_bytes, value_bytes;
};

// box_rows, box_columns: what one copy brings.
template <class To>
Prepared prepare(const GemmTask& task, const Weights& w, int box_rows, int box_columns) {
  const GemmParams& p = *task.p;
  Prepared done = {};
  done.status = make_map(&done.rows, task.a, p.k * w.value_bytes, p.m, p.lda * w.value_bytes, 128, box_rows);
  if (done.status != cudaSuccess) return done;
  done.status = make_map(&done.columns, w.rows, w.row_bytes, p.n, w.row_bytes, 128, box_columns);
  TileTask& t = done.task;
  t.rows = p.m;
  t.columns = p.n;
  t.steps = static_cast<int32_t>((p.k * w.value_bytes + 127) / 128);
  t.bias = task.w;
  t.scale = static_cast<const float*>(task.w) + cuda_header_columns(p.n);
  t.c = task.c;
  t.ldc = p.ldc;
  const int64_t out = sizeof(typename To::Out), most = out == 1 ? 8 : 16;
  t.wide = reinterpret_cast<uintptr_t>(task.c) % most == 0 && p.ldc * out % most == 0;
  t.bounds = bounds_of(p);
  return done;
}

template <class F>
cudaError_t launch(const GemmTask& task, const Weights& w) {
  const Prepared p = prepare<typename F::To>(task, w, F::rows, F::part);
  return p.status == cudaSuccess ? launch_tiles<F>(p.rows, p.columns, p.rows, p.task, 16, task.stream) : p.status;
}

template <class Sum, class To, int splits>
cudaError_t launch_shared(const GemmTask& task, const Weights& w) {
  typedef SplitForm<Sum, To, splits> F;
  const Prepared p = prepare<To>(task, w, F::rows, F::columns);
  if (p.task.steps < splits) return launch<TileForm<Sum, To, false, 128, 1>>(task, w);
  return p.status == cudaSuccess ? launch_split<F>(p.rows, p.columns, p.task, task.stream) : p.status;
}

// How often the slowest multiprocessor takes a tile.
int64_t rounds(int64_t m, int64_t n, int rows, int columns, int blocks) {
  const int64_t tiles = (m + rows - 1) / rows * ((n + columns - 1) / columns);
  return (tiles + multiprocessors() / blocks - 1) / (multiprocessors() / blocks);
}

// Forms: 1 128 x 256, in clusters of two; 2 128 x 128; 3, 4 the same where warpgroups take turns, with and without
// clusters; 5, 6 128 x 128 where two or four blocks share k.
// Measured on an H200: sharing k wins where few tiles have a long one; taking turns wins where results are requantized.
int usual_form(const GemmParams& p, const Weights& w, bool requantizes) {
  const int64_t tiles = int64_t{(p.m + 127) / 128} * ((p.n + 127) / 128);
  const int64_t steps = (p.k * w.value_bytes + 127) / 128;
  if (tiles <= 16 && steps >= 8) return 6;
  if (tiles * 2 <= multiprocessors() && steps >= 5) return 5;
  if (tiles <= multiprocessors()) return 2;
  if (p.m <= 128) return 4;
  const int64_t small = rounds(p.m, p.n, 256, 128, 2), large = 2 * rounds(p.m, p.n, 256, 256, 2);
  return requantizes || small < large ? 3 : 1;
}

template <class Sum, class To>
cudaError_t choose(const GemmTask& task, const Weights& w) {
  const GemmParams& p = *task.p;
  if (p.m == 0) return cudaSuccess;
  int form = task.variant;
  if (form == 0) form = usual_form(p, w, sizeof(typename To::Out) == 1);
  switch (form) {
    case 1:
      return launch<TileForm<Sum, To, false, 256, 2>>(task, w);
    case 3:
      return launch<TileForm<Sum, To, false, 128, 2, true>>(task, w);
    case 4:
      return launch<TileForm<Sum, To, false, 128, 1, true>>(task, w);
    case 5:
      return launch_shared<Sum, To, 2>(task, w);
    case 6:
      return launch_shared<Sum, To, 4>(task, w);
    default:
      return launch<TileForm<Sum, To, false, 128, 1>>(task, w);
  }
}

Weights packed_weights(const GemmTask& task, int64_t value_bytes) {
  const GemmParams& p = *task.p;
  return {static_cast<const char*>(task.w) + cuda_header_bytes(p.n), cuda_row_bytes(p.k, value_bytes), value_bytes};
}

}  // namespace

cudaError_t launch_sm90a_s8s32(const GemmTask& task) {
  return choose<int32_t, ToS32>(task, packed_weights(task, 1));
}
cudaError_t launch_sm90a_s8s8(const GemmTask& task) {
  return choose<int32_t, ToS8>(task, packed_weights(task, 1));
}
cudaError_t launch_sm90a_bf16(const GemmTask& task) {
  return choose<float, ToF32>(task, packed_weights(task, 2));
}
cudaError_t launch_sm90a_bf16_bf16(const GemmTask& task) {
  return choose<float, ToBf16>(task, packed_weights(task, 2));
}

cudaError_t launch_sm90a_bf16s8(const GemmTask& task, void* wide) {
  const Weights narrow = packed_weights(task, 1);
  const cudaError_t status = launch_widen_rows(narrow.rows, narrow.row_bytes * task.p->n, wide, task.stream);
  if (status != cudaSuccess) return status;
  return choose<float, ToF32Scaled>(task, {wide, 2 * narrow.row_bytes, 2});
}

}  // namespace sinter
