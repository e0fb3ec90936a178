// quantize where 16 or 32 bits are on one side: TFLite's own kernels run these, and so their definitions hold.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "core/workers.h"
#include "kernels/quantize/fixed_point.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

// out[i] = f(in[i]); tensors may lie at any address.
template <class In, class Out, class F>
void each(const Call* call, F f) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const char* in = static_cast<const char*>(call->slots[QUANTIZE_IN]);
  char* out = static_cast<char*>(call->slots[QUANTIZE_OUT]);
  const int64_t part = 16384, parts = (p.count + part - 1) / part;
  parallel_for(call->workers, parts, [&](int64_t index, int) {
    const int64_t end = (index + 1) * part < p.count ? (index + 1) * part : p.count;
    for (int64_t i = index * part; i < end; i++) {
      In x;
      memcpy(&x, in + i * static_cast<int64_t>(sizeof(In)), sizeof(In));
      const Out y = f(x);
      memcpy(out + i * static_cast<int64_t>(sizeof(Out)), &y, sizeof(Out));
    }
  });
}

template <class Out>
Out bounded(int64_t value) {
  const int64_t low = -(int64_t{1} << (8 * sizeof(Out) - 1)), high = -low - 1;
  return static_cast<Out>(value < low ? low : value > high ? high : value);
}

template <class In, class Out>
void requantize(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const FixedFactor factor = fixed_factor(static_cast<double>(p.in_scale) / static_cast<double>(p.out_scale));
  // Differences and left shifts wrap in 32 bits, as TFLite's do.
  const uint32_t zero_point = static_cast<uint32_t>(p.in_zero_point);
  const int32_t left = factor.shift > 0 ? factor.shift : 0;
  const FixedFactor rest = {factor.mantissa, factor.shift - left};
  each<In, Out>(call, [&](In x) {
    const uint32_t difference = (static_cast<uint32_t>(static_cast<int32_t>(x)) - zero_point) << left;
    return bounded<Out>(int64_t{fixed_multiply(static_cast<int32_t>(difference), rest)} + p.out_zero_point);
  });
}

}  // namespace

void quantize_f32s16_reference(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const double scale = static_cast<double>(p.out_scale);  // TFLite divides in doubles where the result has 16 bits
  each<float, int16_t>(call, [&](float x) {
    const double value = round(static_cast<double>(x) / scale);  // halves away from zero
    // What an int32 cannot hold, and what is no number, is its least value, as the conversion of x86 has it.
    const int64_t whole = value >= -2147483648.0 && value < 2147483648.0 ? static_cast<int64_t>(value) : INT32_MIN;
    return bounded<int16_t>(whole + p.out_zero_point);
  });
}
void quantize_s16f32_reference(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  each<int16_t, float>(call, [&](int16_t x) { return static_cast<float>(x - p.in_zero_point) * p.in_scale; });
}
void quantize_s32f32_reference(const Call* call) {
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  each<int32_t, float>(call, [&](int32_t x) { return static_cast<float>(int64_t{x} - p.in_zero_point) * p.in_scale; });
}
void quantize_s8s16_reference(const Call* call) {
  requantize<int8_t, int16_t>(call);
}
void quantize_s16s8_reference(const Call* call) {
  requantize<int16_t, int8_t>(call);
}
void quantize_s16s16_reference(const Call* call) {
  requantize<int16_t, int16_t>(call);
}
void quantize_s16s32_reference(const Call* call) {
  requantize<int16_t, int32_t>(call);
}
void quantize_s32s8_reference(const Call* call) {
  requantize<int32_t, int8_t>(call);
}
void quantize_s32s16_reference(const Call* call) {
  requantize<int32_t, int16_t>(call);
}

}  // namespace sinter
