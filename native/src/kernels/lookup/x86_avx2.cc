// lookup of bytes for AVX2. SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "kernels/lookup/vector.h"

namespace sinter {
namespace {

struct Avx2 {
  enum { BYTES = 32 };

  struct Tables {
    __m256i part[16];

    explicit Tables(const uint8_t* table) {
      __m256i before = _mm256_setzero_si256();
      for (int i = 0; i < 16; i++) {
        const __m256i own =
            _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i)));
        part[i] = _mm256_xor_si256(own, before);
        if (i >= 8) part[i] = _mm256_xor_si256(part[i], part[i - 8]);
        before = own;
      }
    }
    void of(const uint8_t* in, uint8_t* out) const {
      const __m256i step = _mm256_set1_epi8(16);
      __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in)), found = _mm256_shuffle_epi8(part[0], x);
#pragma GCC unroll 15
      for (int i = 1; i < 16; i++) {
        x = i <= 8 ? _mm256_sub_epi8(x, step) : _mm256_subs_epi8(x, step);
        found = _mm256_xor_si256(found, _mm256_shuffle_epi8(part[i], x));
      }
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), found);
    }
  };
};

}  // namespace

void lookup_u8_avx2(const Call* call) {
  look_up_bytes<Avx2>(call);
}

}  // namespace sinter
