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
    int64_t t = part.first_tile;
    if constexpr (sizeof(T) == 1) {
      for (; rows == 1 && t + ROW_TILES <= part.end_tile; t += ROW_TILES) {
        tile_fn.row(panel, packed + t * one_tile, one_tile, pairs, m0, t * 16, p.n, lacking);
      }
    }
    for (; t < part.end_tile; t++) {
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

// A tile of 8-bit activations: store(rows constant, sums, packed tile, m, first column, columns, lacking).
template <class Store>
struct Tile8 {
  Store store;

  template <class Rows>
  void operator()(Rows constant, const int16_t* a, int64_t stride, const char* tile, int64_t pairs, int64_t m,
                  int64_t n, int columns, const int32_t* lacking) const {
    __m256i sums[12];
    tile_sums<Rows::value>(pair_rows(a, stride, pairs), tile, columns, sums);
    store(constant, sums, tile, m, n, columns, lacking);
  }

  // Of one row ROW_TILES tiles, of which the last may end with the matrix.
  void row(const int16_t* a, const char* tiles, int64_t one_tile, int64_t pairs, int64_t m, int64_t n, int64_t end,
           const int32_t* lacking) const {
    __m256i sums[2 * ROW_TILES];
    row_sums(a, pairs, tiles, one_tile, sums);
    for (int t = 0; t < ROW_TILES; t++, n += 16) {
      store(Rows<1>(), sums + 2 * t, tiles + t * one_tile, m, n, end - n < 16 ? static_cast<int>(end - n) : 16,
            lacking);
    }
  }
};
template <class Store>
inline Tile8<Store> tile_8(const Store& store) {
  return {store};
}

}  // namespace

void gemm_s8s8s8_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  const Epilogue e = make_epilogue(p.out_zero_point, p.out_min, p.out_max);
  for_each_tile<int8_t>(call, tile_8([&](auto rows, const __m256i* sums, const char* tile, int64_t m, int64_t n,
                                         int columns, const int32_t*) {
                          store_s8<decltype(rows)::value>(sums, tile, c + m * p.ldc + n, p.ldc, columns, e);
                        }));
}

void gemm_u8u8u8_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  uint8_t* c = static_cast<uint8_t*>(call->slots[GEMM_C]);
  const Epilogue e = make_epilogue(p.out_zero_point - 128, p.out_min - 128, p.out_max - 128);
  for_each_tile<uint8_t>(call, tile_8([&](auto rows, const __m256i* sums, const char* tile, int64_t m, int64_t n,
                                          int columns, const int32_t* lacking) {
                           store_u8<decltype(rows)::value>(sums, tile, c + m * p.ldc + n, p.ldc, columns, e, lacking);
                         }));
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
  for_each_tile<int8_t>(
      call, tile_8([&](auto rows, const __m256i* sums, const char*, int64_t m, int64_t n, int columns, const int32_t*) {
        store_s32<decltype(rows)::value>(sums, c + 4 * (m * p.ldc + n), p.ldc, columns);
      }));
}

void gemm_u8u8s32_avx2(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  for_each_tile<uint8_t>(call, tile_8([&](auto rows, const __m256i* sums, const char*, int64_t m, int64_t n,
                                          int columns, const int32_t* lacking) {
                           constexpr int count = decltype(rows)::value;
                           char* at = c + 4 * (m * p.ldc + n);
                           store_s32<count>(sums, at, p.ldc, columns);
                           add_lacking(at, count, p.ldc, columns, lacking);
                         }));
}

}  // namespace sinter
