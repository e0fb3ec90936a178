// unpool in vectors of channels, written once in the compiler's vector types: UNPOOL_BYTES, a vector's width, is the
// including file's. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_UNPOOL_VECTOR_H_
#define SINTER_KERNELS_UNPOOL_VECTOR_H_

#include "core/workers.h"
#include "kernels/unpool/op.h"

namespace sinter {
namespace {

typedef int32_t I __attribute__((vector_size(UNPOOL_BYTES)));
typedef int32_t Memory __attribute__((vector_size(UNPOOL_BYTES), aligned(4), may_alias));
constexpr int64_t L = UNPOOL_BYTES / 4;

void run(const Call* call) {
  const UnpoolParams& p = *static_cast<const UnpoolParams*>(call->params);
  const int64_t channels = p.channels;
  parallel_for(call->workers, int64_t{p.batch} * p.in_h * p.kernel_h, [&](int64_t row, int) {
    // Values are moved as the bits they are.
    const int64_t from = row / p.kernel_h * p.in_w * channels;
    const int32_t* values = static_cast<const int32_t*>(call->slots[UNPOOL_VALUES]) + from;
    const int32_t* places = static_cast<const int32_t*>(call->slots[UNPOOL_PLACES]) + from;
    int32_t* out = static_cast<int32_t*>(call->slots[UNPOOL_OUT]) + row * p.in_w * p.kernel_w * channels;
    for (int64_t x = 0; x < p.in_w; x++, values += channels, places += channels) {
      int32_t place = static_cast<int32_t>(row % p.kernel_h);
      for (int32_t k = 0; k < p.kernel_w; k++, place += p.kernel_h, out += channels) {
        int64_t c = 0;
        for (; c + L <= channels; c += L) {
          const I here = *reinterpret_cast<const Memory*>(places + c) == place;
          *reinterpret_cast<Memory*>(out + c) = here & *reinterpret_cast<const Memory*>(values + c);
        }
        for (; c < channels; c++) out[c] = places[c] == place ? values[c] : 0;
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_UNPOOL_VECTOR_H_
