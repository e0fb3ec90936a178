// conv of int16 activations and int8 weights for AMX: drive_amx.h on the images' high bytes, whose planes of low bytes
// follow. SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_amx.h"
#include "kernels/conv/split_s16.h"

namespace sinter {
namespace {

struct ConvS16 {
  typedef int16_t In;
  enum { BYTES = 1 };
  const ConvParams& p;
  const char* packed;
  int16_t* out;
  int64_t n, one_tile, one_group;  // of one group of channels
  int64_t plane;                   // from high bytes to low ones
  Bounds16 bounds;

  void copy_line(const int16_t* from, int64_t count, int64_t left, int64_t width, uint8_t* to) const {
    split_padded(from, count, left, width, to, plane);
  }
  void copy_values(const int16_t* from, int64_t count, uint8_t* to) const {
    split_or_zero(from, count, to, plane);
  }
  static int64_t parts() {
    return 1;
  }
  void multiply(AmxTiles* tiles, const AmxRows& windows, int64_t group, int64_t, int64_t pixel, uint8_t*) const {
    const char* of = packed + group * one_group;
    int16_t* c = out + pixel * p.out_c + group * n;
    if (windows.tail) {
      amx_fill_tail(windows.a + plane, windows.rows, windows.stride, windows.steps,
                    const_cast<uint8_t*>(windows.tail) + plane);
    }
    alignas(64) int32_t high[SPLIT_CONV_ROWS * 64], low[SPLIT_CONV_ROWS * 64];
    // Blocks of 32 rows first: the shapes of tiles change for the rest only.
    for (int64_t from = 0; from < windows.rows;) {
      const int64_t left = windows.rows - from, some = left < SPLIT_CONV_ROWS ? left : SPLIT_CONV_ROWS;
      const int64_t rows = some < 32 ? some : some / 32 * 32;
      const AmxRows upper = amx_rows_from(windows, from, rows);
      AmxRows lower = upper;
      lower.a += plane;
      if (lower.tail) lower.tail += plane;
      for (int64_t n0 = 0; n0 < n; n0 += 64) {
        const int columns = n - n0 < 64 ? static_cast<int>(n - n0) : 64, width = (columns + 15) / 16 * 16;
        const char* tile = of + lanes16_bytes(n) + n0 / 64 * one_tile;
        // Sums of all windows, those between lines, too: their places here say nothing of lines.
        put_sums(tiles, upper, tile, width, high);
        put_sums(tiles, lower, tile, width, low);
        amx_each_line(windows, from, static_cast<int>(rows), [&](int first, int count, int64_t result) {
          any_split_results(p.requantization, {high + first * width, low + first * width, width}, count, columns,
                            reinterpret_cast<const Lanes16*>(of) + n0 / 16, bounds, c + result * p.out_c + n0, p.out_c);
        });
      }
      from += rows;
    }
  }
  static void put_sums(AmxTiles* tiles, AmxRows rows, const char* tile, int width, int32_t* sums) {
    rows.lines = {0, 0};
    rows.first = 0;
    amx_tile_32<AMX_U8>(tiles, rows, tile, sums, width, width);
    tiles->finish();
  }
};

}  // namespace

void conv_s16s8s16_amx(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  AmxConvBlock block = amx_conv_block(p, call->workers->threads, 1, false, false);
  const ConvS16 kernel = {p,
                          static_cast<const char*>(call->slots[CONV_WEIGHTS]),
                          static_cast<int16_t*>(call->slots[CONV_OUT]),
                          n,
                          tile_bytes(tile_form_vnni_u8, k, p.kernel_h),
                          s16_split_bytes(n, k, p.kernel_h),
                          split_plane(block.bytes),
                          {p.out_min, p.out_max}};
  block.bytes = 2 * kernel.plane;
  conv_amx(call, block, kernel);
}

}  // namespace sinter
