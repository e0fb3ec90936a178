// pool: the definitions pool.s8, pool.u8, pool.s16 and pool.f32 as plain loops.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "kernels/pool/op.h"
#include "kernels/pool/window.h"

namespace sinter {
namespace {

// T: int8_t, uint8_t or int16_t.
template <class T>
void reference(const Call* call) {
  const PoolParams& p = *static_cast<const PoolParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[POOL_IN]);
  T* out = static_cast<T*>(call->slots[POOL_OUT]);
  const int64_t pitch = static_cast<int64_t>(p.in_w) * p.channels;
  pool_walk(p, call->workers, [&](const PoolWindow& w) {
    for (int32_t c = 0; c < p.channels; c++) {
      int32_t sum = 0, largest = -32768;
      for (int32_t y = 0; y < w.rows; y++) {
        for (int32_t x = 0; x < w.cols; x++) {
          const int32_t value = in[w.in + y * pitch + static_cast<int64_t>(x) * p.channels + c];
          sum += value;
          largest = value > largest ? value : largest;
        }
      }
      const int32_t taps = w.rows * w.cols;
      int32_t value = p.kind == POOL_MAX ? largest : (sum > 0 ? sum + taps / 2 : sum - taps / 2) / taps;
      value = value < p.out_min ? p.out_min : value;
      value = value > p.out_max ? p.out_max : value;
      out[w.out + c] = static_cast<T>(value);
    }
  });
}

}  // namespace

void pool_s8s8_reference(const Call* call) {
  reference<int8_t>(call);
}
void pool_u8u8_reference(const Call* call) {
  reference<uint8_t>(call);
}
void pool_s16s16_reference(const Call* call) {
  reference<int16_t>(call);
}

void pool_f32f32_reference(const Call* call) {
  const PoolParams& p = *static_cast<const PoolParams*>(call->params);
  const float* in = static_cast<const float*>(call->slots[POOL_IN]);
  float* out = static_cast<float*>(call->slots[POOL_OUT]);
  const int64_t pitch = static_cast<int64_t>(p.in_w) * p.channels;
  pool_walk(p, call->workers, [&](const PoolWindow& w) {
    for (int32_t c = 0; c < p.channels; c++) {
      float sum = 0.0f, largest = -INFINITY;
      for (int32_t y = 0; y < w.rows; y++) {
        for (int32_t x = 0; x < w.cols; x++) {
          const float value = in[w.in + y * pitch + static_cast<int64_t>(x) * p.channels + c];
          sum += value;
          largest = value > largest ? value : largest;
        }
      }
      float value = p.kind == POOL_MAX ? largest : sum * (1.0f / static_cast<float>(w.rows * w.cols));
      value = value < p.act_min ? p.act_min : value;
      value = value > p.act_max ? p.act_max : value;
      out[w.out + c] = value;
    }
  });
}

}  // namespace sinter
