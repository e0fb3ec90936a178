// conv in int8 and uint8 for AMX. SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "kernels/conv/drive_amx.h"

namespace sinter {
namespace {

template <AmxProduct PRODUCT>
struct Conv8 {
  typedef uint8_t In;
  enum { BYTES = 1 };
  const ConvParams& p;
  const char* packed;
  char* out;
  VnniEpilogue e;
  int64_t n, one_tile, one_group;  // of one group of channels
  uint8_t zero;
  int32_t factor;  // of a window's sum, to what its sums lack

  void copy_line(const uint8_t* from, int64_t count, int64_t left, int64_t width, uint8_t* to) const {
    vnni_copy_padded(from, count, left, width, zero, 0, to);
  }
  void copy_values(const uint8_t* from, int64_t count, uint8_t* to) const {
    if (from) {
      memcpy(to, from, static_cast<size_t>(count));
    } else {
      memset(to, zero, static_cast<size_t>(count));
    }
  }
  static int64_t parts() {
    return 1;
  }
  void multiply(AmxTiles* tiles, const AmxRows& windows, int64_t group, int64_t, int64_t pixel, uint8_t* room) const {
    AmxRows rows = windows;
    int32_t* lacking = reinterpret_cast<int32_t*>(room);
    if (factor != 0) {
      const int64_t whole = rows.rows / 32 * 32;
      amx_lacking(tiles, amx_rows_from(rows, 0, whole), factor, lacking);
      amx_lacking(tiles, amx_rows_from(rows, whole, rows.rows - whole), factor, lacking);
      rows.lacking = lacking;
    }
    char* c = out + pixel * p.out_c + group * n;
    const char* weights = packed + group * one_group;
    amx_each_strip(rows, weights, one_tile, 0, (n + 63) / 64, rows.rows, nullptr, [&](const AmxRows& part, int64_t t) {
      const int columns = n - t * 64 < 64 ? static_cast<int>(n - t * 64) : 64;
      amx_tile_8<PRODUCT>(tiles, part, weights + t * one_tile, c + t * 64, p.out_c, columns, e);
    });
  }
};

template <AmxProduct PRODUCT>
inline void conv_8(const Call* call) {
  constexpr bool is_unsigned = PRODUCT == AMX_U8;
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  const Conv8<PRODUCT> kernel = {p,
                                 static_cast<const char*>(call->slots[CONV_WEIGHTS]),
                                 static_cast<char*>(call->slots[CONV_OUT]),
                                 make_vnni_epilogue(is_unsigned, p.out_zero_point, p.out_min, p.out_max),
                                 n,
                                 tile_bytes(tile_form_vnni, k, p.kernel_h),
                                 packed_tiles_bytes(tile_form_vnni, n, k, p.kernel_h),
                                 static_cast<uint8_t>(p.in_zero_point),
                                 is_unsigned ? 128 - p.w_zero_point : 0};
  conv_amx(call, amx_conv_block(p, call->workers->threads, 1, false, is_unsigned), kernel);
}

}  // namespace

void conv_s8s8s8_amx(const Call* call) {
  conv_8<AMX_S8>(call);
}
void conv_u8u8u8_amx(const Call* call) {
  conv_8<AMX_U8>(call);
}

}  // namespace sinter
