// binary on whole numbers, and comparisons, for AVX2: the loops of portable.cc.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include "kernels/binary/functions.h"
#include "kernels/binary/loop.h"

namespace sinter {

void binary_s32_avx2(const Call* call) {
  visit_whole<int32_t>(binary_params(call), Loop{call});
}
void binary_compare_f32_avx2(const Call* call) {
  visit_comparison<float>(binary_params(call), Loop{call});
}
void binary_compare_s32_avx2(const Call* call) {
  visit_comparison<int32_t>(binary_params(call), Loop{call});
}

}  // namespace sinter
