// lookup of bytes for AVX-512. SPDX-License-Identifier: Apache-2.0
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

#include "kernels/lookup/vector.h"

namespace sinter {
namespace {

struct Avx512 {
  enum { BYTES = 64 };

  struct Tables {
    __m512i part[16];

    explicit Tables(const uint8_t* table) {
      for (int i = 0; i < 16; i++) {
        part[i] = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i)));
      }
    }
    // With its part's upper half byte taken away, what belongs to a part is below 16; all else becomes 128 or more,
    // for which the shuffle gives 0.
    void of(const uint8_t* in, uint8_t* out) const {
      const __m512i x = _mm512_loadu_si512(in), rest = _mm512_set1_epi8(0x70);
      __m512i found = _mm512_setzero_si512();
      for (int i = 0; i < 16; i++) {
        const __m512i own = _mm512_xor_si512(x, _mm512_set1_epi8(static_cast<char>(16 * i)));
        found = _mm512_or_si512(found, _mm512_shuffle_epi8(part[i], _mm512_adds_epu8(own, rest)));
      }
      _mm512_storeu_si512(out, found);
    }
  };
};

}  // namespace

void lookup_u8_avx512(const Call* call) {
  look_up_bytes<Avx512>(call);
}

}  // namespace sinter
