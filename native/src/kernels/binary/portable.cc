// binary on plain numbers: floats, integers, comparisons. Loops that the compiler vectorizes.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include "kernels/binary/functions.h"
#include "kernels/binary/loop.h"

namespace sinter {

void binary_f32_reference(const Call* call) {
  visit_real(binary_params(call), Loop{call});
}
void binary_s32_reference(const Call* call) {
  visit_whole<int32_t>(binary_params(call), Loop{call});
}
void binary_s64_reference(const Call* call) {
  visit_whole<int64_t>(binary_params(call), Loop{call});
}
void binary_compare_f32_reference(const Call* call) {
  visit_comparison<float>(binary_params(call), Loop{call});
}
void binary_compare_s32_reference(const Call* call) {
  visit_comparison<int32_t>(binary_params(call), Loop{call});
}
void binary_compare_s64_reference(const Call* call) {
  visit_comparison<int64_t>(binary_params(call), Loop{call});
}
void binary_compare_s8_reference(const Call* call) {
  visit_comparison<int8_t>(binary_params(call), Loop{call});
}
void binary_compare_u8_reference(const Call* call) {
  visit_comparison<uint8_t>(binary_params(call), Loop{call});
}
void binary_compare_s16_reference(const Call* call) {
  visit_comparison<int16_t>(binary_params(call), Loop{call});
}
void binary_compare_bool_reference(const Call* call) {
  visit_bool(binary_params(call), Loop{call});
}

}  // namespace sinter
