// argmax_pool in vectors of channels, written once in the compiler's vector types: ARGMAX_POOL_BYTES, a vector's width,
// is the including file's. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_ARGMAX_POOL_VECTOR_H_
#define SINTER_KERNELS_ARGMAX_POOL_VECTOR_H_

#include "core/workers.h"
#include "kernels/argmax_pool/window.h"

namespace sinter {
namespace {

typedef float V __attribute__((vector_size(ARGMAX_POOL_BYTES)));
typedef int32_t I __attribute__((vector_size(ARGMAX_POOL_BYTES)));
typedef float VMemory __attribute__((vector_size(ARGMAX_POOL_BYTES), aligned(4), may_alias));
typedef int32_t IMemory __attribute__((vector_size(ARGMAX_POOL_BYTES), aligned(4), may_alias));
constexpr int64_t L = ARGMAX_POOL_BYTES / 4;

void run(const Call* call) {
  const ArgmaxPoolParams& p = *static_cast<const ArgmaxPoolParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[ARGMAX_POOL_IN]);
  const int32_t count = p.kernel_h * p.kernel_w;
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      const int64_t at = (row * p.out_w + x) * p.channels;
      float* values = static_cast<float*>(call->slots[ARGMAX_POOL_VALUES]) + at;
      int32_t* places = static_cast<int32_t*>(call->slots[ARGMAX_POOL_PLACES]) + at;
      int64_t c = 0;
      for (; c + L <= p.channels; c += L) {
        V most = *reinterpret_cast<const VMemory*>(pixel(p, in, b, y, x, 0) + c);
        I where = {};
        for (int32_t place = 1; place < count; place++) {
          const V value = *reinterpret_cast<const VMemory*>(pixel(p, in, b, y, x, place) + c);
          const I more = value > most;
          most = more ? value : most;
          where = more ? place - I{} : where;
        }
        *reinterpret_cast<VMemory*>(values + c) = most;
        *reinterpret_cast<IMemory*>(places + c) = where;
      }
      for (; c < p.channels; c++) {
        float most = pixel(p, in, b, y, x, 0)[c];
        int32_t where = 0;
        for (int32_t place = 1; place < count; place++) {
          const float value = pixel(p, in, b, y, x, place)[c];
          where = value > most ? place : where;
          most = value > most ? value : most;
        }
        values[c] = most;
        places[c] = where;
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_ARGMAX_POOL_VECTOR_H_
