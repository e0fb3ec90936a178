// resize of floats: rows are blended across once for all output rows between them, then down. Built per ISA; internal
// linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_RESIZE_FLOATS_H_
#define SINTER_KERNELS_RESIZE_FLOATS_H_

#include "kernels/resize/drive.h"
#include "kernels/resize/scratch.h"

namespace sinter {
namespace {

// a + (b - a) * t, not fused. V: simd/avx2.h or simd/avx512.h.
template <class V>
inline typename V::F between(typename V::F a, typename V::F b, typename V::F t) {
  return V::add(a, V::mul(V::sub(b, a), t));
}

// A row of the picture across: places[j] is a pixel, far[j] how far it is to the next one.
template <class V>
inline void blend_across(const float* row, int64_t width, int64_t c, const int32_t* places, const float* far,
                         int64_t pixels, float* to) {
  typedef typename V::F F;
  for (int64_t j = 0; j < pixels; j++, to += c) {
    const float* left = row + places[j] * c;
    const float* right = places[j] + 1 < width ? left + c : left;
    const F t = V::set(far[j]);
    int64_t k = 0;
    for (; k + V::W <= c; k += V::W) {
      V::store(to + k, between<V>(V::load(left + k), V::load(right + k), t));
    }
    // Behind a pixel comes the next, which writes over what was too much.
    if (k < c) {
      V::store(to + k, between<V>(V::load_n(left + k, c - k), V::load_n(right + k, c - k), t));
    }
  }
}

template <class V>
void resize_floats(const Call* call) {
  const ResizeParams& p = *static_cast<const ResizeParams*>(call->params);
  if (p.nearest) return run<float>(call);
  typedef typename V::F F;
  const float* in = static_cast<const float*>(call->slots[RESIZE_IN]);
  float* out = static_cast<float*>(call->slots[RESIZE_OUT]);
  const int64_t c = p.channels, row = p.width * c, out_row = p.out_width * c, rows = int64_t{p.batch} * p.out_height;
  const Axis down = {p.height, p.out_height, p.align_corners != 0, p.half_pixel_centers != 0};
  const Axis across = {p.width, p.out_width, p.align_corners != 0, p.half_pixel_centers != 0};
  const ResizeFloatsRoom room = resize_floats_room(p);
  const int64_t group = fair_rows(rows, RESIZE_FLOAT_ROWS, 1, call->workers->threads);
  parallel_for(call->workers, (rows + group - 1) / group, [&](int64_t task, int thread) {
    char* own = static_cast<char*>(call->scratch) + thread * room.bytes;
    float* lines[2] = {reinterpret_cast<float*>(own), reinterpret_cast<float*>(own + room.line)};
    int32_t* places = reinterpret_cast<int32_t*>(own + room.places);
    float* far = reinterpret_cast<float*>(own + room.far);
    for (int32_t j = 0; j < p.out_width; j++) {
      const Between x = real_position(across, j);
      places[j] = x.low;
      far[j] = x.far;
    }
    int64_t held[2] = {-1, -1};  // rows of all pictures
    const int64_t last = (task + 1) * group < rows ? (task + 1) * group : rows;
    for (int64_t at = task * group; at < last; at++) {
      const Between y = real_position(down, static_cast<int32_t>(at % p.out_height));
      const int64_t first = at / p.out_height * p.height, wanted[2] = {first + y.low, first + y.high};
      if (held[1] == wanted[0]) {
        float* const line = lines[0];
        lines[0] = lines[1];
        lines[1] = line;
        held[1] = held[0];
        held[0] = wanted[0];
      }
      for (int i = 0; i < 2; i++) {
        if (held[i] == wanted[i]) continue;
        blend_across<V>(in + wanted[i] * row, p.width, c, places, far, p.out_width, lines[i]);
        held[i] = wanted[i];
      }
      const F t = V::set(y.far);
      float* to = out + at * out_row;
      int64_t k = 0;
      for (; k + V::W <= out_row; k += V::W) {
        V::store(to + k, between<V>(V::load(lines[0] + k), V::load(lines[1] + k), t));
      }
      if (k < out_row) {
        V::store_n(to + k, between<V>(V::load(lines[0] + k), V::load(lines[1] + k), t), out_row - k);
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_RESIZE_FLOATS_H_
