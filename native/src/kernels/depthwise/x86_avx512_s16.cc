// depthwise of int16 activations and int8 weights for AVX-512 VNNI. SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise/vector_s16.h"
#include "kernels/gemm/lanes_s16_avx512.h"

namespace sinter {
namespace {

struct V512 {
  typedef __m512i Int;
  static constexpr int CHANNELS = 32, ABREAST = 4;

  static SINTER_ONE_INSTRUCTION Int zero() {
    return _mm512_setzero_si512();
  }
  static SINTER_ONE_INSTRUCTION Int load(const int16_t* p) {
    return _mm512_loadu_si512(p);
  }
  static SINTER_ONE_INSTRUCTION Int load_n(const int16_t* p, int64_t n) {
    return _mm512_maskz_loadu_epi8(~__mmask64{0} >> (64 - 2 * n), p);
  }
  static SINTER_ONE_INSTRUCTION Int low(Int a, Int b) {
    return _mm512_unpacklo_epi16(a, b);
  }
  static SINTER_ONE_INSTRUCTION Int high(Int a, Int b) {
    return _mm512_unpackhi_epi16(a, b);
  }
  // GCC 12 keeps sums of the intrinsic in memory once there are many.
  static SINTER_ONE_INSTRUCTION Int dot(Int sum, Int pairs, const char* weights) {
#if defined(SINTER_EMULATED)
    return _mm512_dpwssd_epi32(sum, pairs, _mm512_loadu_si512(weights));
#else
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(pairs), "m"(*reinterpret_cast<const __m512i_u*>(weights)));
    return sum;
#endif
  }
  template <bool FIXED_64>
  static SINTER_VNNI_INLINE void store(int16_t* to, int64_t n, Int low, Int high, const char* at, int64_t, int32_t how,
                                       int32_t least, int32_t most) {
    const Lanes16* lanes = reinterpret_cast<const Lanes16*>(at);
    if constexpr (FIXED_64) {
      low = results_of_lanes<REQUANTIZE_FIXED_64, false>(low, low, lanes);
      high = results_of_lanes<REQUANTIZE_FIXED_64, false>(high, high, lanes + 1);
    } else {
      low = by_others(low, lanes, how);
      high = by_others(high, lanes + 1, how);
    }
    __m512i words = _mm512_packs_epi32(low, high);
    words = _mm512_max_epi16(words, _mm512_set1_epi16(static_cast<int16_t>(least)));
    store_words(to, _mm512_min_epi16(words, _mm512_set1_epi16(static_cast<int16_t>(most))), n);
  }

 private:
  static __attribute__((noinline)) Int by_others(Int sums, const Lanes16* lanes, int32_t how) {
    if (how == REQUANTIZE_FIXED_32) return results_of_lanes<REQUANTIZE_FIXED_32, false>(sums, sums, lanes);
    if (how == REQUANTIZE_DOUBLE_64) return results_of_lanes<REQUANTIZE_DOUBLE_64, false>(sums, sums, lanes);
    return results_of_lanes<REQUANTIZE_UPWARD_32, false>(sums, sums, lanes);
  }
};

}  // namespace

void depthwise_s16s8s16_avx512vnni(const Call* call) {
  depthwise_s16<V512>(call);
}

}  // namespace sinter
