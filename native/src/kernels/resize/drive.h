// resize: per output pixel the four around it, or the nearest. Internal linkage: ISA files include it and let the
// compiler make vectors of a pixel's channels.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_RESIZE_DRIVE_H_
#define SINTER_KERNELS_RESIZE_DRIVE_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/resize/op.h"
#include "kernels/resize/positions.h"

namespace sinter {
namespace {

// Rows of output that have the same row of the picture are found out once.
template <class T>
void nearest_rows(const Call* call, const Axis& down, const Axis& across) {
  const ResizeParams& p = *static_cast<const ResizeParams*>(call->params);
  const int64_t c = p.channels, row = p.width * c, out_row = p.out_width * c;
  const int64_t group = fair_rows(p.out_height, 16, 1, call->workers->threads);
  const int64_t groups = (p.out_height + group - 1) / group;
  parallel_for(call->workers, p.batch * groups, [=](int64_t task, int) {
    const T* picture = static_cast<const T*>(call->slots[RESIZE_IN]) + task / groups * p.height * row;
    T* to = static_cast<T*>(call->slots[RESIZE_OUT]) + task / groups * p.out_height * out_row;
    const int64_t first = task % groups * group;
    const int64_t end = first + group < p.out_height ? first + group : p.out_height;
    int32_t before = -1;
    for (int64_t i = first; i < end; i++) {
      T* pixel = to + i * out_row;
      const int32_t y = nearest(down, static_cast<int32_t>(i), sizeof(T) == 1);
      if (y == before) {
        memcpy(pixel, pixel - out_row, static_cast<size_t>(out_row) * sizeof(T));
        continue;
      }
      before = y;
      const T* from = picture + y * row;
      for (int32_t j = 0; j < p.out_width; j++, pixel += c) {
        memcpy(pixel, from + nearest(across, j, sizeof(T) == 1) * c, static_cast<size_t>(c) * sizeof(T));
      }
    }
  });
}

template <class Aligned>
void run(const Call* call) {
  typedef Aligned T __attribute__((aligned(1), may_alias));  // tensors of the caller stand where they like
  const ResizeParams& p = *static_cast<const ResizeParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[RESIZE_IN]);
  T* out = static_cast<T*>(call->slots[RESIZE_OUT]);
  const int64_t c = p.channels, row = p.width * c;
  const Axis down = {p.height, p.out_height, p.align_corners != 0, p.half_pixel_centers != 0};
  const Axis across = {p.width, p.out_width, p.align_corners != 0, p.half_pixel_centers != 0};
  if (p.nearest) return nearest_rows<T>(call, down, across);
  parallel_for(call->workers, int64_t{p.batch} * p.out_height, [&](int64_t task, int) {
    const int32_t i = static_cast<int32_t>(task % p.out_height);
    const T* picture = in + task / p.out_height * p.height * row;
    T* to = out + task * p.out_width * c;
    const Between y = position<Aligned>(down, i);
    const T *upper = picture + y.low * row, *lower = picture + y.high * row;
    for (int32_t j = 0; j < p.out_width; j++, to += c) {
      const Between x = position<Aligned>(across, j);
      const T *tl = upper + x.low * c, *tr = upper + x.high * c, *bl = lower + x.low * c, *br = lower + x.high * c;
      T* __restrict pixel = to;
      for (int64_t k = 0; k < c; k++) {
        Aligned value;
        blend(y, x, tl[k], tr[k], bl[k], br[k], &value);
        pixel[k] = value;
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_RESIZE_DRIVE_H_
