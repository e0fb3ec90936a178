// argmax_pool in vectors of channels, written once in the compiler's vector types: ARGMAX_POOL_BYTES, a vector's width,
// is the including file's. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_ARGMAX_POOL_VECTOR_H_
#define SINTER_KERNELS_ARGMAX_POOL_VECTOR_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/argmax_pool/window.h"

namespace sinter {
namespace {

typedef float V __attribute__((vector_size(ARGMAX_POOL_BYTES)));
typedef int32_t I __attribute__((vector_size(ARGMAX_POOL_BYTES)));
constexpr int64_t L = ARGMAX_POOL_BYTES / 4;

// The largest of a window and its place, of channel c or of as many as a vector has; in floats and whole numbers, or
// in vectors of them.
template <class Value, class Place>
inline void largest(const ArgmaxPoolParams& p, const float* in, int64_t b, int64_t y, int64_t x, int64_t c,
                    float* values, int32_t* places) {
  Value most;
  memcpy(&most, pixel(p, in, b, y, x, 0) + c, sizeof most);
  Place where = {};
  for (int32_t place = 1; place < p.kernel_h * p.kernel_w; place++) {
    Value value;
    memcpy(&value, pixel(p, in, b, y, x, place) + c, sizeof value);
    const auto more = value > most;
    most = more ? value : most;
    where = more ? place - Place{} : where;
  }
  memcpy(values + c, &most, sizeof most);
  memcpy(places + c, &where, sizeof where);
}

void run(const Call* call) {
  const ArgmaxPoolParams& p = *static_cast<const ArgmaxPoolParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[ARGMAX_POOL_IN]);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      const int64_t at = (row * p.out_w + x) * p.channels;
      float* values = static_cast<float*>(call->slots[ARGMAX_POOL_VALUES]) + at;
      int32_t* places = static_cast<int32_t*>(call->slots[ARGMAX_POOL_PLACES]) + at;
      int64_t c = 0;
      for (; c + L <= p.channels; c += L) largest<V, I>(p, in, b, y, x, c, values, places);
      for (; c < p.channels; c++) largest<float, int32_t>(p, in, b, y, x, c, values, places);
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_ARGMAX_POOL_VECTOR_H_
