// gemm in int8 and uint8 for AMX: rows, read where they are, meet tiles of up to 64 columns.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/tasks.h"
#include "kernels/gemm/tile_amx.h"

namespace sinter {
namespace {

// Calls tile_fn(tiles, rows of A, packed tile, first row, first column, columns).
// T: int8_t, or uint8_t with a zero point of the weights; only the latter's sums lack something.
template <class T, class TileFn>
inline void for_each_amx_tile(const Call* call, int64_t most, const TileFn& tile_fn) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  constexpr bool is_unsigned = static_cast<T>(-1) > 0;
  const bool corrected = is_unsigned && p.w_zero_point != 128;
  const uint8_t* a = static_cast<const uint8_t*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  const AmxSteps steps = amx_steps(p.k);
  const int64_t one_tile = tile_bytes(tile_form_vnni, p.k), tiles = (int64_t{p.n} + 63) / 64;
  const int threads = call->workers->threads;
  const int64_t block = fair_rows(p.m, amx_block_rows(p.k), 16, threads);
  const ProductTasks tasks = product_tasks(p.m, block, tiles, one_tile, LEAST_BYTES, threads);
  parallel_for(call->workers, tasks.count(), [&](int64_t task, int thread) {
    const ProductTask cut = tasks.at(task);
    const int64_t m0 = cut.first_row, rows = cut.rows;
    uint8_t* tail = static_cast<uint8_t*>(call->scratch) + thread * amx_scratch_bytes(p.k);
    uint8_t* strip = tail + 64 * amx_block_rows(p.k);
    int32_t* lacking = reinterpret_cast<int32_t*>(strip + amx_strip_bytes(p.k));
    AmxRows all = {a + m0 * p.lda, rows, p.lda, 1, 0, steps, nullptr, nullptr, 0, {0, 0}};
    if (steps.tail) {
      amx_fill_tail(all.a, rows, p.lda, steps, tail);
      all.tail = tail;
    }
    AmxTiles shapes;
    if (corrected) {
      const int64_t whole = rows / 32 * 32;
      amx_lacking(&shapes, amx_rows_from(all, 0, whole), 128 - p.w_zero_point, lacking);
      amx_lacking(&shapes, amx_rows_from(all, whole, rows - whole), 128 - p.w_zero_point, lacking);
      all.lacking = lacking;
    }
    // Rows whose vectors cross lines are copied where enough columns meet them.
    const bool crossing = (reinterpret_cast<uintptr_t>(a) | static_cast<uintptr_t>(p.lda)) % 64 != 0;
    const bool copied = crossing && p.k >= 128 && cut.end_tile - cut.first_tile >= AMX_COPY_COLUMNS / 64;
    amx_each_strip(all, packed, one_tile, cut.first_tile, cut.end_tile, most, copied ? strip : nullptr,
                   [&](const AmxRows& part, int64_t t) {
                     const int columns = p.n - t * 64 < 64 ? static_cast<int>(p.n - t * 64) : 64;
                     tile_fn(&shapes, part, packed + t * one_tile, m0, t * 64, columns);
                   });
    shapes.release();
  });
}

template <class T>
inline void gemm_8(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  constexpr AmxProduct product = static_cast<T>(-1) < 0 ? AMX_S8 : AMX_U8;
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  const VnniEpilogue e = make_vnni_epilogue(product == AMX_U8, p.out_zero_point, p.out_min, p.out_max);
  for_each_amx_tile<T>(call, p.m,
                       [&](AmxTiles* tiles, const AmxRows& rows, const char* tile, int64_t m, int64_t n, int columns) {
                         amx_tile_8<product>(tiles, rows, tile, c + m * p.ldc + n, p.ldc, columns, e);
                       });
}

template <class T>
inline void gemm_32(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  constexpr AmxProduct product = static_cast<T>(-1) < 0 ? AMX_S8 : AMX_U8;
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  for_each_amx_tile<T>(call, AMX_STRIP_ROWS_32,
                       [&](AmxTiles* tiles, const AmxRows& rows, const char* tile, int64_t m, int64_t n, int columns) {
                         amx_tile_32<product>(tiles, rows, tile, c + 4 * (m * p.ldc + n), p.ldc, columns);
                       });
}

// One row leaves tiles mostly empty, and is bound by how fast weights come: vectors, which read the same packing, take
// it no slower, and with the core's other hardware thread busy in a third of the time.
inline bool is_one_row(const Call* call) {
  return static_cast<const GemmParams*>(call->params)->m == 1;
}

}  // namespace

// x86_avx512.cc
void gemm_s8s8s8_avx512vnni(const Call* call);
void gemm_u8u8u8_avx512vnni(const Call* call);
void gemm_s8s8s32_avx512vnni(const Call* call);
void gemm_u8u8s32_avx512vnni(const Call* call);

void gemm_s8s8s8_amx(const Call* call) {
  is_one_row(call) ? gemm_s8s8s8_avx512vnni(call) : gemm_8<int8_t>(call);
}
void gemm_u8u8u8_amx(const Call* call) {
  is_one_row(call) ? gemm_u8u8u8_avx512vnni(call) : gemm_8<uint8_t>(call);
}
void gemm_s8s8s32_amx(const Call* call) {
  is_one_row(call) ? gemm_s8s8s32_avx512vnni(call) : gemm_32<int8_t>(call);
}
void gemm_u8u8s32_amx(const Call* call) {
  is_one_row(call) ? gemm_u8u8s32_avx512vnni(call) : gemm_32<uint8_t>(call);
}

}  // namespace sinter
