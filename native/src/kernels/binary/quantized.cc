// binary on quantized numbers.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include "kernels/binary/quantized.h"

#include "kernels/binary/loop.h"

namespace sinter {

void binary_s8_reference(const Call* call) {
  visit_quantized<int8_t>(binary_params(call), Loop{call});
}
void binary_u8_reference(const Call* call) {
  visit_quantized<uint8_t>(binary_params(call), Loop{call});
}
void binary_s16_reference(const Call* call) {
  visit_quantized<int16_t>(binary_params(call), Loop{call});
}

}  // namespace sinter
