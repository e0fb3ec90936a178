// quantize on the GPU, by the functions of the reference rows.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/launch.h"
#include "cuda/map.cuh"
#include "kernels/quantize/convert.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

template <class F>
void each(const Call* call) {
  const QuantizeParams& p = params_of<QuantizeParams>(call);
  map(call, slot_of<const typename F::In>(call, QUANTIZE_IN), slot_of<typename F::Out>(call, QUANTIZE_OUT), p.count,
      F(p));
}

}  // namespace

void quantize_f32s8_cuda(const Call* call) {
  each<QuantizeTo<int8_t>>(call);
}
void quantize_f32u8_cuda(const Call* call) {
  each<QuantizeTo<uint8_t>>(call);
}
void quantize_s8f32_cuda(const Call* call) {
  each<DequantizeFrom<int8_t>>(call);
}
void quantize_u8f32_cuda(const Call* call) {
  each<DequantizeFrom<uint8_t>>(call);
}
void quantize_s8s8_cuda(const Call* call) {
  each<RequantizeBytes<int8_t, int8_t>>(call);
}
void quantize_u8s8_cuda(const Call* call) {
  each<RequantizeBytes<uint8_t, int8_t>>(call);
}
void quantize_s8u8_cuda(const Call* call) {
  each<RequantizeBytes<int8_t, uint8_t>>(call);
}
void quantize_u8u8_cuda(const Call* call) {
  each<RequantizeBytes<uint8_t, uint8_t>>(call);
}
void quantize_f32s16_cuda(const Call* call) {
  each<QuantizeTo16>(call);
}
void quantize_s16f32_cuda(const Call* call) {
  each<DequantizeFrom<int16_t>>(call);
}
void quantize_s32f32_cuda(const Call* call) {
  each<DequantizeFrom<int32_t>>(call);
}
void quantize_s8s16_cuda(const Call* call) {
  each<RequantizeWide<int8_t, int16_t>>(call);
}
void quantize_s16s8_cuda(const Call* call) {
  each<RequantizeWide<int16_t, int8_t>>(call);
}
void quantize_s16s16_cuda(const Call* call) {
  each<RequantizeWide<int16_t, int16_t>>(call);
}
void quantize_s16s32_cuda(const Call* call) {
  each<RequantizeWide<int16_t, int32_t>>(call);
}
void quantize_s32s8_cuda(const Call* call) {
  each<RequantizeWide<int32_t, int8_t>>(call);
}
void quantize_s32s16_cuda(const Call* call) {
  each<RequantizeWide<int32_t, int16_t>>(call);
}

}  // namespace sinter
