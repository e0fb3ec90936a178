// gemm in int8, uint8 and int16 by int8 for AVX2: rows are widened once into a panel, then multiplied tile by tile.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/tasks.h"
#include "kernels/gemm/tile_avx2_s16.h"

namespace sinter {
namespace {

// Calls tile(rows constant, panel row, packed tile, m, first column, columns, lacking) for every tile of C.
// T: int8_t, int16_t, or uint8_t with a zero point of the weights; lacking is made for the last only.
template <class T, class TileFn>
inline void for_each_tile(const Call* call, const TileFn& tile_fn) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  constexpr bool corrected = static_cast<T>(-1) > 0;
  const T* a = static_cast<const T*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  const int64_t stride = avx2_panel_stride(p.k);
#if defined(SINTER_MUTATION_DROPPED_TAIL)
  const int64_t pairs = p.k / 2;
#else
  const int64_t pairs = (p.k + 1) / 2;
#endif
  const int64_t one_tile = sizeof(T) == 2 ? s16_tile_bytes(p.k) : tile_bytes(tile_form_avx2, p.k);
  const int64_t tiles = (p.n + 15) / 16;
  const int threads = call->workers->threads;
  const int64_t block = fair_rows(p.m, avx2_panel_rows(p.k), 6, threads);
  const int64_t own_bytes = corrected ? avx2_corrected_panel_bytes(p.k) : avx2_panel_bytes(p.k);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = tasks.at(task);
    const int64_t m0 = part.first_row, rows = part.rows;
    char* own = static_cast<char*>(call->scratch) + thread * own_bytes;
    int16_t* panel = reinterpret_cast<int16_t*>(own);
    int32_t* lacking = reinterpret_cast<int32_t*>(own + avx2_panel_bytes(p.k));
    for (int64_t r = 0; r < rows; r++) {
      widen(a + (m0 + r) * p.lda, p.k, panel + r * stride);
      if (p.k & 1) panel[r * stride + p.k] = 0;
      if (corrected) lacking[r] = scaled_row_sum(panel + r * stride, p.k, 128 - p.w_zero_point);
    }
    for (int64_t t = part.first_tile; t < part.end_tile; t++) {
      const int columns = p.n - t * 16 < 16 ? static_cast<int>(p.n - t * 16) : 16;
      for (int64_t r = 0; r < rows; r += 6) {
        with_rows(rows - r, [&](auto constant) {
          tile_fn(constant, panel + r * stride, stride, packed + t * one_tile, pairs, m0 + r, t * 16, columns,
                  lacking + r);
        });
      }
    }
  });
}

}  // namespace

void gemm_s8s8s8_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  const Epilogue e = make_epilogue(p.out_zero_point, p.out_min, p.out_max);
  for_each_tile<int8_t>(call, [&](auto constant, const int16_t* a, int64_t stride, const char* tile, int64_t pairs,
                                  int64_t m, int64_t n, int columns, const int32_t*) {
    tile_s8<decltype(constant)::value>(a, stride, tile, pairs, c + m * p.ldc + n, p.ldc, columns, e);
  });
}

void gemm_u8u8u8_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  uint8_t* c = static_cast<uint8_t*>(call->slots[GEMM_C]);
  const Epilogue e = make_epilogue(p.out_zero_point - 128, p.out_min - 128, p.out_max - 128);
  for_each_tile<uint8_t>(call, [&](auto constant, const int16_t* a, int64_t stride, const char* tile, int64_t pairs,
                                   int64_t m, int64_t n, int columns, const int32_t* lacking) {
    tile_u8<decltype(constant)::value>(a, stride, tile, pairs, c + m * p.ldc + n, p.ldc, columns, e, lacking);
  });
}

void gemm_s16s8s16_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  int16_t* c = static_cast<int16_t*>(call->slots[GEMM_C]);
  const Epilogue16 e = {p.requantization, p.out_min, p.out_max};
  for_each_tile<int16_t>(call, [&](auto constant, const int16_t* a, int64_t stride, const char* tile, int64_t pairs,
                                   int64_t m, int64_t n, int columns, const int32_t*) {
    tile_s16<decltype(constant)::value>(a, stride, tile, pairs, c + m * p.ldc + n, p.ldc, columns, e);
  });
}

void gemm_s8s8s32_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  for_each_tile<int8_t>(call, [&](auto constant, const int16_t* a, int64_t stride, const char* tile, int64_t pairs,
                                  int64_t m, int64_t n, int columns, const int32_t*) {
    tile_s32<decltype(constant)::value>(a, stride, tile, pairs, c + 4 * (m * p.ldc + n), p.ldc, columns);
  });
}

void gemm_u8u8s32_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  for_each_tile<uint8_t>(call, [&](auto constant, const int16_t* a, int64_t stride, const char* tile, int64_t pairs,
                                   int64_t m, int64_t n, int columns, const int32_t* lacking) {
    const int rows = decltype(constant)::value;
    char* at = c + 4 * (m * p.ldc + n);
    tile_s32<rows>(a, stride, tile, pairs, at, p.ldc, columns);
    add_lacking(at, rows, p.ldc, columns, lacking);
  });
}

}  // namespace sinter
