// depthwise in float, written once for every vector unit: a vector of channels of four neighbouring outputs at a time.
// For 3x3 kernels, each pixel is loaded once for all outputs that see it. Outputs at the image's sides go one at a
// time, four vectors of channels abreast.
// SPDX-License-Identifier: Apache-2.0
//
// Included by the <arch>_<isa>_f32.cc files after their struct V (in an anonymous namespace, like all of this):
//   F, W          a vector of W floats
//   first(n)      the Mask of the first n lanes; load and store take one as a last argument and touch no other lane
//   fma(a, b, c)  a * b + c, rounded once;  bound(v, low, high);  set(x)
//   index(int32_t[W]), pick(v, index)   lane l of the result is lane index[l] of v
#ifndef SINTER_KERNELS_DEPTHWISE_VECTOR_F32_H_
#define SINTER_KERNELS_DEPTHWISE_VECTOR_F32_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/depthwise/f32.h"

namespace sinter {
namespace {

// One row of outputs: the taps that lie inside the image are rows [i0, i1) of the kernel.
struct OutputRow {
  const DepthwiseParams* p;
  const float* image;  // of this batch
  const float* packed;
  float* out;
  int64_t iy0;  // input row of kernel row 0
  int64_t i0, i1;
  int64_t channels, pitch;
  V::F low, high;
};

inline V::F clamp(const OutputRow& r, V::F v) {
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

// Output x with the kernel columns [j0, j1) inside the image; any multiplier.
inline void one_output(const OutputRow& r, int64_t x, int64_t j0, int64_t j1) {
  const DepthwiseParams& p = *r.p;
  const int64_t tap = int64_t{p.dilation_w} * p.in_c;
  const int64_t start = (r.iy0 * p.in_w + x * p.stride_w - p.pad_left) * p.in_c;
  const int64_t row_step = int64_t{p.dilation_h} * p.in_w * p.in_c;
  const DepthwiseTaps taps = depthwise_f32_taps(p, r.i0, r.i1, j0, j1, row_step, tap);
  float* out = r.out + x * r.channels;
  int64_t c = 0;
  if (p.multiplier == 1) {
    for (; c + 4 * V::W <= r.channels; c += 4 * V::W) {
      const float* bias = r.packed + c;
      V::F s0 = V::load(bias), s1 = V::load(bias + V::W);
      V::F s2 = V::load(bias + 2 * V::W), s3 = V::load(bias + 3 * V::W);
      for (int64_t a = taps.outer; a < taps.outer_end; a++) {
        const float* pixel = r.image + start + c + a * taps.outer_pixel + taps.inner * taps.inner_pixel;
        const float* w = r.packed + c + r.pitch + a * taps.outer_weight + taps.inner * taps.inner_weight;
        for (int64_t b = taps.inner; b < taps.inner_end; b++, pixel += taps.inner_pixel, w += taps.inner_weight) {
          s0 = V::fma(V::load(pixel), V::load(w), s0);
          s1 = V::fma(V::load(pixel + V::W), V::load(w + V::W), s1);
          s2 = V::fma(V::load(pixel + 2 * V::W), V::load(w + 2 * V::W), s2);
          s3 = V::fma(V::load(pixel + 3 * V::W), V::load(w + 3 * V::W), s3);
        }
      }
      V::store(out + c, clamp(r, s0));
      V::store(out + c + V::W, clamp(r, s1));
      V::store(out + c + 2 * V::W, clamp(r, s2));
      V::store(out + c + 3 * V::W, clamp(r, s3));
    }
  }
  // One vector; load() gives the lanes of a pixel.
  const auto sum_up = [&](const auto& load) {
    V::F sum = V::load(r.packed + c);  // rows of the packed form are whole vectors
    for (int64_t a = taps.outer; a < taps.outer_end; a++) {
      const float* pixel = r.image + start + a * taps.outer_pixel;
      const float* w = r.packed + c + r.pitch + a * taps.outer_weight;
      for (int64_t b = taps.inner; b < taps.inner_end; b++) {
        sum = V::fma(load(pixel + b * taps.inner_pixel), V::load(w + b * taps.inner_weight), sum);
      }
    }
    return clamp(r, sum);
  };
  for (; c < r.channels; c += V::W) {
    const int64_t count = r.channels - c < V::W ? r.channels - c : V::W;
    if (p.multiplier != 1) {
      const Sources sources = sources_of(p.multiplier, c, count);
      const V::Mask mask = V::first(sources.count);
      V::store(out + c,
               sum_up([&](const float* pixel) { return V::pick(V::load(pixel + sources.first, mask), sources.lanes); }),
               V::first(count));
    } else if (count == V::W) {
      V::store(out + c, sum_up([&](const float* pixel) { return V::load(pixel + c); }));
    } else {
      const V::Mask mask = V::first(count);
      V::store(out + c, sum_up([&](const float* pixel) { return V::load(pixel + c, mask); }), mask);
    }
  }
}

// Where a channel of the window of output x starts, and the steps between pixels.
struct Pixels {
  const float* at;
  int64_t row_step, output_step, tap;
};

// Loads a vector of a pixel's channels, or its first lanes.
struct Whole {
  V::F operator()(const float* pixel) const {
    return V::load(pixel);
  }
  void store(float* out, V::F v) const {
    V::store(out, v);
  }
};
struct Masked {
  V::Mask mask;
  V::F operator()(const float* pixel) const {
    return V::load(pixel, mask);
  }
  void store(float* out, V::F v) const {
    V::store(out, v, mask);
  }
};

// Four outputs of a 3x3 kernel that lies inside the image, its columns not dilated; STRIDE 1 or 2. The nine taps stay
// in registers.
template <int STRIDE, class Lanes>
inline __attribute__((always_inline)) void four_of_3x3(const OutputRow& r, const Pixels& pixels, const float* packed,
                                                       float* out, const Lanes& lanes) {
  V::F s0 = V::load(packed), s1 = s0, s2 = s0, s3 = s0, v;
  const float* w = packed + r.pitch;
  const V::F w00 = V::load(w), w01 = V::load(w + r.pitch), w02 = V::load(w + 2 * r.pitch);
  w += 3 * r.pitch;
  const V::F w10 = V::load(w), w11 = V::load(w + r.pitch), w12 = V::load(w + 2 * r.pitch);
  w += 3 * r.pitch;
  const V::F w20 = V::load(w), w21 = V::load(w + r.pitch), w22 = V::load(w + 2 * r.pitch);
  const float* pixel = pixels.at;
#define SINTER_TAP(s, w) s = V::fma(v, w, s);
#define SINTER_NONE(i)
  // The three pixels of a column, each for the outputs that see it.
#define SINTER_COLUMN(X, Y, Z)                                         \
  v = lanes(pixel), X(0) Y(0) Z(0) v = lanes(pixel + pixels.row_step), \
  X(1) Y(1) Z(1) v = lanes(pixel + 2 * pixels.row_step), X(2) Y(2) Z(2) pixel += pixels.tap
  // Output o meets the kernel's column j.
#define SINTER_00(i) SINTER_TAP(s0, w##i##0)
#define SINTER_01(i) SINTER_TAP(s0, w##i##1)
#define SINTER_02(i) SINTER_TAP(s0, w##i##2)
#define SINTER_10(i) SINTER_TAP(s1, w##i##0)
#define SINTER_11(i) SINTER_TAP(s1, w##i##1)
#define SINTER_12(i) SINTER_TAP(s1, w##i##2)
#define SINTER_20(i) SINTER_TAP(s2, w##i##0)
#define SINTER_21(i) SINTER_TAP(s2, w##i##1)
#define SINTER_22(i) SINTER_TAP(s2, w##i##2)
#define SINTER_30(i) SINTER_TAP(s3, w##i##0)
#define SINTER_31(i) SINTER_TAP(s3, w##i##1)
#define SINTER_32(i) SINTER_TAP(s3, w##i##2)
  if (STRIDE == 1) {
    SINTER_COLUMN(SINTER_00, SINTER_NONE, SINTER_NONE);
    SINTER_COLUMN(SINTER_01, SINTER_10, SINTER_NONE);
    SINTER_COLUMN(SINTER_02, SINTER_11, SINTER_20);
    SINTER_COLUMN(SINTER_12, SINTER_21, SINTER_30);
    SINTER_COLUMN(SINTER_22, SINTER_31, SINTER_NONE);
    SINTER_COLUMN(SINTER_32, SINTER_NONE, SINTER_NONE);
  } else {
    SINTER_COLUMN(SINTER_00, SINTER_NONE, SINTER_NONE);
    SINTER_COLUMN(SINTER_01, SINTER_NONE, SINTER_NONE);
    SINTER_COLUMN(SINTER_02, SINTER_10, SINTER_NONE);
    SINTER_COLUMN(SINTER_11, SINTER_NONE, SINTER_NONE);
    SINTER_COLUMN(SINTER_12, SINTER_20, SINTER_NONE);
    SINTER_COLUMN(SINTER_21, SINTER_NONE, SINTER_NONE);
    SINTER_COLUMN(SINTER_22, SINTER_30, SINTER_NONE);
    SINTER_COLUMN(SINTER_31, SINTER_NONE, SINTER_NONE);
    SINTER_COLUMN(SINTER_32, SINTER_NONE, SINTER_NONE);
  }
#undef SINTER_00
#undef SINTER_01
#undef SINTER_02
#undef SINTER_10
#undef SINTER_11
#undef SINTER_12
#undef SINTER_20
#undef SINTER_21
#undef SINTER_22
#undef SINTER_30
#undef SINTER_31
#undef SINTER_32
#undef SINTER_COLUMN
#undef SINTER_NONE
#undef SINTER_TAP
  lanes.store(out, clamp(r, s0));
  lanes.store(out + r.channels, clamp(r, s1));
  lanes.store(out + 2 * r.channels, clamp(r, s2));
  lanes.store(out + 3 * r.channels, clamp(r, s3));
}

// Four outputs of any kernel.
template <class Lanes>
inline __attribute__((always_inline)) void four_of_any(const OutputRow& r, const Pixels& pixels, const float* packed,
                                                       float* out, const Lanes& lanes) {
  const int64_t step = pixels.output_step;
  const DepthwiseTaps taps = depthwise_f32_taps(*r.p, r.i0, r.i1, 0, r.p->kernel_w, pixels.row_step, pixels.tap);
  V::F s0 = V::load(packed), s1 = s0, s2 = s0, s3 = s0;
  for (int64_t a = taps.outer; a < taps.outer_end; a++) {
    const float* pixel = pixels.at + a * taps.outer_pixel + taps.inner * taps.inner_pixel;
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

// Outputs x .. x + 3, all columns of their windows inside the image, multiplier 1. STRIDE 0: four_of_any.
template <int STRIDE>
inline void four_outputs(const OutputRow& r, int64_t x) {
  const DepthwiseParams& p = *r.p;
  Pixels pixels;
  pixels.at = r.image + (r.iy0 * p.in_w + x * p.stride_w - p.pad_left) * p.in_c;
  pixels.row_step = int64_t{p.dilation_h} * p.in_w * p.in_c;
  pixels.output_step = int64_t{p.stride_w} * p.in_c;
  pixels.tap = int64_t{p.dilation_w} * p.in_c;
  float* out = r.out + x * r.channels;
  const auto do_lanes = [&](int64_t c, const auto& lanes) {
    if (STRIDE > 0) {
      four_of_3x3<STRIDE>(r, pixels, r.packed + c, out + c, lanes);
    } else {
      four_of_any(r, pixels, r.packed + c, out + c, lanes);
    }
  };
  int64_t c = 0;
  for (; c + V::W <= r.channels; c += V::W, pixels.at += V::W) do_lanes(c, Whole());
  if (c < r.channels) do_lanes(c, Masked{V::first(r.channels - c)});
}

inline void depthwise_f32(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[DEPTHWISE_IN]);
  const int64_t channels = int64_t{p.in_c} * p.multiplier;
  // Outputs [inner, end) have all their columns inside the image.
  const int64_t span = int64_t{p.kernel_w - 1} * p.dilation_w;
  int64_t inner = (int64_t{p.pad_left} + p.stride_w - 1) / p.stride_w;
  const int64_t reach = p.in_w - 1 - span + p.pad_left;
  int64_t end = reach < 0 ? 0 : reach / p.stride_w + 1;
  if (end > p.out_w) end = p.out_w;
  if (inner > end) inner = end;
  const bool fours = p.multiplier == 1 && end - inner >= 4;
  const bool of_3 = p.kernel_w == 3 && p.kernel_h == 3 && p.dilation_w == 1;
  const int stride = of_3 && p.stride_w == 1 ? 1 : of_3 && p.stride_w == 2 ? 2 : 0;
  parallel_for(call->workers, p.out_w > 0 ? int64_t{p.batch} * p.out_h : 0, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    OutputRow r;
    r.p = &p;
    r.image = in + b * p.in_h * p.in_w * p.in_c;
    r.packed = static_cast<const float*>(call->slots[DEPTHWISE_WEIGHTS]);
    r.out = static_cast<float*>(call->slots[DEPTHWISE_OUT]) + row * p.out_w * channels;
    r.iy0 = y * p.stride_h - p.pad_top;
    r.i0 = 0;
    r.i1 = p.kernel_h;
    while (r.i0 < r.i1 && r.iy0 + r.i0 * p.dilation_h < 0) r.i0++;
    while (r.i1 > r.i0 && r.iy0 + (r.i1 - 1) * p.dilation_h >= p.in_h) r.i1--;
    r.channels = channels;
    r.pitch = depthwise_f32_pitch(p);
    r.low = V::set(p.act_min);
    r.high = V::set(p.act_max);
    int64_t x = 0;
    while (x < p.out_w) {
      if (fours && x >= inner && x < end) {
        // The last four overlap the ones before: they are computed twice, to the same values.
        const int64_t from = x + 4 <= end ? x : end - 4;
        switch (r.i1 - r.i0 == 3 ? stride : 0) {
          case 1:
            four_outputs<1>(r, from);
            break;
          case 2:
            four_outputs<2>(r, from);
            break;
          default:
            four_outputs<0>(r, from);
            break;
        }
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

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_VECTOR_F32_H_
