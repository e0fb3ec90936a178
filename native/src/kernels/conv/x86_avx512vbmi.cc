// conv in int8 and uint8 to at most eight channels for AVX-512 with permutations of bytes: a vector holds four values
// of each of 16 windows side by side, and meets one channel's weights after the other. SPDX-License-Identifier:
// Apache-2.0
//
// With channels in a vector, as gemm's tiles have them, half or more of it would be empty, in the products as in what
// becomes of sums. Windows are read from the padded copy of the image that the VNNI rows make.
#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

constexpr int CHANNELS = 8;

struct Narrow {
  const ConvParams& p;
  const char* packed;
  ConvBlock block;
  VnniEpilogue e;
  int64_t groups, own_bytes;  // groups: of four values, of a window's row
  uint8_t zero, flip;
  int32_t factor, last_ones;  // what sums lack: factor times the sum of a window; its last group: where values are
  // Bytes of 16 windows' next four values in the 64 from the first one's on; WIDE: of eight in 64 and eight in 64 more.
  __m512i low, high;
  int64_t half;
  __m512i closed;  // order of bytes that leaves out channels that are not there
};

template <bool WIDE>
SINTER_ONE_INSTRUCTION __m512i windows_at(const Narrow& q, const uint8_t* a) {
  const __m512i some = _mm512_permutexvar_epi8(q.low, _mm512_loadu_si512(a));
  if (!WIDE) return some;
  return _mm512_mask_permutexvar_epi8(some, 0xffffffff00000000, q.high, _mm512_loadu_si512(a + q.half));
}

// Four channels of 16 windows: a word for each window, within each quarter of the vector.
template <bool SMALL>
SINTER_VNNI_INLINE __m512i four_channels(const Narrow& q, const __m512i* sums, const float* scale) {
  const __m512 highest = _mm512_set1_ps(q.e.highest);
  const __m512i zero_point = _mm512_set1_epi16(q.e.zero_point);
  __m512i s[4];
  vnni_repeat<4>([&](auto j)
                     SINTER_VNNI_LAMBDA { s[j] = vnni_scaled<SMALL>(sums[j], _mm512_set1_ps(scale[j]), highest); });
  const __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(s[0], s[1]), zero_point);
  const __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(s[2], s[3]), zero_point);
  __m512i bytes = _mm512_max_epi8(_mm512_packs_epi16(first, second), _mm512_set1_epi8(q.e.out_min));
  if (SMALL) bytes = _mm512_min_epi8(bytes, _mm512_set1_epi8(q.e.out_max));
  const __m512i turned = _mm512_set4_epi32(0x0f0b0703, 0x0e0a0602, 0x0d090501, 0x0c080400);
  return _mm512_shuffle_epi8(_mm512_xor_si512(bytes, _mm512_set1_epi8(q.e.flip)), turned);
}

// Results of `count` (1..16) windows.
template <bool SMALL>
SINTER_VNNI_INLINE void put_windows(const Narrow& q, const __m512i* sums, char* out, int64_t count) {
  const float* scale = reinterpret_cast<const float*>(q.packed + 64);
  const __m512i a = four_channels<SMALL>(q, sums, scale), b = four_channels<SMALL>(q, sums + 4, scale + 4);
  const __m512i even = _mm512_unpacklo_epi32(a, b), odd = _mm512_unpackhi_epi32(a, b);  // two windows of each four
  const __m512i front = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0), back = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  __m512i first = _mm512_permutex2var_epi64(even, front, odd), second = _mm512_permutex2var_epi64(even, back, odd);
  const int64_t channels = q.p.out_c, most = 8 * channels;
  if (channels < CHANNELS) {
    first = _mm512_permutexvar_epi8(q.closed, first);
    second = _mm512_permutexvar_epi8(q.closed, second);
  }
  vnni_store_some(out, first, count < 8 ? count * channels : most);
  if (count > 8) vnni_store_some(out + most, second, (count - 8) * channels);
}

