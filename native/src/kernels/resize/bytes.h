// resize of bytes by rows of sums that are blended down first; built per ISA. Internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// The definition blends across and then down; its integers are exact until the last shift, so the order is free. A row
// of sums serves all pixels of an output row, positions across serve several rows. A vector of channels is taken at a
// time, also behind a pixel's last one: the sums have room behind them, and the next pixel writes over what was too
// much.
#ifndef SINTER_KERNELS_RESIZE_BYTES_H_
#define SINTER_KERNELS_RESIZE_BYTES_H_

#include "kernels/resize/drive.h"
#include "kernels/resize/scratch.h"

namespace sinter {
namespace {

// Lanes: LANES numbers of 32 bits as I; load(p), set(x), blend(base, step, far) = (base + step * far) >> 22,
// store(to, x): LANES bytes, saturated.
template <class Lanes, class T>
void resize_bytes(const Call* call) {
  const ResizeParams& p = *static_cast<const ResizeParams*>(call->params);
  if (p.nearest) return run<T>(call);
  typedef typename Lanes::I I;
  const T* in = static_cast<const T*>(call->slots[RESIZE_IN]);
  T* out = static_cast<T*>(call->slots[RESIZE_OUT]);
  const int64_t c = p.channels, row = p.width * c, rows = int64_t{p.batch} * p.out_height;
  const Axis down = {p.height, p.out_height, p.align_corners != 0, p.half_pixel_centers != 0};
  const Axis across = {p.width, p.out_width, p.align_corners != 0, p.half_pixel_centers != 0};
  const ResizeRoom room = resize_room(p);
  const int64_t group = RESIZE_ROWS;
  parallel_for(call->workers, (rows + group - 1) / group, [&](int64_t task, int thread) {
    char* own = static_cast<char*>(call->scratch) + thread * room.bytes;
    int32_t* __restrict bases = reinterpret_cast<int32_t*>(own);               // of the left pixel, with half a step
    int32_t* __restrict steps = reinterpret_cast<int32_t*>(own + room.steps);  // from the left to the right one
    T* to = reinterpret_cast<T*>(own + room.out);
    int32_t* places = reinterpret_cast<int32_t*>(own + room.places);
    for (int32_t j = 0; j < p.out_width; j++) {
      const Between x = real_position(across, j);
      places[2 * j] = x.low;
      places[2 * j + 1] = x.far_2048;
    }
    const int64_t last = (task + 1) * group < rows ? (task + 1) * group : rows;
    for (int64_t line = task * group; line < last; line++) {
      const Between y = real_position(down, static_cast<int32_t>(line % p.out_height));
      const T* picture = in + line / p.out_height * p.height * row;
      const T *upper = picture + y.low * row, *lower = picture + y.high * row;
      for (int64_t i = 0; i < row; i++) steps[i] = upper[i] * 2048 + (lower[i] - upper[i]) * y.far_2048;
      for (int64_t i = 0; i < row; i++) bases[i] = steps[i] * 2048 + (1 << 21);
      for (int64_t i = 0; i + c < row; i++) steps[i] = steps[i + c] - steps[i];
      for (int64_t i = row - c; i < row; i++) steps[i] = 0;  // right of the last one is the last one
      for (int32_t j = 0; j < p.out_width; j++) {
        const int32_t *base = bases + places[2 * j] * c, *step = steps + places[2 * j] * c;
        const I far = Lanes::set(places[2 * j + 1]);
        for (int64_t k = 0; k < c; k += Lanes::LANES) {
          Lanes::store(to + j * c + k, Lanes::blend(Lanes::load(base + k), Lanes::load(step + k), far));
        }
      }
      memcpy(out + line * p.out_width * c, to, static_cast<size_t>(p.out_width * c));
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_RESIZE_BYTES_H_
