// resize on the GPU: a thread for each channel of an output pixel.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/index.cuh"
#include "cuda/launch.h"
#include "kernels/resize/op.h"
#include "kernels/resize/positions.h"

namespace sinter {
namespace {

const int threads = 256;

struct Picture {
  Axis down, across;
  int64_t channels, rows, items;  // rows of all outputs; values of one of them
  Divisor by_channels;
  bool nearest;
};

template <class T>
__global__ void resize(Picture p, const T* in, T* out) {
  const int64_t i = int64_t{blockIdx.x} * threads + threadIdx.x;
  if (i >= p.items) return;
  const int64_t x = i >> 31 ? i / p.channels : p.by_channels.divide(static_cast<uint32_t>(i));
  const int64_t c = i - x * p.channels, pitch = p.across.size * p.channels;
  const Between place = p.nearest ? Between() : position<T>(p.across, static_cast<int32_t>(x));
  const int32_t nearest_x = p.nearest ? nearest(p.across, static_cast<int32_t>(x), sizeof(T) == 1) : 0;
  for (int64_t row = blockIdx.y; row < p.rows; row += gridDim.y) {
    const int64_t b = row / p.down.out_size;
    const int32_t y = static_cast<int32_t>(row - b * p.down.out_size);
    const T* picture = in + b * p.down.size * pitch + c;
    T value;
    if (p.nearest) {
      value = picture[nearest(p.down, y, sizeof(T) == 1) * pitch + nearest_x * p.channels];
    } else {
      const Between at = position<T>(p.down, y);
      const T *upper = picture + at.low * pitch, *lower = picture + at.high * pitch;
      const int64_t left = place.low * p.channels, right = place.high * p.channels;
      blend(at, place, upper[left], upper[right], lower[left], lower[right], &value);
    }
    out[row * p.items + i] = value;
  }
}

template <class T>
void run(const Call* call) {
  const ResizeParams& p = params_of<ResizeParams>(call);
  const bool align = p.align_corners != 0, half = p.half_pixel_centers != 0;
  const Picture picture = {{p.height, p.out_height, align, half},
                           {p.width, p.out_width, align, half},
                           p.channels,
                           int64_t{p.batch} * p.out_height,
                           int64_t{p.out_width} * p.channels,
                           Divisor(static_cast<uint32_t>(p.channels)),
                           p.nearest != 0};
  if (picture.rows == 0 || picture.items == 0) return;
  const int64_t most = 65535;
  const dim3 grid(blocks_for(picture.items, threads), static_cast<unsigned>(picture.rows < most ? picture.rows : most));
  resize<T>
      <<<grid, threads, 0, stream_of(call)>>>(picture, slot_of<const T>(call, RESIZE_IN), slot_of<T>(call, RESIZE_OUT));
}

}  // namespace

void resize_f32_cuda(const Call* call) {
  run<float>(call);
}
void resize_s8_cuda(const Call* call) {
  run<int8_t>(call);
}
void resize_u8_cuda(const Call* call) {
  run<uint8_t>(call);
}
void resize_s16_cuda(const Call* call) {
  run<int16_t>(call);
}

}  // namespace sinter
