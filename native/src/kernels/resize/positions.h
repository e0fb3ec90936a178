// Where an output pixel lies in the input, and how values around it are blended. Internal linkage: ISA files include
// it. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_RESIZE_POSITIONS_H_
#define SINTER_KERNELS_RESIZE_POSITIONS_H_

#include <math.h>
#include <stdint.h>

#include "core/host_device.h"
#include "kernels/resize/op.h"

namespace sinter {
namespace {

struct Axis {
  int32_t size, out_size;
  bool align, half;
};

SINTER_HOST_DEVICE inline int32_t bound(int32_t at, int32_t size) {
  return at < 0 ? 0 : at >= size ? size - 1 : at;
}

// Bytes are taken by 16 bits behind the point, other types in floats; they part where a position is whole.
SINTER_HOST_DEVICE inline int32_t nearest(const Axis& a, int32_t i, bool bytes) {
  if (bytes && !a.align && !a.half) {
    return bound(static_cast<int32_t>((i * ((int64_t{a.size} << 16) / a.out_size + 1)) >> 16), a.size);
  }
  const float scale = a.align && a.out_size > 1 ? static_cast<float>(a.size - 1) / static_cast<float>(a.out_size - 1)
                                                : static_cast<float>(a.size) / static_cast<float>(a.out_size);
  const float at = (static_cast<float>(i) + (a.half ? 0.5f : 0.0f)) * scale;
  return bound(static_cast<int32_t>(a.align ? roundf(at) : floorf(at)), a.size);
}

// Between which positions an output position lies, and how far from the first.
struct Between {
  int32_t low, high;
  float far;         // f32, s8, u8: 0 .. 1
  int32_t far_1024;  // s16
  int32_t far_2048;  // s8, u8
};

SINTER_HOST_DEVICE inline Between real_position(const Axis& a, int32_t i) {
  const int32_t less = a.align && a.out_size != 1;
  const float scale = static_cast<float>(a.size - less) / static_cast<float>(a.out_size - less);
  const float last = static_cast<float>(a.size - 1);
  float at = static_cast<float>(i) * scale;
  if (a.half) at = at + (0.5f * scale - 0.5f);
  at = at < 0 ? 0 : at > last ? last : at;
  const int32_t low = static_cast<int32_t>(at);
  const float far = at - static_cast<float>(low);
  return {low, bound(low + 1, a.size), far, 0, static_cast<int32_t>(lrintf(far * 2048))};
}

// 10 bits behind the point. Where the rounded scale leads beyond the last position, that one is taken.
SINTER_HOST_DEVICE inline Between integer_position(const Axis& a, int32_t i) {
  const int32_t less = a.align && a.out_size > 1;
  const int32_t from = a.size - less, to = a.out_size - less;
  const int32_t scale = (1024 * from + to / 2) / to;
  int32_t at = i * scale;
  if (a.half) at += scale / 2 - 512;
  const int32_t low = bound(at / 1024, a.size), high = bound((at + 1023) / 1024, a.size);
  return {low, high, 0, at - 1024 * low, 0};
}

SINTER_HOST_DEVICE inline void blend(const Between& y, const Between& x, float tl, float tr, float bl, float br,
                                     float* out) {
  const float top = tl + (tr - tl) * x.far, bottom = bl + (br - bl) * x.far;
  *out = top + (bottom - top) * y.far;
}

SINTER_HOST_DEVICE inline int32_t blend_2048(const Between& y, const Between& x, int32_t tl, int32_t tr, int32_t bl,
                                             int32_t br) {
  const int32_t across = x.far_2048, down = y.far_2048;
  const int32_t top = tl * 2048 + (tr - tl) * across, bottom = bl * 2048 + (br - bl) * across;
  return (top * 2048 + (bottom - top) * down + (1 << 21)) >> 22;
}

SINTER_HOST_DEVICE inline void blend(const Between& y, const Between& x, int8_t tl, int8_t tr, int8_t bl, int8_t br,
                                     int8_t* out) {
  *out = static_cast<int8_t>(blend_2048(y, x, tl, tr, bl, br));
}

SINTER_HOST_DEVICE inline void blend(const Between& y, const Between& x, uint8_t tl, uint8_t tr, uint8_t bl, uint8_t br,
                                     uint8_t* out) {
  *out = static_cast<uint8_t>(blend_2048(y, x, tl, tr, bl, br));
}

SINTER_HOST_DEVICE inline void blend(const Between& y, const Between& x, int16_t tl, int16_t tr, int16_t bl, int16_t br,
                                     int16_t* out) {
  const int64_t right = x.far_1024, left = 1024 - right, lower = y.far_1024, upper = 1024 - lower;
  const int64_t sum = tl * upper * left + bl * lower * left + tr * upper * right + br * lower * right;
  *out = static_cast<int16_t>((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));  // halves away from zero
}

template <class T>
SINTER_HOST_DEVICE inline Between position(const Axis& a, int32_t i) {
  return sizeof(T) == 2 ? integer_position(a, i) : real_position(a, i);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_RESIZE_POSITIONS_H_
