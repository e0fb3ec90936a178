// depthwise with activations in bfloat16 for AVX-512 with BF16: vector_f32.h with 16 lanes; weights and sums are
// floats. SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise/lanes_avx512.h"
#include "kernels/gemm/bf16.h"

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
template <class T>
struct Widened : T {
  using T::load;
  using T::store;
  static typename T::F load(const uint16_t* p, typename T::Mask mask) {
    float lanes[T::W];
    for (int i = 0; i < T::W; i++) lanes[i] = mask >> i & 1 ? bf16_to_float(p[i]) : 0.0f;
    return T::load(lanes);
  }
  static typename T::F load(const uint16_t* p) {
    return load(p, T::first(T::W));
  }
  static void store(uint16_t* p, typename T::F v, typename T::Mask mask) {
    float lanes[T::W];
    T::store(lanes, v, T::first(T::W));
    for (int i = 0; i < T::W; i++) {
      if (mask >> i & 1) p[i] = bf16_from_float(lanes[i]);
    }
  }
  static void store(uint16_t* p, typename T::F v) {
    store(p, v, T::first(T::W));
  }
};
typedef Widened<FloatsOf8> WidenedOf8;
struct V : Widened<FloatsOf16> {
  typedef WidenedOf8 Half;
};
#else
struct WidenedOf8 : FloatsOf8 {
  using FloatsOf8::load;
  using FloatsOf8::store;
  LANES F load(const uint16_t* p, Mask mask) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_maskz_loadu_epi16(mask, p)), 16));
  }
  LANES void store(uint16_t* p, F v, Mask mask) {
    _mm_mask_storeu_epi16(p, mask, (__m128i)_mm256_cvtneps_pbh(v));
  }
};
struct V : FloatsOf16 {
  typedef WidenedOf8 Half;
  using FloatsOf16::load;
  using FloatsOf16::store;
  LANES F widened(__m256i halves) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
  }
  LANES F load(const uint16_t* p) {
    return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  LANES F load(const uint16_t* p, Mask mask) {
    return widened(_mm256_maskz_loadu_epi16(mask, p));
  }
  LANES void store(uint16_t* p, F v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(v));
  }
  LANES void store(uint16_t* p, F v, Mask mask) {
    _mm256_mask_storeu_epi16(p, mask, (__m256i)_mm512_cvtneps_pbh(v));
  }
};
#endif

}  // namespace
}  // namespace sinter

#include "kernels/depthwise/vector_f32.h"

namespace sinter {

void depthwise_f32f32bf16_avx512bf16(const Call* call) {
  depthwise_floats<float, uint16_t>(call);
}
void depthwise_bf16f32f32_avx512bf16(const Call* call) {
  depthwise_floats<uint16_t, float>(call);
}
void depthwise_bf16f32bf16_avx512bf16(const Call* call) {
  depthwise_floats<uint16_t, uint16_t>(call);
}

}  // namespace sinter
