// svdf, plainly.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/lstm/fixed16.h"
#include "kernels/lstm/scalar.h"
#include "kernels/svdf/op.h"

namespace sinter {
namespace {

// T: results of the filters, M: memory and weights of time. feature(x) makes one of the other, finish(sum, unit) an
// output of a unit's sum. Sums are of type T.
template <class T, class M, class Out, class Feature, class Finish>
void run(const Call* call, const Feature& feature, const Finish& finish) {
  const SvdfParams& p = *static_cast<const SvdfParams*>(call->params);
  const T* x = static_cast<const T*>(call->slots[SVDF_X]);
  const M* old = static_cast<const M*>(call->slots[SVDF_STATE_IN]);
  const M* time = static_cast<const M*>(call->slots[SVDF_TIME]);
  M* state = static_cast<M*>(call->slots[SVDF_STATE_OUT]);
  Out* out = static_cast<Out*>(call->slots[SVDF_OUT]);
  parallel_for(call->workers, p.batch, [&](int64_t b, int) {
    for (int64_t unit = 0; unit < p.units; unit++) {
      T sum = 0;
      for (int64_t r = 0; r < p.rank; r++) {
        const int64_t filter = unit * p.rank + r, at = (b * p.units * p.rank + filter) * p.memory;
        memmove(state + at, old + at + 1, static_cast<size_t>(p.memory - 1) * sizeof(M));
        state[at + p.memory - 1] = feature(x[b * p.units * p.rank + filter]);
        T dot = 0;
        for (int64_t i = 0; i < p.memory; i++) {
          const T kept = static_cast<T>(state[at + i]) - static_cast<T>(p.state_zero_point);
          const T product = kept * static_cast<T>(time[filter * p.memory + i]);
          if constexpr (sizeof(M) < 4) {
            dot = add_wrapping(dot, product);
          } else {
            dot += product;
          }
        }
        if constexpr (sizeof(M) < 4) {
          sum = add_wrapping(sum, dot);
        } else {
          sum += dot;
        }
      }
      out[b * p.units + unit] = finish(sum, unit);
    }
  });
}

}  // namespace

void svdf_f32_reference(const Call* call) {
  const SvdfParams& p = *static_cast<const SvdfParams*>(call->params);
  const float* bias = static_cast<const float*>(call->slots[SVDF_BIAS]);
  run<float, float, float>(
      call, [](float x) { return x; },
      [&](float sum, int64_t unit) { return lstm_activate(p.activation, p.has_bias ? sum + bias[unit] : sum); });
}

namespace {

// M: memory and weights of time, of 8 or 16 bits; feature values are bounded to it.
template <class M>
void integers(const Call* call, int32_t most) {
  const SvdfParams& p = *static_cast<const SvdfParams*>(call->params);
  const int32_t* bias = static_cast<const int32_t*>(call->slots[SVDF_BIAS]);
  const FixedFactor feature = {p.feature_mantissa, p.feature_shift}, time = {p.time_mantissa, p.time_shift};
  run<int32_t, M, int8_t>(
      call,
      [&](int32_t x) {
        const int32_t y = scale_wrapping(x, feature);
        // Bounded first, moved then: a memory of 8 bits may wrap around.
        return static_cast<M>((y < -most - 1 ? -most - 1 : y > most ? most : y) + p.state_zero_point);
      },
      [&](int32_t sum, int64_t unit) {
        const int32_t y = scale_wrapping(p.has_bias ? add_wrapping(sum, bias[unit]) : sum, time);
        const int32_t z = add_wrapping(y, p.out_zero_point);
        return static_cast<int8_t>(z < -128 ? -128 : z > 127 ? 127 : z);
      });
}

}  // namespace

void svdf_s8_reference(const Call* call) {
  integers<int16_t>(call, 32767);
}
void svdf_s8s8_reference(const Call* call) {
  integers<int8_t>(call, 127);
}

}  // namespace sinter
