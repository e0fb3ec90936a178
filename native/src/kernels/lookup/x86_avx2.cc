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
      for (int i = 0; i < 16; i++) {
        part[i] = _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i)));
      }
    }
    // With its part's upper half byte taken away, what belongs to a part is below 16; all else becomes 128 or more,
    // for which the shuffle gives 0.
    void of(const uint8_t* in, uint8_t* out) const {
      const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in)), rest = _mm256_set1_epi8(0x70);
      __m256i found = _mm256_setzero_si256();
      for (int i = 0; i < 16; i++) {
        const __m256i own = _mm256_xor_si256(x, _mm256_set1_epi8(static_cast<char>(16 * i)));
        found = _mm256_or_si256(found, _mm256_shuffle_epi8(part[i], _mm256_adds_epu8(own, rest)));
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
