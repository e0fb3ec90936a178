// depthwise in float, activations as floats or bfloat16, written once for every vector unit: a vector of channels of
// some neighbouring outputs at a time. For 3x3 kernels, with 32 registers for 5x5 ones, too, each pixel is loaded once
// for all of the four to eight outputs that see it. Of other kernels, outputs at the image's sides go one at a time,
// four vectors of channels abreast. SPDX-License-Identifier: Apache-2.0
//
// Included by the <arch>_<isa>_f32.cc files after their struct V (in an anonymous namespace, like all of this):
//   F, W          a vector of W floats;  REGISTERS  how many there are
//   first(n)      the Mask of the first n lanes; load and store take one as a last argument and touch no other lane.
//                 For rows with activations in bfloat16, uint16_t, they take those, too
//   FREE_MASKS    whether that takes no longer; then Half is half as many lanes, else V itself
//   fma(a, b, c)  a * b + c, rounded once;  bound(v, low, high);  set(x)
//   index(int32_t[W]), pick(v, index)   lane l of the result is lane index[l] of v
#ifndef SINTER_KERNELS_DEPTHWISE_VECTOR_F32_H_
#define SINTER_KERNELS_DEPTHWISE_VECTOR_F32_H_

#include <stdint.h>

#include <type_traits>

#include "core/workers.h"
#include "kernels/depthwise/f32.h"
#include "kernels/simd/repeat.h"

