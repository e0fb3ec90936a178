// What conv in bfloat16 with vdpbf16ps is for drive_f32.h. Only for files that are built for AVX-512 with BF16;
// internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_STRIPS_BF16_H_
#define SINTER_KERNELS_CONV_STRIPS_BF16_H_

#include "kernels/conv/drive_f32.h"
#include "kernels/gemm/drive_strips_bf16.h"

namespace sinter {
namespace {

// I, O: float or uint16_t (bfloat16), of the image and of the results. SCALED: weights are tiles of packing_bf16s8.h.
template <class I, class O, bool SCALED = false>
struct ConvBf16 {
  typedef I In;
  typedef uint16_t Value;
  typedef O Out;
  enum { AS_THEY_ARE = sizeof(I) == 2 };

  static void copy(const In* from, int64_t count, Value* to) {
    if (count > 0) fill_panel(from, count, to);
  }
  StripsF32 strips(int64_t n, int64_t rows) const {
    return strips_f32_avx512(n, rows);
  }
  void multiply(const Bf16Rows& rows, const FloatWeights& weights, const StripResults<O>& results, int columns) const {
    multiply_strip_bf16_avx512(rows, SCALED ? scaled_strip(weights) : weights, results, columns);
  }
  int64_t thread_bytes() const {
    return 0;
  }
  ConvBf16 of_thread(char*) const {
    return *this;
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_STRIPS_BF16_H_
