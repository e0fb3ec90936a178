// resize for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#pragma GCC optimize("O3")  // -O2 leaves the loops scalar
#include "kernels/simd/avx512.h"
//
#include "kernels/resize/bytes.h"
#include "kernels/resize/floats.h"

namespace sinter {
namespace {

struct Lanes16 {
  static constexpr int64_t LANES = 16;
  typedef __m512i I;
  static I load(const int32_t* p) {
    return _mm512_loadu_si512(p);
  }
  static I set(int32_t x) {
    return _mm512_set1_epi32(x);
  }
  static I blend(I base, I step, I far) {
    return _mm512_srai_epi32(_mm512_add_epi32(base, _mm512_mullo_epi32(step, far)), 22);
  }
  static void store(int8_t* to, I x) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtsepi32_epi8(x));
  }
  static void store(uint8_t* to, I x) {  // results lie between inputs: none is negative
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtusepi32_epi8(x));
  }
};

}  // namespace

void resize_f32_avx512(const Call* call) {
  resize_floats<V>(call);
}

void resize_s8_avx512(const Call* call) {
  resize_bytes<Lanes16, int8_t>(call);
}

void resize_u8_avx512(const Call* call) {
  resize_bytes<Lanes16, uint8_t>(call);
}

}  // namespace sinter
