// fold: vectors, and positions among bytes, for AVX2.
// SPDX-License-Identifier: Apache-2.0
#define FOLD_BYTES 32
#include "kernels/fold/positions.h"
#include "kernels/fold/vector.h"

namespace sinter {
namespace {

struct Keys16 {
  typedef __m256i Keys;
  static constexpr int64_t LANES = 16;
  __m256i flip;

  explicit Keys16(uint8_t bits) : flip(_mm256_set1_epi16(static_cast<int16_t>(bits))) {}
  Keys keys(const uint8_t* in, int64_t count, int64_t place) const {
    const __m256i steps = _mm256_setr_epi16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    __m128i bytes;
    __m256i behind = _mm256_setzero_si256();
    if (count >= LANES) {
      bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
    } else {
      uint8_t copy[LANES] = {};
      for (int64_t i = 0; i < count; i++) copy[i] = in[i];
      bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(copy));
      behind = _mm256_cmpgt_epi16(steps, _mm256_set1_epi16(static_cast<int16_t>(count - 1)));
    }
    const __m256i high = _mm256_slli_epi16(_mm256_xor_si256(_mm256_cvtepu8_epi16(bytes), flip), 8);
    const __m256i places = _mm256_add_epi16(steps, _mm256_set1_epi16(static_cast<int16_t>(place)));
    return _mm256_or_si256(_mm256_or_si256(high, places), behind);
  }
  static Keys least(Keys a, Keys b) {
    return _mm256_min_epu16(a, b);
  }
  static int32_t lowest(Keys a) {
    return least_of_8(_mm_min_epu16(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1)));
  }
};

}  // namespace

void fold_f32_avx2(const Call* call) {
  fold_f32(call);
}
void fold_s32_avx2(const Call* call) {
  fold_s32(call);
}
void fold_s8_avx2(const Call* call) {
  fold_s8(call);
}
void fold_u8_avx2(const Call* call) {
  fold_u8(call);
}
void fold_s16_avx2(const Call* call) {
  fold_s16(call);
}
void fold_bool_avx2(const Call* call) {
  fold_bool(call);
}
void fold_f32s32_avx2(const Call* call) {
  fold_f32s32(call);
}
void fold_s8s32_avx2(const Call* call) {
  positions<Keys16, int8_t>(call);
}
void fold_u8s32_avx2(const Call* call) {
  positions<Keys16, uint8_t>(call);
}

}  // namespace sinter
