// lookup of int16 for AVX2: both ends of eight lines are gathered at once. SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "core/workers.h"
#include "kernels/lookup/op.h"

namespace sinter {

void lookup_s16_reference(const Call* call);

namespace {

// Eight results of 32 bits, of which the lower 16 count: neighbours' difference wraps around in 16 bits.
inline __m256i eight(const char* table, __m128i x) {
  const __m256i t = _mm256_add_epi32(_mm256_cvtepi16_epi32(x), _mm256_set1_epi32(32768));
  const __m256i ends = _mm256_i32gather_epi32(reinterpret_cast<const int*>(table), _mm256_srli_epi32(t, 7), 2);
  const __m256i next = _mm256_srai_epi32(ends, 16), first = _mm256_srai_epi32(_mm256_slli_epi32(ends, 16), 16);
  const __m256i slope = _mm256_srai_epi32(_mm256_slli_epi32(_mm256_sub_epi32(next, first), 16), 16);
  const __m256i part = _mm256_and_si256(t, _mm256_set1_epi32(127));
  const __m256i risen = _mm256_add_epi32(_mm256_mullo_epi32(slope, part), _mm256_set1_epi32(64));
  return _mm256_add_epi32(first, _mm256_srai_epi32(risen, 7));
}

}  // namespace

void lookup_s16_avx2(const Call* call) {
  const LookupParams& p = *static_cast<const LookupParams*>(call->params);
  if (p.entries == 65536) return lookup_s16_reference(call);  // a load each, and no more
  const int64_t count = p.count;
  const char* in = static_cast<const char*>(call->slots[LOOKUP_IN]);
  const char* table = static_cast<const char*>(call->slots[LOOKUP_TABLE]);
  char* out = static_cast<char*>(call->slots[LOOKUP_OUT]);
  const int64_t part = fair_rows(count, 16384, 64, call->workers->threads), parts = (count + part - 1) / part;
  parallel_for(call->workers, parts, [=](int64_t index, int) {
    const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
    const __m256i low = _mm256_set1_epi32(0xffff);
    for (int64_t i = index * part; i < end; i += 16) {
      const int64_t n = end - i < 16 ? end - i : 16;
      int16_t some[16] = {};
      const void* from = in + 2 * i;
      if (n < 16) from = __builtin_memcpy(some, from, static_cast<size_t>(n) * 2);
      const __m256i x = _mm256_loadu_si256(static_cast<const __m256i*>(from));
      const __m256i a = eight(table, _mm256_castsi256_si128(x)), b = eight(table, _mm256_extracti128_si256(x, 1));
      const __m256i y =
          _mm256_permute4x64_epi64(_mm256_packus_epi32(_mm256_and_si256(a, low), _mm256_and_si256(b, low)), 0xd8);
      if (n == 16) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 2 * i), y);
      } else {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(some), y);
        __builtin_memcpy(out + 2 * i, some, static_cast<size_t>(n) * 2);
      }
    }
  });
}

}  // namespace sinter
