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
      __m512i before = _mm512_setzero_si512();
      for (int i = 0; i < 16; i++) {
        const __m512i own = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table + 16 * i)));
        part[i] = _mm512_xor_si512(own, before);
        if (i >= 8) part[i] = _mm512_xor_si512(part[i], part[i - 8]);
        before = own;
      }
    }
    void of(const uint8_t* in, uint8_t* out) const {
      const __m512i step = _mm512_set1_epi8(16);
      __m512i x = _mm512_loadu_si512(in), found = _mm512_shuffle_epi8(part[0], x);
#pragma GCC unroll 15
      for (int i = 1; i < 16; i++) {
        x = i <= 8 ? _mm512_sub_epi8(x, step) : _mm512_subs_epi8(x, step);
        found = _mm512_xor_si512(found, _mm512_shuffle_epi8(part[i], x));
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
