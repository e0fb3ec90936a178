// pool of int16 for AVX2, 16 channels at a time. SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "kernels/pool/op.h"
#include "kernels/pool/window.h"

namespace sinter {
namespace {

inline __m256i load(const int16_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

// taken(values) for each tap of 16 channels.
template <class Taken>
inline void each_tap(const int16_t* in, const PoolWindow& w, int64_t pitch, int64_t channels, const Taken& taken) {
  for (int32_t y = 0; y < w.rows; y++) {
    const int16_t* tap = in + y * pitch;
    for (int32_t x = 0; x < w.cols; x++, tap += channels) taken(load(tap));
  }
}

// round(sum / taps) of four sums, halves away from zero: by doubles, which hold sums and their quotients' distance from
// the next whole number exactly enough.
inline __m128i average(__m128i sum, __m256d half, __m256d taps) {
  const __m256d value = _mm256_cvtepi32_pd(sum), sign = _mm256_and_pd(value, _mm256_set1_pd(-0.0));
  return _mm256_cvttpd_epi32(_mm256_div_pd(_mm256_add_pd(value, _mm256_or_pd(half, sign)), taps));
}
inline __m256i average_8(__m256i sums, __m256d half, __m256d taps) {
  return _mm256_set_m128i(average(_mm256_extracti128_si256(sums, 1), half, taps),
                          average(_mm256_castsi256_si128(sums), half, taps));
}

inline __m256i largest_16(const int16_t* in, const PoolWindow& w, int64_t pitch, int64_t channels) {
  __m256i largest = _mm256_set1_epi16(-32768);
  each_tap(in, w, pitch, channels, [&](__m256i x) { largest = _mm256_max_epi16(largest, x); });
  return largest;
}
inline __m256i average_16(const int16_t* in, const PoolWindow& w, int64_t pitch, int64_t channels) {
  __m256i low = _mm256_setzero_si256(), high = low;
  each_tap(in, w, pitch, channels, [&](__m256i x) {
    low = _mm256_add_epi32(low, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(x)));
    high = _mm256_add_epi32(high, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(x, 1)));
  });
  const int32_t taps = w.rows * w.cols;
  const __m256d half = _mm256_set1_pd(taps / 2), all = _mm256_set1_pd(taps);
  const __m256i packed = _mm256_packs_epi32(average_8(low, half, all), average_8(high, half, all));
  return _mm256_permute4x64_epi64(packed, 0xd8);
}

template <bool most>
inline void pool(const Call* call) {
  const PoolParams& p = *static_cast<const PoolParams*>(call->params);
  const int16_t* in = static_cast<const int16_t*>(call->slots[POOL_IN]);
  int16_t* out = static_cast<int16_t*>(call->slots[POOL_OUT]);
  const int64_t channels = p.channels, pitch = static_cast<int64_t>(p.in_w) * channels;
  const __m256i least = _mm256_set1_epi16(static_cast<int16_t>(p.out_min));
  const __m256i top = _mm256_set1_epi16(static_cast<int16_t>(p.out_max));
  const auto some = [&](const int16_t* from, const PoolWindow& w, int64_t step, int64_t apart) {
    const __m256i x = most ? largest_16(from, w, step, apart) : average_16(from, w, step, apart);
    return _mm256_min_epi16(_mm256_max_epi16(x, least), top);
  };
  pool_walk(p, call->workers, [&](const PoolWindow& w) {
    int64_t c = 0;
    for (; c + 16 <= channels; c += 16) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + w.out + c), some(in + w.in + c, w, pitch, channels));
    }
    for (; c < channels; c++) {
      int32_t sum = 0, largest = -32768;
      for (int32_t y = 0; y < w.rows; y++) {
        for (int32_t x = 0; x < w.cols; x++) {
          const int32_t value = in[w.in + y * pitch + x * channels + c];
          sum += value;
          largest = value > largest ? value : largest;
        }
      }
      const int32_t taps = w.rows * w.cols;
      int32_t value = most ? largest : (sum > 0 ? sum + taps / 2 : sum - taps / 2) / taps;
      value = value < p.out_min ? p.out_min : value;
      out[w.out + c] = static_cast<int16_t>(value > p.out_max ? p.out_max : value);
    }
  });
}

}  // namespace

void pool_s16s16_avx2(const Call* call) {
  const bool most = static_cast<const PoolParams*>(call->params)->kind == POOL_MAX;
  most ? pool<true>(call) : pool<false>(call);
}

}  // namespace sinter