// Results of `count` windows from the one at `a` on, up to 16 * VECTORS; their kernel rows are `pitch` apart.
template <bool CORRECTED, bool WIDE, bool SMALL, int VECTORS>
SINTER_VNNI_INLINE void some_windows(const Narrow& q, const uint8_t* a, int64_t pitch, char* out, int64_t count) {
  const int32_t* bias = reinterpret_cast<const int32_t*>(q.packed);
  __m512i sums[CHANNELS * VECTORS], all[VECTORS];
  vnni_repeat<CHANNELS>([&](auto j) SINTER_VNNI_LAMBDA {
    vnni_repeat<VECTORS>([&](auto v) SINTER_VNNI_LAMBDA { sums[CHANNELS * v + j] = _mm512_set1_epi32(bias[j]); });
  });
  vnni_repeat<VECTORS>([&](auto v) SINTER_VNNI_LAMBDA { all[v] = _mm512_setzero_si512(); });
  const char* w = q.packed + vnni_header_bytes;
  const int64_t next = 2 * q.half;
  for (int64_t i = q.p.kernel_h; i > 0; i--, a += pitch) {
    const uint8_t* at = a;
    for (int64_t g = q.groups; g > 0; g--, at += 4, w += 64) {
      __m512i x[VECTORS];
      vnni_repeat<VECTORS>([&](auto v) SINTER_VNNI_LAMBDA { x[v] = windows_at<WIDE>(q, at + v * next); });
      vnni_repeat<CHANNELS>([&](auto j) SINTER_VNNI_LAMBDA {
        int32_t four_weights;
        memcpy(&four_weights, w + 4 * j, 4);
        const __m512i weights = _mm512_set1_epi32(four_weights);
        vnni_repeat<VECTORS>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&sums[CHANNELS * v + j], x[v], weights); });
      });
      if constexpr (CORRECTED) {
        const __m512i ones = _mm512_set1_epi32(g == 1 ? q.last_ones : 0x01010101);
        vnni_repeat<VECTORS>([&](auto v) SINTER_VNNI_LAMBDA { dot4(&all[v], x[v], ones); });
      }
    }
  }
  vnni_repeat<VECTORS>([&](auto v) SINTER_VNNI_LAMBDA {
    if constexpr (CORRECTED) {
      const __m512i lacking = _mm512_mullo_epi32(all[v], _mm512_set1_epi32(q.factor));
      vnni_repeat<CHANNELS>([&](auto j) SINTER_VNNI_LAMBDA {
        sums[CHANNELS * v + j] = _mm512_add_epi32(sums[CHANNELS * v + j], lacking);
      });
    }
    const int64_t left = count - 16 * v;
    put_windows<SMALL>(q, sums + CHANNELS * v, out + 16 * v * q.p.out_c, left < 16 ? left : 16);
  });
}

template <bool CORRECTED, bool WIDE, bool SMALL>
__attribute__((noinline)) void lines(const Narrow& q, const uint8_t* a, int64_t count, char* out) {
  const int64_t width = q.p.out_w, step = 16 * int64_t{q.p.stride_w} * q.p.in_c;
  const KeptForm kept = kept_form(q.p, q.block.sparse, count);
  const int64_t pitch = kept.apart * q.block.pitch;
  for (int64_t y = 0; y < count; y++, a += kept.step * q.block.pitch) {
    const uint8_t* at = a;
    int64_t x = 0;
    for (; width - x > 16; x += 32, at += 2 * step, out += 32 * q.p.out_c) {
      const int64_t left = width - x < 32 ? width - x : 32;
      some_windows<CORRECTED, WIDE, SMALL, 2>(q, at, pitch, out, left);
      if (left < 32) out -= (32 - left) * q.p.out_c;
    }
    if (x < width) {
      some_windows<CORRECTED, WIDE, SMALL, 1>(q, at, pitch, out, width - x);
      out += (width - x) * q.p.out_c;
    }
  }
}

