// depthwise, int8 and uint8, AVX-VNNI: 32 channels in a vector, half of a block of 64.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "kernels/depthwise/quads_256.h"
#include "kernels/depthwise/vector_quads.h"
#include "kernels/simd/avxvnni.h"

namespace sinter {
namespace {

// The first `count` (1..32) bytes: whole words of 4 by instruction, other bytes by copying.
struct FirstBytes {
  __m256i words;
  int64_t count;
};

// STEP_BYTES: 64 in halves of blocks of 64 channels, 32 in blocks of 32.
template <int STEP_BYTES>
struct Half : Quads256 {
  typedef FirstBytes Mask;
  enum { STEP = STEP_BYTES, ABREAST = 2 };
  // All ones in the words before the one that byte `count` lies in.
  static INLINE Int words_before(int64_t count) {
    const int32_t words = count <= 0 ? 0 : count >= 32 ? 8 : static_cast<int32_t>(count / 4);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(words), _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
  }
  static INLINE Mask first(int64_t count) {
    return {words_before(count), count};
  }
  static INLINE Int load_some(const Mask& mask, const void* p) {
    if (mask.count >= 32) return load(p);
    if (mask.count % 4 == 0) return _mm256_maskload_epi32(static_cast<const int*>(p), mask.words);
    alignas(32) char bytes[32] = {};
    memcpy(bytes, p, static_cast<size_t>(mask.count));
    return load(bytes);
  }
  static INLINE void store_some(void* p, const Mask& mask, Int v) {
    if (mask.count >= 32) {
      _mm256_storeu_si256(static_cast<__m256i*>(p), v);
    } else if (mask.count % 4 == 0) {
      _mm256_maskstore_epi32(static_cast<int*>(p), mask.words, v);
    } else {
      alignas(32) char bytes[32];
      _mm256_store_si256(reinterpret_cast<__m256i*>(bytes), v);
      memcpy(p, bytes, static_cast<size_t>(mask.count));
    }
  }
  // Bytes begin .. end - 1 of those at p, around them the others'; both are multiples of 4.
  static INLINE Int load_between(int64_t begin, int64_t end, const int8_t* p, Int others) {
    const Int mask = _mm256_andnot_si256(words_before(begin), words_before(end));
    return _mm256_blendv_epi8(others, _mm256_maskload_epi32(reinterpret_cast<const int*>(p), mask), mask);
  }
  // Of the pixels in a, then b, the first, the third, ...
  template <int PIXEL>
  static INLINE Int every_other(Int a, Int b) {
    if constexpr (PIXEL == 16) {
      return _mm256_permute2x128_si256(a, b, 0x20);
    } else if constexpr (PIXEL == 8) {
      return _mm256_permute4x64_epi64(_mm256_unpacklo_epi64(a, b), 0xd8);
    } else {
      const __m256 words = _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), 0x88);
      return _mm256_permute4x64_epi64(_mm256_castps_si256(words), 0xd8);
    }
  }
  static INLINE void dot(Int& sum, Int a, Int w) {
    avxvnni_dot4(&sum, a, w);
  }
};

struct AvxVnni {
  enum { ABREAST = 2 };  // sums of four outputs would not fit 16 registers
  typedef Half<64> Widest;

  template <class F>
  static INLINE void for_each_block(int64_t channels, const char* weights, int64_t quads, const F& f) {
    const int64_t wide_bytes = 64 * (8 + 4 * quads);
    for (int64_t at = 0; at < channels; weights += wide_bytes) {
      const bool wide = depthwise_quad_block(channels, at) == 64;
      for (int64_t half = 0; half < (wide ? 64 : 32) && at < channels; half += 32, at += 32) {
        const FirstBytes mask = Widest::first(channels - at);
        if (wide) {
          f(Half<64>(), weights + half, at, mask);
        } else {
          f(Half<32>(), weights, at, mask);
        }
      }
    }
  }
};

}  // namespace

void depthwise_s8s8s8_avxvnni(const Call* call) {
  run<AvxVnni, false>(call);
}
void depthwise_u8u8u8_avxvnni(const Call* call) {
  run<AvxVnni, true>(call);
}

}  // namespace sinter
