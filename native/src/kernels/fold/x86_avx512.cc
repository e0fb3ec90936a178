// fold: vectors, and positions among bytes, for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#define FOLD_BYTES 64
#include "kernels/fold/positions.h"
#include "kernels/fold/vector.h"

namespace sinter {
namespace {

struct Keys32 {
  typedef __m512i Keys;
  static constexpr int64_t LANES = 32;
  __m512i flip, steps;

  explicit Keys32(uint8_t bits) : flip(_mm512_set1_epi16(static_cast<int16_t>(bits))) {
    int16_t counted[LANES];
    for (int i = 0; i < LANES; i++) counted[i] = static_cast<int16_t>(i);
    steps = _mm512_loadu_si512(counted);
  }
  Keys keys(const uint8_t* in, int64_t count, int64_t place) const {
    const __mmask32 inside = count >= LANES ? ~__mmask32{0} : (__mmask32{1} << count) - 1;
    const __m512i bytes = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(inside, in));
    const __m512i high = _mm512_slli_epi16(_mm512_xor_si512(bytes, flip), 8);
    const __m512i places = _mm512_add_epi16(steps, _mm512_set1_epi16(static_cast<int16_t>(place)));
    return _mm512_mask_blend_epi16(inside, _mm512_set1_epi16(-1), _mm512_or_si512(high, places));
  }
  static Keys least(Keys a, Keys b) {
    return _mm512_min_epu16(a, b);
  }
  static int32_t lowest(Keys a) {
    const __m256i half = _mm256_min_epu16(_mm512_castsi512_si256(a), _mm512_extracti64x4_epi64(a, 1));
    return least_of_8(_mm_min_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1)));
  }
};

}  // namespace

void fold_f32_avx512(const Call* call) {
  fold_f32(call);
}
void fold_s32_avx512(const Call* call) {
  fold_s32(call);
}
void fold_s8_avx512(const Call* call) {
  fold_s8(call);
}
void fold_u8_avx512(const Call* call) {
  fold_u8(call);
}
void fold_s16_avx512(const Call* call) {
  fold_s16(call);
}
void fold_bool_avx512(const Call* call) {
  fold_bool(call);
}
void fold_f32s32_avx512(const Call* call) {
  fold_f32s32(call);
}
void fold_s8s32_avx512(const Call* call) {
  positions<Keys32, int8_t>(call);
}
void fold_u8s32_avx512(const Call* call) {
  positions<Keys32, uint8_t>(call);
}

}  // namespace sinter