namespace sinter {
namespace {

// One row of outputs: the taps that lie inside the image are rows [i0, i1) of the kernel.
template <class I, class O>
struct OutputRow {
  typedef I In;
  typedef O Out;
  const DepthwiseParams* p;
  const In* image;  // of this batch
  const float* packed;
  Out* out;
  int64_t iy0;  // input row of kernel row 0
  int64_t i0, i1;
  int64_t channels, pitch;
  V::F low, high;
};

template <class R>
inline V::F clamp(const R& r, V::F v) {
  return V::bound(v, r.low, r.high);
}

// Where the multiplier is not 1: the input channels of `count` outputs from channel c on, and which lane takes which.
struct Sources {
  int64_t first, count;
  V::Index lanes;
};
inline Sources sources_of(int64_t multiplier, int64_t c, int64_t count) {
  Sources s;
  s.first = c / multiplier;
  int64_t of_source = c % multiplier;
  int32_t lanes[V::W], lane = 0;
  for (int64_t l = 0; l < V::W; l++) {
    lanes[l] = lane;
    if (++of_source == multiplier && l + 1 < count) {
      of_source = 0;
      lane++;
    }
  }
  s.count = lane + 1;
  s.lanes = V::index(lanes);
  return s;
}

// Loads a vector of a pixel's channels, or its first lanes.
template <class T>
struct Whole {
  template <class In>
  typename T::F operator()(const In* pixel) const {
    return T::load(pixel);
  }
  template <class Out>
  void store(Out* out, typename T::F v) const {
    T::store(out, v);
  }
};
template <class T>
struct Masked {
  typename T::Mask mask;
  template <class In>
  typename T::F operator()(const In* pixel) const {
    return T::load(pixel, mask);
  }
  template <class Out>
  void store(Out* out, typename T::F v) const {
    T::store(out, v, mask);
  }
};

// COUNT vectors of channels of an output, from channel c on; `lanes` are those of the last one.
template <int COUNT, class R, class Lanes>
SINTER_UNROLLED void vectors_abreast(const R& r, const DepthwiseTaps& taps, const typename R::In* window, int64_t c,
                                     typename R::Out* out, const Lanes& lanes) {
  V::F s[COUNT];
  repeat<COUNT>([&](auto v) SINTER_UNROLLED_LAMBDA { s[v] = V::load(r.packed + c + v * V::W); });
  for (int64_t a = taps.outer; a < taps.outer_end; a++) {
    const typename R::In* pixel = window + c + a * taps.outer_pixel + taps.inner * taps.inner_pixel;
    const float* w = r.packed + c + r.pitch + a * taps.outer_weight + taps.inner * taps.inner_weight;
    for (int64_t b = taps.inner; b < taps.inner_end; b++, pixel += taps.inner_pixel, w += taps.inner_weight) {
      repeat<COUNT>([&](auto v) SINTER_UNROLLED_LAMBDA {
        const V::F x = v + 1 < COUNT ? V::load(pixel + v * V::W) : lanes(pixel + v * V::W);
        s[v] = V::fma(x, V::load(w + v * V::W), s[v]);
      });
    }
  }
  repeat<COUNT>([&](auto v) SINTER_UNROLLED_LAMBDA {
    const V::F sum = clamp(r, s[v]);
    if constexpr (v + 1 < COUNT) {
      V::store(out + c + v * V::W, sum);
    } else {
      lanes.store(out + c + v * V::W, sum);
    }
  });
}

// Up to four vectors of channels.
template <class R, class Lanes>
inline void some_abreast(const R& r, const DepthwiseTaps& taps, const typename R::In* window, int64_t c,
                         typename R::Out* out, const Lanes& lanes) {
  switch ((r.channels - c + V::W - 1) / V::W) {
    case 1:
      vectors_abreast<1>(r, taps, window, c, out, lanes);
      break;
    case 2:
      vectors_abreast<2>(r, taps, window, c, out, lanes);
      break;
    case 3:
      vectors_abreast<3>(r, taps, window, c, out, lanes);
      break;
    default:
      vectors_abreast<4>(r, taps, window, c, out, lanes);
      break;
  }
}

// Output x with the kernel columns [j0, j1) inside the image; any multiplier.
template <class R>
inline void one_output(const R& r, int64_t x, int64_t j0, int64_t j1) {
  const DepthwiseParams& p = *r.p;
  const int64_t tap = int64_t{p.dilation_w} * p.in_c;
  const typename R::In* window = r.image + (r.iy0 * p.in_w + x * p.stride_w - p.pad_left) * p.in_c;
  const int64_t row_step = int64_t{p.dilation_h} * p.in_w * p.in_c;
  const DepthwiseTaps taps = depthwise_f32_taps(p, r.i0, r.i1, j0, j1, row_step, tap);
  typename R::Out* out = r.out + x * r.channels;
  int64_t c = 0;
  if (p.multiplier == 1) {
    for (; c + 4 * V::W <= r.channels; c += 4 * V::W) vectors_abreast<4>(r, taps, window, c, out, Whole<V>());
    if (c == r.channels) return;
    const int64_t last = (r.channels - c) % V::W;
    if (last == 0) {
      some_abreast(r, taps, window, c, out, Whole<V>());
    } else {
      some_abreast(r, taps, window, c, out, Masked<V>{V::first(last)});
    }
    return;
  }
  for (; c < r.channels; c += V::W) {
    const int64_t count = r.channels - c < V::W ? r.channels - c : V::W;
    const Sources sources = sources_of(p.multiplier, c, count);
    const V::Mask mask = V::first(sources.count);
    V::F sum = V::load(r.packed + c);  // rows of the packed form are whole vectors
    for (int64_t a = taps.outer; a < taps.outer_end; a++) {
      const typename R::In* pixel = window + sources.first + a * taps.outer_pixel;
      const float* w = r.packed + c + r.pitch + a * taps.outer_weight;
      for (int64_t b = taps.inner; b < taps.inner_end; b++) {
        const V::F x = V::pick(V::load(pixel + b * taps.inner_pixel, mask), sources.lanes);
        sum = V::fma(x, V::load(w + b * taps.inner_weight), sum);
      }
    }
    V::store(out + c, clamp(r, sum), V::first(count));
  }
}

// Where a channel of the window of output x starts, and the steps between pixels.
template <class In>
struct Pixels {
  const In* at;
  int64_t row_step, output_step, tap;
};

// Where OUTPUTS neighbouring outputs find their pixels.
template <class In, int KERNEL>
struct Windows {
  const In* at[KERNEL];  // the rows under the kernel, in the first window's first column
  int64_t ix0;           // which is this one of the image
  int64_t dilation;      // from a column of a window to the next, and from an output to the next
  uint32_t inside;       // bit i: row i is inside the image
};

// OUTPUTS neighbouring outputs of a vector T of channels from c on; KERNEL x KERNEL taps, multiplier 1. Dilated across,
// at stride 1, neighbours are those that share pixels: as far apart as the taps. EDGE: rows or columns of the windows
// may be outside of the image and are left out.
template <class T, int KERNEL, int STRIDE, int OUTPUTS, bool EDGE, class R, class Lanes>
SINTER_UNROLLED void neighbours(const R& r, const Windows<typename R::In, KERNEL>& windows, int64_t c,
                                typename T::F low, typename T::F high, typename R::Out* out, const Lanes& lanes) {
  typedef typename T::F F;
  const float* packed = r.packed + c;
  const int64_t dilation = windows.dilation, pitch = r.pitch, step = dilation * r.channels;
  const int64_t column_step = dilation * r.p->in_c, in_w = r.p->in_w;
  const uint32_t inside = windows.inside;
  const F bias = T::load(packed);
  F w[KERNEL * KERNEL], s[OUTPUTS];
  repeat<KERNEL * KERNEL>([&](auto t) SINTER_UNROLLED_LAMBDA { w[t] = T::load(packed + (t + 1) * pitch); });
  repeat<OUTPUTS>([&](auto output) SINTER_UNROLLED_LAMBDA { s[output] = bias; });
  int64_t offset = c, ix = windows.ix0;
  repeat<(OUTPUTS - 1) * STRIDE + KERNEL>([&](auto column) SINTER_UNROLLED_LAMBDA {
    if (!EDGE || (ix >= 0 && ix < in_w)) {
      repeat<KERNEL>([&](auto i) SINTER_UNROLLED_LAMBDA {
        if (!EDGE || (inside & 1u << i)) {
          const F pixel = lanes(windows.at[i] + offset);
          repeat<OUTPUTS>([&](auto output) SINTER_UNROLLED_LAMBDA {
            constexpr int j = constant_of<decltype(column)>() - constant_of<decltype(output)>() * STRIDE;
            if constexpr (j >= 0 && j < KERNEL) s[output] = T::fma(pixel, w[i * KERNEL + j], s[output]);
          });
        }
      });
    }
    offset += column_step;
    ix += dilation;
    __asm__("" : "+r"(offset));  // or GCC computes all columns' addresses first, and keeps them in vector registers
  });
  out += c;
  repeat<OUTPUTS>([&](auto output) SINTER_UNROLLED_LAMBDA {
    lanes.store(out, T::bound(s[output], low, high));
    out += step;
  });
}

// All channels.
template <int KERNEL, int STRIDE, int OUTPUTS, bool EDGE, class R>
inline void all_channels(const R& r, const Windows<typename R::In, KERNEL>& windows, typename R::Out* out) {
  typedef typename V::Half Half;
  const V::F low = r.low, high = r.high;
  int64_t c = 0;
  if constexpr (V::FREE_MASKS) {
    for (; c + Half::W < r.channels; c += V::W) {
      neighbours<V, KERNEL, STRIDE, OUTPUTS, EDGE>(r, windows, c, low, high, out, Masked<V>{V::first(r.channels - c)});
    }
  } else {
    for (; c + V::W <= r.channels; c += V::W) {
      neighbours<V, KERNEL, STRIDE, OUTPUTS, EDGE>(r, windows, c, low, high, out, Whole<V>());
    }
  }
  const int64_t left = r.channels - c;
  if (left <= 0) return;
  if constexpr (V::FREE_MASKS) {
    const typename Half::F half_low = Half::set(r.p->act_min), half_high = Half::set(r.p->act_max);
    neighbours<Half, KERNEL, STRIDE, OUTPUTS, EDGE>(r, windows, c, half_low, half_high, out,
                                                    Masked<Half>{Half::first(left)});
  } else {
    neighbours<V, KERNEL, STRIDE, OUTPUTS, EDGE>(r, windows, c, low, high, out, Masked<V>{V::first(left)});
  }
}

// A row of OUTPUTS outputs or more; dilated across, of so many from each of the first ones on.
template <int KERNEL, int STRIDE, int OUTPUTS, class R>
__attribute__((noinline)) void whole_row(const R& r) {
  const DepthwiseParams& p = *r.p;
  const int64_t dilation = p.dilation_w, reach = ((OUTPUTS - 1) * STRIDE + KERNEL - 1) * dilation;
  Windows<typename R::In, KERNEL> windows;
  windows.dilation = dilation;
  windows.inside = (1u << r.i1) - (1u << r.i0);
  const bool all_rows = r.i1 - r.i0 == KERNEL;
  for (int64_t first = 0; first < dilation; first++) {
    const int64_t outputs = (p.out_w - first + dilation - 1) / dilation;
    for (int64_t n = 0; n < outputs; n += OUTPUTS) {
      // The last ones overlap those before: they are computed twice, to the same values.
      if (n + OUTPUTS > outputs) n = outputs - OUTPUTS;
      const int64_t x = first + n * dilation, ix0 = x * STRIDE - p.pad_left;
      windows.ix0 = ix0;
      for (int64_t i = 0; i < KERNEL; i++) {
        windows.at[i] = r.image + ((r.iy0 + i * p.dilation_h) * p.in_w + ix0) * p.in_c;
      }
      typename R::Out* const out = r.out + x * r.channels;
      if (all_rows && ix0 >= 0 && ix0 + reach < p.in_w) {
        all_channels<KERNEL, STRIDE, OUTPUTS, false>(r, windows, out);
      } else {
        all_channels<KERNEL, STRIDE, OUTPUTS, true>(r, windows, out);
      }
    }
  }
}

// Four outputs of any kernel.
template <class R, class Lanes>
SINTER_UNROLLED void four_of_any(const R& r, const Pixels<typename R::In>& pixels, const float* packed,
                                 typename R::Out* out, const Lanes& lanes) {
  const int64_t step = pixels.output_step;
  const DepthwiseTaps taps = depthwise_f32_taps(*r.p, r.i0, r.i1, 0, r.p->kernel_w, pixels.row_step, pixels.tap);
  V::F s0 = V::load(packed), s1 = s0, s2 = s0, s3 = s0;
  for (int64_t a = taps.outer; a < taps.outer_end; a++) {
    const typename R::In* pixel = pixels.at + a * taps.outer_pixel + taps.inner * taps.inner_pixel;
    const float* w = packed + r.pitch + a * taps.outer_weight + taps.inner * taps.inner_weight;
    for (int64_t b = taps.inner; b < taps.inner_end; b++, pixel += taps.inner_pixel, w += taps.inner_weight) {
      const V::F weight = V::load(w);
      s0 = V::fma(lanes(pixel), weight, s0);
      s1 = V::fma(lanes(pixel + step), weight, s1);
      s2 = V::fma(lanes(pixel + 2 * step), weight, s2);
      s3 = V::fma(lanes(pixel + 3 * step), weight, s3);
    }
  }
  lanes.store(out, clamp(r, s0));
  lanes.store(out + r.channels, clamp(r, s1));
  lanes.store(out + 2 * r.channels, clamp(r, s2));
  lanes.store(out + 3 * r.channels, clamp(r, s3));
}

// Outputs x .. x + 3, all columns of their windows inside the image, multiplier 1.
template <class R>
inline void four_outputs(const R& r, int64_t x) {
  const DepthwiseParams& p = *r.p;
  Pixels<typename R::In> pixels;
  pixels.at = r.image + (r.iy0 * p.in_w + x * p.stride_w - p.pad_left) * p.in_c;
  pixels.row_step = int64_t{p.dilation_h} * p.in_w * p.in_c;
  pixels.output_step = int64_t{p.stride_w} * p.in_c;
  pixels.tap = int64_t{p.dilation_w} * p.in_c;
  typename R::Out* out = r.out + x * r.channels;
  int64_t c = 0;
  for (; c + V::W <= r.channels; c += V::W, pixels.at += V::W) {
    four_of_any(r, pixels, r.packed + c, out + c, Whole<V>());
  }
  if (c < r.channels) four_of_any(r, pixels, r.packed + c, out + c, Masked<V>{V::first(r.channels - c)});
}

// The function for rows of outputs that share their pixels, or null.
template <class R>
using WholeRow = void(const R& r);
template <int STRIDE, class R>
inline WholeRow<R>* whole_row_of_3(int64_t outputs) {
  constexpr int64_t most = V::REGISTERS >= 32 ? 8 : 6;  // each has a sum beside the nine taps and a pixel
  const int64_t parts = (outputs + most - 1) / most, each = (outputs + parts - 1) / parts;
  if constexpr (!std::is_same<typename R::In, typename R::Out>::value) {
    // Rows between types are where chains of layers begin and end: fewer of them are built.
    return outputs >= most ? whole_row<3, STRIDE, most, R> : whole_row<3, STRIDE, 4, R>;
  }
  if (each <= 4) return whole_row<3, STRIDE, 4, R>;
  if (each == 5) return whole_row<3, STRIDE, 5, R>;
  if constexpr (most == 6) return whole_row<3, STRIDE, 6, R>;
  if constexpr (most == 8)
    return each == 8     ? whole_row<3, STRIDE, 8, R>
           : outputs < 7 ? whole_row<3, STRIDE, 5, R>
                         : whole_row<3, STRIDE, 7, R>;
}
template <class R>
inline WholeRow<R>* whole_row_of(const DepthwiseParams& p) {
  const int64_t outputs = p.out_w / p.dilation_w;
  if (p.multiplier != 1 || outputs < 4 || p.kernel_h != p.kernel_w) return nullptr;
  if (p.kernel_w == 3 && p.stride_w == 1) return whole_row_of_3<1, R>(outputs);
  if (p.kernel_w == 3 && p.stride_w == 2 && p.dilation_w == 1) return whole_row_of_3<2, R>(p.out_w);
  if constexpr (V::REGISTERS >= 32) {
    if (p.kernel_w == 5 && p.stride_w == 1) return whole_row<5, 1, 4, R>;
  }
  return nullptr;
}

// I, O: float or uint16_t (bfloat16), of activations in and out.
template <class I, class O>
inline void depthwise_floats(const Call* call) {
  typedef OutputRow<I, O> R;
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const I* in = static_cast<const I*>(call->slots[DEPTHWISE_IN]);
  const int64_t channels = int64_t{p.in_c} * p.multiplier;
  // Outputs [inner, end) have all their columns inside the image.
  const int64_t span = int64_t{p.kernel_w - 1} * p.dilation_w;
  int64_t inner = (int64_t{p.pad_left} + p.stride_w - 1) / p.stride_w;
  const int64_t reach = p.in_w - 1 - span + p.pad_left;
  int64_t end = reach < 0 ? 0 : reach / p.stride_w + 1;
  if (end > p.out_w) end = p.out_w;
  if (inner > end) inner = end;
  const bool fours = p.multiplier == 1 && end - inner >= 4;
  WholeRow<R>* const registers = whole_row_of<R>(p);
  parallel_for(call->workers, p.out_w > 0 ? int64_t{p.batch} * p.out_h : 0, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    R r;
    r.p = &p;
    r.image = in + b * p.in_h * p.in_w * p.in_c;
    r.packed = static_cast<const float*>(call->slots[DEPTHWISE_WEIGHTS]);
    r.out = static_cast<O*>(call->slots[DEPTHWISE_OUT]) + row * p.out_w * channels;
    r.iy0 = y * p.stride_h - p.pad_top;
    r.i0 = 0;
    r.i1 = p.kernel_h;
    while (r.i0 < r.i1 && r.iy0 + r.i0 * p.dilation_h < 0) r.i0++;
    while (r.i1 > r.i0 && r.iy0 + (r.i1 - 1) * p.dilation_h >= p.in_h) r.i1--;
    r.channels = channels;
    r.pitch = depthwise_f32_pitch(p);
    r.low = V::set(p.act_min);
    r.high = V::set(p.act_max);
    if (registers) {
      registers(r);
      return;
    }
    int64_t x = 0;
    while (x < p.out_w) {
      if (fours && x >= inner && x < end) {
        // The last four overlap the ones before: they are computed twice, to the same values.
        const int64_t from = x + 4 <= end ? x : end - 4;
        four_outputs(r, from);
        x = from + 4;
        continue;
      }
      const int64_t ix0 = x * p.stride_w - p.pad_left;
      int64_t j0 = 0, j1 = p.kernel_w;
      while (j0 < j1 && ix0 + j0 * p.dilation_w < 0) j0++;
      while (j1 > j0 && ix0 + (j1 - 1) * p.dilation_w >= p.in_w) j1--;
      one_output(r, x, j0, j1);
      x++;
    }
  });
}

inline void depthwise_f32(const Call* call) {
  depthwise_floats<float, float>(call);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_VECTOR_F32_H_
