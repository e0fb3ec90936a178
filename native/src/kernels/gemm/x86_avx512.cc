// gemm in int8 and uint8 for AVX-512 VNNI: rows become unsigned bytes in a panel, then meet tiles of 64 columns.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

// Calls tile_fn(rows constant, panel row, stride, packed tile, groups, m, first column, columns, lacking).
// T: int8_t, or uint8_t with a zero point of the weights; lacking is made for the latter only.
template <class T, class TileFn>
inline void for_each_vnni_tile(const Call* call, const TileFn& tile_fn) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  constexpr bool corrected = static_cast<T>(-1) > 0;
  const T* a = static_cast<const T*>(call->slots[GEMM_A]);
  const char* packed = static_cast<const char*>(call->slots[GEMM_WEIGHTS]);
  const int64_t stride = vnni_panel_stride(p.k), groups = stride / 4;
  const int64_t one_tile = tile_bytes(tile_form_vnni, p.k), tiles = (int64_t{p.n} + 63) / 64;
  const int threads = call->workers->threads;
  int64_t block = vnni_panel_rows(p.k);
  if (threads > 1) {
    const int64_t fair = ((p.m + threads - 1) / threads + 4) / 5 * 5;
    if (fair < block && fair > 0) block = fair;
  }
  const int64_t own_bytes = corrected ? vnni_corrected_panel_bytes(p.k) : vnni_panel_bytes(p.k);
  const int64_t blocks = (p.m + block - 1) / block;
  int64_t chunks = 1;
  if (threads > 1 && blocks < threads) {
    chunks = threads < tiles ? threads : tiles;
    while (chunks > 1 && tiles / chunks * one_tile < 16384) chunks--;
  }
  parallel_for(call->workers, blocks * chunks, [&](int64_t task, int thread) {
    const int64_t m0 = task / chunks * block, chunk = task % chunks;
    const int64_t rows = p.m - m0 < block ? p.m - m0 : block;
    uint8_t* panel = static_cast<uint8_t*>(call->scratch) + thread * own_bytes;
    int32_t* lacking = reinterpret_cast<int32_t*>(panel + vnni_panel_bytes(p.k));
    for (int64_t r = 0; r < rows; r++) {
      to_unsigned(a + (m0 + r) * p.lda, p.k, panel + r * stride);
      for (int64_t k = p.k; k < stride; k++) panel[r * stride + k] = 0;
      if (corrected) lacking[r] = scaled_byte_sum(panel + r * stride, p.k, 128 - p.w_zero_point);
    }
    const int64_t last = tiles * (chunk + 1) / chunks;
    for (int64_t t = tiles * chunk / chunks; t < last; t++) {
      const int columns = p.n - t * 64 < 64 ? static_cast<int>(p.n - t * 64) : 64;
      for (int64_t r = 0; r < rows; r += 5) {
        with_vnni_rows(rows - r, [&](auto constant) {
          tile_fn(constant, panel + r * stride, stride, packed + t * one_tile, groups, m0 + r, t * 64, columns,
                  lacking + r);
        });
      }
    }
  });
}

}  // namespace

void gemm_s8s8s8_avx512vnni(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  const VnniEpilogue e = make_vnni_epilogue(p.out_zero_point, p.out_min, p.out_max);
  for_each_vnni_tile<int8_t>(call, [&](auto constant, const uint8_t* a, int64_t stride, const char* tile,
                                       int64_t groups, int64_t m, int64_t n, int columns, const int32_t*) {
    vnni_tile_s8<decltype(constant)::value>(a, stride, tile, groups, c + m * p.ldc + n, p.ldc, columns, e);
  });
}

void gemm_u8u8u8_avx512vnni(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  uint8_t* c = static_cast<uint8_t*>(call->slots[GEMM_C]);
  const VnniEpilogue e = make_vnni_epilogue(p.out_zero_point - 128, p.out_min - 128, p.out_max - 128);
  for_each_vnni_tile<uint8_t>(call, [&](auto constant, const uint8_t* a, int64_t stride, const char* tile,
                                        int64_t groups, int64_t m, int64_t n, int columns, const int32_t* lacking) {
    vnni_tile_u8<decltype(constant)::value>(a, stride, tile, groups, c + m * p.ldc + n, p.ldc, columns, e, lacking);
  });
}

void gemm_s8s8s32_avx512vnni(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  for_each_vnni_tile<int8_t>(call, [&](auto constant, const uint8_t* a, int64_t stride, const char* tile,
                                       int64_t groups, int64_t m, int64_t n, int columns, const int32_t*) {
    vnni_tile_s32<decltype(constant)::value>(a, stride, tile, groups, c + 4 * (m * p.ldc + n), p.ldc, columns);
  });
}

void gemm_u8u8s32_avx512vnni(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  for_each_vnni_tile<uint8_t>(call, [&](auto constant, const uint8_t* a, int64_t stride, const char* tile,
                                        int64_t groups, int64_t m, int64_t n, int columns, const int32_t* lacking) {
    const int rows = decltype(constant)::value;
    char* at = c + 4 * (m * p.ldc + n);
    vnni_tile_s32<rows>(a, stride, tile, groups, at, p.ldc, columns);
    add_lacking(at, rows, p.ldc, columns, lacking);
  });
}

}  // namespace sinter
