// lookup of bytes for AVX-512 with permutations of bytes. SPDX-License-Identifier: Apache-2.0
#if !defined(SINTER_EMULATED)
#include <immintrin.h>
#endif

#include "kernels/lookup/vector.h"

namespace sinter {
namespace {

struct Avx512Vbmi {
  enum { BYTES = 64 };

  struct Tables {
    __m512i part[4];

    explicit Tables(const uint8_t* table) {
      for (int i = 0; i < 4; i++) part[i] = _mm512_loadu_si512(table + 64 * i);
    }
    // Each half of the table by the lower seven bits; the highest chooses.
    void of(const uint8_t* in, uint8_t* out) const {
      const __m512i x = _mm512_loadu_si512(in);
      const __m512i low = _mm512_permutex2var_epi8(part[0], x, part[1]);
      const __m512i high = _mm512_permutex2var_epi8(part[2], x, part[3]);
      _mm512_storeu_si512(out, _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high));
    }
  };
};

}  // namespace

void lookup_u8_avx512vbmi(const Call* call) {
  look_up_bytes<Avx512Vbmi>(call);
}

}  // namespace sinter
