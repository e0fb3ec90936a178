// conv in int8, uint8 and int16 by int8 for AVX2: the pixels under each window are gathered, widened to int16, into
// gemm's panel. SPDX-License-Identifier: Apache-2.0
//
// The gather is the widening that gemm does anyway, so a 3x3 kernel over 3 channels has no padded
// taps to multiply: k is 27, not 9 times 8.
#include "core/workers.h"
#include "kernels/conv/gather_avx2.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/tile_avx2_s16.h"

namespace sinter {
namespace {

// T: int8_t, int16_t, or uint8_t with a zero point of the weights.
template <class T>
inline void convolve(const Call* call) {
  constexpr bool corrected = static_cast<T>(-1) > 0;
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[CONV_IN]);
  const char* packed = static_cast<const char*>(call->slots[CONV_WEIGHTS]);
  T* out = static_cast<T*>(call->slots[CONV_OUT]);
  const int32_t shift = corrected ? 128 : 0;
  const Epilogue e = make_epilogue(p.out_zero_point - shift, p.out_min - shift, p.out_max - shift);
  const int64_t channels = p.in_c / p.groups, n = p.out_c / p.groups, k = conv_k(p);
  const int64_t stride = avx2_panel_stride(k), pairs = (k + 1) / 2;
  const int64_t one_tile = sizeof(T) == 2 ? s16_tile_bytes(k) : tile_bytes(tile_form_avx2, k);
  const int64_t one_group = (n + 15) / 16 * one_tile;
  const int64_t plane = int64_t{p.out_h} * p.out_w, pixels = p.batch * plane;
  const int threads = call->workers->threads;
  const int64_t block = fair_rows(pixels, avx2_panel_rows(k), 6, threads);
  const int64_t own_bytes = corrected ? avx2_corrected_panel_bytes(k) : avx2_panel_bytes(k);
  const int64_t blocks = (pixels + block - 1) / block;
  parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
    const int64_t m0 = task / p.groups * block, g = task % p.groups;
    const int64_t rows = pixels - m0 < block ? pixels - m0 : block;
    char* own = static_cast<char*>(call->scratch) + thread * own_bytes;
    int16_t* panel = reinterpret_cast<int16_t*>(own);
    int32_t* lacking = reinterpret_cast<int32_t*>(own + avx2_panel_bytes(k));
    int64_t b = m0 / plane, y = m0 % plane / p.out_w, x = m0 % plane % p.out_w;
    for (int64_t r = 0; r < rows; r++) {
      gather(p, in + b * int64_t{p.in_h} * p.in_w * p.in_c, y, x, g * channels, channels, panel + r * stride);
      if (k & 1) panel[r * stride + k] = 0;
      if (corrected) lacking[r] = scaled_row_sum(panel + r * stride, k, 128 - p.w_zero_point);
      if (++x == p.out_w) {
        x = 0;
        if (++y == p.out_h) {
          y = 0;
          b++;
        }
      }
    }
    for (int64_t n0 = 0; n0 < n; n0 += 16) {
      const char* tile = packed + g * one_group + n0 / 16 * one_tile;
      const int columns = n - n0 < 16 ? static_cast<int>(n - n0) : 16;
      for (int64_t r = 0; r < rows; r += 6) {
        T* c = out + (m0 + r) * p.out_c + g * n + n0;
        with_rows(rows - r, [&](auto constant) {
          if constexpr (sizeof(T) == 2) {
            const Epilogue16 wide = {p.requantization, p.out_min, p.out_max};
            tile_s16<decltype(constant)::value>(panel + r * stride, stride, tile, pairs, c, p.out_c, columns, wide);
          } else if constexpr (corrected) {
            tile_u8<decltype(constant)::value>(panel + r * stride, stride, tile, pairs, c, p.out_c, columns, e,
                                               lacking + r);
          } else {
            tile_s8<decltype(constant)::value>(panel + r * stride, stride, tile, pairs, c, p.out_c, columns, e);
          }
        });
      }
    }
  });
}

}  // namespace

void conv_s8s8s8_avx2(const Call* call) {
  convolve<int8_t>(call);
}
void conv_u8u8u8_avx2(const Call* call) {
  convolve<uint8_t>(call);
}
void conv_s16s8s16_avx2(const Call* call) {
  convolve<int16_t>(call);
}

}  // namespace sinter
