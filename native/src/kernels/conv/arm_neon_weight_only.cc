// conv of floats by weights of int8, int4 or half precision for NEON. SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_weight_only.h"

namespace sinter {
namespace {

const StripKernelF32 kernel = {multiply_strip_f32_neon, strips_f32_neon};

}  // namespace

void conv_weight_only_s8_neon(const Call* call) {
  conv_weight_only<STORED_S8>(call, kernel);
}
void conv_weight_only_bf16_s8_neon(const Call* call) {
  conv_weight_only<STORED_S8, true>(call, kernel);
}
void conv_weight_only_s4_neon(const Call* call) {
  conv_weight_only<STORED_S4>(call, kernel);
}
void conv_f32f16f32_neon(const Call* call) {
  conv_weight_only<STORED_F16>(call, kernel);
}

}  // namespace sinter
