// quantize where 16 or 32 bits are on one side: TFLite's own kernels run these, and so their definitions hold.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/quantize/convert.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

// Tensors may lie at any address.
template <class F>
void each(const Call* call) {
  typedef typename F::In In;
  typedef typename F::Out Out;
  const QuantizeParams& p = *static_cast<const QuantizeParams*>(call->params);
  const char* in = static_cast<const char*>(call->slots[QUANTIZE_IN]);
  char* out = static_cast<char*>(call->slots[QUANTIZE_OUT]);
  const F f(p);
  const int64_t part = fair_rows(p.count, 16384, 64, call->workers->threads), parts = (p.count + part - 1) / part;
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

}  // namespace

void quantize_f32s16_reference(const Call* call) {
  each<QuantizeTo16>(call);
}
void quantize_s16f32_reference(const Call* call) {
  each<DequantizeFrom<int16_t>>(call);
}
void quantize_s32f32_reference(const Call* call) {
  each<DequantizeFrom<int32_t>>(call);
}
void quantize_s8s16_reference(const Call* call) {
  each<RequantizeWide<int8_t, int16_t>>(call);
}
void quantize_s16s8_reference(const Call* call) {
  each<RequantizeWide<int16_t, int8_t>>(call);
}
void quantize_s16s16_reference(const Call* call) {
  each<RequantizeWide<int16_t, int16_t>>(call);
}
void quantize_s16s32_reference(const Call* call) {
  each<RequantizeWide<int16_t, int32_t>>(call);
}
void quantize_s32s8_reference(const Call* call) {
  each<RequantizeWide<int32_t, int8_t>>(call);
}
void quantize_s32s16_reference(const Call* call) {
  each<RequantizeWide<int32_t, int16_t>>(call);
}

}  // namespace sinter