template <bool CORRECTED, bool WIDE>
inline void lines_by_scale(const Narrow& q, const uint8_t* a, int64_t count, char* out) {
  if (vnni_scales_are_small(q.packed, q.p.out_c)) {
    lines<CORRECTED, WIDE, true>(q, a, count, out);
  } else {
    lines<CORRECTED, WIDE, false>(q, a, count, out);
  }
}

// T: int8_t, or uint8_t with a zero point of the weights.
template <class T>
inline void narrow(const Call* call) {
  constexpr bool is_unsigned = static_cast<T>(-1) > 0;
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t run = int64_t{p.kernel_w} * p.in_c, step = int64_t{p.stride_w} * p.in_c;
  const int threads = call->workers->threads;
  if (int64_t{p.batch} * p.out_h * p.out_w == 0) return;
  const bool wide = step > 4;
  alignas(64) uint8_t low[64], high[64], closed[64];
  for (int i = 0; i < 64; i++) {
    low[i] = static_cast<uint8_t>(i / 4 * step + i % 4);
    high[i] = static_cast<uint8_t>((i / 4 - 8) * step + i % 4);
    closed[i] = static_cast<uint8_t>(i / p.out_c * CHANNELS + i % p.out_c);
  }
  const ConvBlock block = conv_block(p, threads, false);
  const Narrow q = {p,
                    static_cast<const char*>(call->slots[CONV_WEIGHTS]),
                    block,
                    make_vnni_epilogue(is_unsigned, p.out_zero_point, p.out_min, p.out_max),
                    (run + 3) / 4,
                    block.bytes + CONV_NARROW_OVERREAD,
                    static_cast<uint8_t>(p.in_zero_point),
                    static_cast<uint8_t>(is_unsigned ? 0 : 0x80),
                    128 - p.w_zero_point,
                    run % 4 == 0 ? 0x01010101 : (1 << run % 4 * 8) / 255,
                    _mm512_load_si512(low),
                    _mm512_load_si512(high),
                    8 * step,
                    _mm512_load_si512(closed)};
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[CONV_IN]);
  char* out = static_cast<char*>(call->slots[CONV_OUT]);
  const int64_t line = int64_t{p.in_w} * p.in_c, left_bytes = int64_t{p.pad_left} * p.in_c;
  const int64_t blocks = (p.out_h + block.rows - 1) / block.rows;
  parallel_for(call->workers, p.batch * blocks, [&](int64_t task, int thread) {
    const int64_t b = task / blocks, y0 = task % blocks * block.rows;
    const int64_t count = p.out_h - y0 < block.rows ? p.out_h - y0 : block.rows;
    uint8_t* own = static_cast<uint8_t*>(call->scratch) + thread * q.own_bytes;
    each_kept_line(p, block.sparse, y0, count, [&](int64_t i, int64_t iy) {
      const bool inside = iy >= 0 && iy < p.in_h;
      vnni_copy_padded(inside ? in + (b * p.in_h + iy) * line : nullptr, line, left_bytes, block.pitch, q.zero, q.flip,
                       own + i * block.pitch);
    });
    char* to = out + (b * p.out_h + y0) * p.out_w * p.out_c;
    if (is_unsigned && p.w_zero_point != 128) {
      wide ? lines_by_scale<true, true>(q, own, count, to) : lines_by_scale<true, false>(q, own, count, to);
    } else {
      wide ? lines_by_scale<false, true>(q, own, count, to) : lines_by_scale<false, false>(q, own, count, to);
    }
  });
}

}  // namespace

void conv_s8s8s8_avx512vbmi(const Call* call) {
  narrow<int8_t>(call);
}
void conv_u8u8u8_avx512vbmi(const Call* call) {
  narrow<uint8_t>(call);
}

}  // namespace sinter
