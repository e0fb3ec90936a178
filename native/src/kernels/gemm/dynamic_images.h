// Float images to the values that convolutions by int8 weights multiply, each image with a range of its own: int16,
// less the zero point, or bytes as V makes them. SPDX-License-Identifier: Apache-2.0
//
// Internal linkage: ISA files include it. V is a class with
//   static void extremes(const float* x, int64_t count, float* low, float* high), 0 among the values;
//   static void quantize(const float* x, int64_t count, const DynamicRange& r, T* out).
#ifndef SINTER_KERNELS_GEMM_DYNAMIC_IMAGES_H_
#define SINTER_KERNELS_GEMM_DYNAMIC_IMAGES_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/dynamic.h"

namespace sinter {

static inline int64_t dynamic_round_up(int64_t bytes) {
  return (bytes + 63) / 64 * 64;
}

// Scratch: extremes of each thread's part of each image, ranges, then the values, which vector rows may read 64 bytes
// past.
static inline int64_t dynamic_ranges_offset(int64_t batch, int threads) {
  return dynamic_round_up(batch * threads * 8);
}
static inline int64_t dynamic_values_offset(int64_t batch, int threads) {
  return dynamic_ranges_offset(batch, threads) + dynamic_round_up(batch * static_cast<int64_t>(sizeof(DynamicRange)));
}
static inline int64_t dynamic_images_bytes(int64_t batch, int64_t count, int threads) {
  return dynamic_values_offset(batch, threads) + dynamic_round_up(2 * batch * count + 64);
}

template <class T>
struct DynamicImagesOf {
  const DynamicRange* ranges;  // [batch]
  const T* values;             // [batch][count]
};
typedef DynamicImagesOf<int16_t> DynamicImages;

template <class V, class T = int16_t>
static inline DynamicImagesOf<T> dynamic_images(const Call* call, const float* in, int64_t batch, int64_t count,
                                                int32_t mode) {
  const int threads = call->workers->threads;
  char* scratch = static_cast<char*>(call->scratch);
  float* extremes = reinterpret_cast<float*>(scratch);
  DynamicRange* ranges = reinterpret_cast<DynamicRange*>(scratch + dynamic_ranges_offset(batch, threads));
  T* values = reinterpret_cast<T*>(scratch + dynamic_values_offset(batch, threads));
  // Parts of a few KiB would cost more to hand out than to do.
  const int parts = count < 4096 ? 1 : threads;
  const auto part = [&](int64_t task, int64_t* first, int64_t* size) {
    const int64_t b = task / parts, i = task % parts;
    *first = b * count + count * i / parts;
    *size = b * count + count * (i + 1) / parts - *first;
  };
  parallel_for(call->workers, batch * parts, [&](int64_t task, int) {
    int64_t first, size;
    part(task, &first, &size);
    V::extremes(in + first, size, extremes + 2 * task, extremes + 2 * task + 1);
  });
  for (int64_t b = 0; b < batch; b++) {
    float low = 0.0f, high = 0.0f;
    for (int64_t i = b * parts; i < (b + 1) * parts; i++) {
      low = extremes[2 * i] < low ? extremes[2 * i] : low;
      high = extremes[2 * i + 1] > high ? extremes[2 * i + 1] : high;
    }
    ranges[b] = dynamic_range(low, high, mode);
  }
  parallel_for(call->workers, batch * parts, [&](int64_t task, int) {
    int64_t first, size;
    part(task, &first, &size);
    V::quantize(in + first, size, ranges[task / parts], values + first);
  });
  return {ranges, values};
}

namespace {

// The plain one.
struct DynamicPlain {
  static void extremes(const float* x, int64_t count, float* low, float* high) {
    *low = *high = 0.0f;
    for (int64_t i = 0; i < count; i++) {
      float value;
      memcpy(&value, reinterpret_cast<const char*>(x) + 4 * i, 4);
      *low = value < *low ? value : *low;
      *high = value > *high ? value : *high;
    }
  }
  static void quantize(const float* x, int64_t count, const DynamicRange& r, int16_t* out) {
    for (int64_t i = 0; i < count; i++) {
      float value;
      memcpy(&value, reinterpret_cast<const char*>(x) + 4 * i, 4);
      out[i] = dynamic_value(value, r);
    }
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DYNAMIC_IMAGES_H_
