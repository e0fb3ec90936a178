// conv in bfloat16 for AVX-512 with vdpbf16ps.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/drive_f32.h"
#include "kernels/gemm/packing_bf16.h"
#include "kernels/gemm/round_bf16_avx512.h"

namespace sinter {
namespace {

// I, O: float or uint16_t (bfloat16), of the image and of the results.
template <class I, class O>
struct ConvBf16 {
  typedef I In;
  typedef uint16_t Value;
  typedef O Out;

  static void copy(const In* from, int64_t count, Value* to) {
    if (count > 0) fill_panel(from, count, to);
  }
  StripsF32 strips(int64_t n, int64_t rows) const {
    return strips_f32_avx512(n, rows);
  }
  void multiply(const Bf16Rows& rows, const FloatWeights& weights, const StripResults<O>& results, int columns) const {
    multiply_strip_bf16_avx512(rows, weights, results, columns);
  }
  int64_t thread_bytes() const {
    return 0;
  }
  ConvBf16 of_thread(char*) const {
    return *this;
  }
};

template <class I, class O>
inline void run(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  conv_strips(call, ConvBf16<I, O>(), bf16_tile_words(k), bf16_tiles_bytes(n, k) / 4);
}

}  // namespace

void conv_f32bf16f32_avx512bf16(const Call* call) {
  run<float, float>(call);
}
void conv_f32bf16bf16_avx512bf16(const Call* call) {
  run<float, uint16_t>(call);
}
void conv_bf16bf16f32_avx512bf16(const Call* call) {
  run<uint16_t, float>(call);
}
void conv_bf16bf16bf16_avx512bf16(const Call* call) {
  run<uint16_t, uint16_t>(call);
}

}  // namespace sinter
