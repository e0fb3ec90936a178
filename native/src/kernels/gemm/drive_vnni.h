// gemm in int8 and uint8 by tiles of VNNI: rows, read where they are, meet tiles of up to 64 columns. For files that
// include tile_vnni.h or tile_avxvnni.h before.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_DRIVE_VNNI_H_
#define SINTER_KERNELS_GEMM_DRIVE_VNNI_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing.h"
#include "kernels/gemm/tasks.h"

namespace sinter {
namespace {

// Calls tile_fn(rows of A, packed tile, first row, first column, columns).
// T: int8_t, or uint8_t with a zero point of the weights; only the latter's sums lack something.
template <class T, class TileFn>
inline void for_each_vnni_tile(const Call* call, const TileFn& tile_fn) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  constexpr bool is_unsigned = static_cast<T>(-1) > 0;
  const bool corrected = is_unsigned && p.w_zero_point != 128;
  const uint8_t* a = static_cast<const uint8_t*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  const int64_t groups = (int64_t{p.k} + 3) / 4;
  const int64_t one_tile = tile_bytes(tile_form_vnni, p.k), tiles = (int64_t{p.n} + 63) / 64;
  const int threads = call->workers->threads;
  const int64_t past = p.lda > 0 ? (4 * groups - p.k + p.lda - 1) / p.lda : 0, unsafe = past < p.m ? past : p.m;
  const int64_t block = product_rows(p.m, vnni_block_rows(p.k), 8, tiles * one_tile, threads);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  const int64_t own_bytes = is_unsigned ? vnni_corrected_bytes(p.k) : vnni_row_bytes(p.k);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row;
    int64_t rows = part.rows;
    uint8_t* own = static_cast<uint8_t*>(call->scratch) + thread * own_bytes;
    int32_t* lacking = reinterpret_cast<int32_t*>(own + vnni_row_bytes(p.k));
    // Bytes past a row belong to the next and meet weights of zero. The last row, or, of tiny ones, the last three,
    // whose last group would pass A's end, are copied.
    int64_t copied = m0 + rows - (p.m - unsafe);
    copied = copied < 0 ? 0 : copied > rows ? rows : copied;
    rows -= copied;
    for (int64_t r = 0; r < copied; r++) {
      memcpy(own + r * 4 * groups, a + (m0 + rows + r) * p.lda, static_cast<size_t>(p.k));
      for (int64_t k = p.k; k < 4 * groups; k++) own[r * 4 * groups + k] = 0;
    }
    VnniRows most = {a + m0 * p.lda, rows, p.lda, 1, 0, groups, nullptr};
    VnniRows rest = {own, copied, 4 * groups, 1, 0, groups, nullptr};
    most.far = rest.far = tiles * one_tile > FAR_BYTES;
    if (corrected) {
      vnni_lacking(most, p.k, 128 - p.w_zero_point, lacking);
      vnni_lacking(rest, p.k, 128 - p.w_zero_point, lacking + rows);
      most.lacking = lacking;
      rest.lacking = lacking + rows;
    }
    for (int64_t t = part.first_tile; t < part.end_tile; t++) {
      const int columns = p.n - t * 64 < 64 ? static_cast<int>(p.n - t * 64) : 64;
      most.next = t + 1 < part.end_tile ? packed + (t + 1) * one_tile : nullptr;
      tile_fn(most, packed + t * one_tile, m0, t * 64, columns);
      if (copied > 0) tile_fn(rest, packed + t * one_tile, m0 + rows, t * 64, columns);
    }
  });
}

template <class T>
inline void gemm_8(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  const VnniEpilogue e = make_vnni_epilogue(static_cast<T>(-1) > 0, p.out_zero_point, p.out_min, p.out_max);
  for_each_vnni_tile<T>(call, [&](const VnniRows& rows, const char* tile, int64_t m, int64_t n, int columns) {
    vnni_tile_8<static_cast<T>(-1) < 0>(rows, tile, c + m * p.ldc + n, p.ldc, columns, e);
  });
}

template <class T>
inline void gemm_32(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  for_each_vnni_tile<T>(call, [&](const VnniRows& rows, const char* tile, int64_t m, int64_t n, int columns) {
    vnni_any_tile<static_cast<T>(-1) < 0>(rows, tile, VnniStore32{c + 4 * (m * p.ldc + n), p.ldc, columns});
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DRIVE_VNNI_H_
