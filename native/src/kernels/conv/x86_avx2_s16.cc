// conv in int16 by int8 for AVX2: the pixels under each window are gathered into gemm's panel.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/conv/gather_avx2.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/tile_avx2_s16.h"

namespace sinter {

void conv_s16s8s16_avx2(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int16_t* in = static_cast<const int16_t*>(call->slots[CONV_IN]);
  const char* packed = static_cast<const char*>(call->slots[CONV_WEIGHTS]);
  int16_t* out = static_cast<int16_t*>(call->slots[CONV_OUT]);
  const Epilogue16 e = {p.requantization, p.out_min, p.out_max};
  const int64_t channels = p.in_c / p.groups, n = p.out_c / p.groups, k = conv_k(p);
  const int64_t stride = avx2_panel_stride(k), pairs = (k + 1) / 2;
  const int64_t one_tile = s16_tile_bytes(k), one_group = (n + 15) / 16 * one_tile;
  const int64_t plane = int64_t{p.out_h} * p.out_w, pixels = p.batch * plane;
  const int64_t block = fair_rows(pixels, avx2_panel_rows(k), 6, call->workers->threads);
  const int64_t blocks = (pixels + block - 1) / block;
  parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
    const int64_t m0 = task / p.groups * block, g = task % p.groups;
    const int64_t rows = pixels - m0 < block ? pixels - m0 : block;
    int16_t* panel = reinterpret_cast<int16_t*>(static_cast<char*>(call->scratch) + thread * avx2_panel_bytes(k));
    for (int64_t r = 0; r < rows; r++) {
      const int64_t m = m0 + r;
      gather(p, in + m / plane * p.in_h * p.in_w * p.in_c, m % plane / p.out_w, m % plane % p.out_w, g * channels,
             channels, p.kernel_w * channels, panel + r * stride);
      if (k & 1) panel[r * stride + k] = 0;
    }
    for (int64_t n0 = 0; n0 < n; n0 += 16) {
      const char* tile = packed + g * one_group + n0 / 16 * one_tile;
      const int columns = n - n0 < 16 ? static_cast<int>(n - n0) : 16;
      for (int64_t r = 0; r < rows; r += 6) {
        with_rows(rows - r, [&](auto constant) {
          tile_s16<decltype(constant)::value>(panel + r * stride, stride, tile, pairs,
                                              out + (m0 + r) * p.out_c + g * n + n0, p.out_c, columns, e);
        });
      }
    }
  });
}

}  // namespace sinter
