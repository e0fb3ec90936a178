// conv in int8 and uint8 for AVX-512 VNNI: windows are gathered as unsigned bytes into gemm's panel.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

// One window of group channels: kernel_h * kernel_w * channels unsigned bytes.
template <class T>
inline void gather(const ConvParams& p, const T* image, int64_t y, int64_t x, int64_t c0, int64_t channels,
                   uint8_t* out) {
  const int zero = static_cast<T>(-1) > 0 ? p.in_zero_point : p.in_zero_point + 128;
  const int64_t iy0 = y * p.stride_h - p.pad_top, ix0 = x * p.stride_w - p.pad_left;
  const int64_t row_values = p.kernel_w * channels;
  const bool dense = p.dilation_w == 1 && channels == p.in_c;
  int64_t first = 0, last = p.kernel_w;
  while (first < last && ix0 + first * p.dilation_w < 0) first++;
  while (last > first && ix0 + (last - 1) * p.dilation_w >= p.in_w) last--;
  for (int64_t i = 0; i < p.kernel_h; i++, out += row_values) {
    const int64_t iy = iy0 + i * p.dilation_h;
    if (iy < 0 || iy >= p.in_h || first == last) {
      memset(out, zero, static_cast<size_t>(row_values));
      continue;
    }
    if (first > 0) memset(out, zero, static_cast<size_t>(first * channels));
    if (last < p.kernel_w) {
      memset(out + last * channels, zero, static_cast<size_t>((p.kernel_w - last) * channels));
    }
    const T* row = image + (iy * p.in_w + ix0) * p.in_c + c0;
    if (dense) {
      to_unsigned(row + first * p.in_c, (last - first) * channels, out + first * channels);
    } else {
      for (int64_t j = first; j < last; j++) {
        to_unsigned(row + j * p.dilation_w * p.in_c, channels, out + j * channels);
      }
    }
  }
}

// T: int8_t, or uint8_t with a zero point of the weights.
template <class T>
inline void conv_8(const Call* call) {
  constexpr bool corrected = static_cast<T>(-1) > 0;
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[CONV_IN]);
  const char* packed = static_cast<const char*>(call->slots[CONV_WEIGHTS]);
  T* out = static_cast<T*>(call->slots[CONV_OUT]);
  const int32_t shift = corrected ? 128 : 0;
  const VnniEpilogue e = make_vnni_epilogue(p.out_zero_point - shift, p.out_min - shift, p.out_max - shift);
  const int64_t channels = p.in_c / p.groups, n = p.out_c / p.groups, k = conv_k(p);
  const int64_t stride = vnni_panel_stride(k), groups = stride / 4;
  const int64_t one_tile = tile_bytes(tile_form_vnni, k), one_group = packed_tiles_bytes(tile_form_vnni, n, k);
  const int64_t plane = int64_t{p.out_h} * p.out_w, pixels = p.batch * plane;
  const int threads = call->workers->threads;
  int64_t block = vnni_panel_rows(k);
  if (threads > 1) {
    const int64_t fair = ((pixels + threads - 1) / threads + 4) / 5 * 5;
    if (fair < block && fair > 0) block = fair;
  }
  const int64_t own_bytes = corrected ? vnni_corrected_panel_bytes(k) : vnni_panel_bytes(k);
  const int64_t blocks = (pixels + block - 1) / block;
  parallel_for(call->workers, blocks * p.groups, [&](int64_t task, int thread) {
    const int64_t m0 = task / p.groups * block, g = task % p.groups;
    const int64_t rows = pixels - m0 < block ? pixels - m0 : block;
    uint8_t* panel = static_cast<uint8_t*>(call->scratch) + thread * own_bytes;
    int32_t* lacking = reinterpret_cast<int32_t*>(panel + vnni_panel_bytes(k));
    int64_t b = m0 / plane, y = m0 % plane / p.out_w, x = m0 % plane % p.out_w;
    for (int64_t r = 0; r < rows; r++) {
      gather(p, in + b * p.in_h * p.in_w * p.in_c, y, x, g * channels, channels, panel + r * stride);
      for (int64_t i = k; i < stride; i++) panel[r * stride + i] = 0;
      if (corrected) lacking[r] = scaled_byte_sum(panel + r * stride, k, 128 - p.w_zero_point);
      if (++x == p.out_w) {
        x = 0;
        if (++y == p.out_h) {
          y = 0;
          b++;
        }
      }
    }
    for (int64_t n0 = 0; n0 < n; n0 += 64) {
      const char* tile = packed + g * one_group + n0 / 64 * one_tile;
      const int columns = n - n0 < 64 ? static_cast<int>(n - n0) : 64;
      for (int64_t r = 0; r < rows; r += 5) {
        T* c = out + (m0 + r) * p.out_c + g * n + n0;
        with_vnni_rows(rows - r, [&](auto constant) {
          if constexpr (corrected) {
            vnni_tile_u8<decltype(constant)::value>(panel + r * stride, stride, tile, groups, c, p.out_c, columns, e,
                                                    lacking + r);
          } else {
            vnni_tile_s8<decltype(constant)::value>(panel + r * stride, stride, tile, groups, c, p.out_c, columns, e);
          }
        });
      }
    }
  });
}

}  // namespace

void conv_s8s8s8_avx512vnni(const Call* call) {
  conv_8<int8_t>(call);
}
void conv_u8u8u8_avx512vnni(const Call* call) {
  conv_8<uint8_t>(call);
}

}  // namespace sinter
