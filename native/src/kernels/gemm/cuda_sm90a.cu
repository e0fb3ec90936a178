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

// Forms: 1 clusters of two by 128 x 256, 2 the same without clusters; 3 128 x 128; 4, 5 the same where warpgroups take
// turns, with and without clusters; 6, 7, 8 k shared by clusters of 2, 4, 8 blocks.
template <class Sum, class To>
cudaError_t choose(const GemmTask& task, const Weights& w) {
  const GemmParams& p = *task.p;
  if (p.m == 0) return cudaSuccess;
  int form = task.variant;
  if (form == 0) {
    const int64_t tiles = int64_t{(p.m + 127) / 128} * ((p.n + 127) / 128), all = multiprocessors();
    const int64_t steps = (p.k * w.value_bytes + 127) / 128;
    if (tiles * 2 <= all && steps >= 16) {
      form = 6;
    } else if (tiles < 2 * all) {
      form = 3;
    } else {
      form = p.m <= 128 ? 5 : 4;
    }
  }
  switch (form) {
    case 1:
      return launch<TileForm<Sum, To, false, 256, 2>>(task, w);
    case 2:
      return launch<TileForm<Sum, To, false, 256, 1>>(task, w);
    case 4:
      return launch<TileForm<Sum, To, false, 128, 2, true>>(task, w);
    case 5:
      return launch<TileForm<Sum, To, false, 128, 1, true>>(task, w);
    case 6:
      return launch_shared<Sum, To, 2>(task, w);
    case 7:
      return launch_shared<Sum, To, 4>(task, w);
    case 8:
      return launch_shared<Sum, To, 8>(task, w);
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

cudaError_t launch_sm90a_bf16s8(const GemmTask& task, void* wide) {
  const Weights narrow = packed_weights(task, 1);
  const cudaError_t status = launch_widen_rows(narrow.rows, narrow.row_bytes * task.p->n, wide, task.stream);
  if (status != cudaSuccess) return status;
  return choose<float, ToF32Scaled>(task, {wide, 2 * narrow.row_bytes, 2});
}

}  // namespace sinter
