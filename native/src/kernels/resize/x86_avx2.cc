// resize for AVX2: floats as the plain loops over channels, bytes by rows of sums that are blended down first.
// SPDX-License-Identifier: Apache-2.0
//
// The definition blends across and then down; its integers are exact until the last shift, so the order is free. A row
// of sums serves all pixels of an output row. Eight channels are taken at a time, also behind a pixel's last one: the
// sums have room behind them, and the next pixel writes over what was too much.
#pragma GCC optimize("O3")  // -O2 leaves the loops scalar
#include <immintrin.h>

#include "kernels/resize/drive.h"
#include "kernels/resize/scratch.h"

namespace sinter {
namespace {

const int64_t LANES = RESIZE_LANES;

inline void store_bytes(int8_t* to, __m128i words) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packs_epi16(words, words));
}
inline void store_bytes(uint8_t* to, __m128i words) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
}

template <class T>
void bytes(const Call* call) {
  const ResizeParams& p = *static_cast<const ResizeParams*>(call->params);
  if (p.nearest) return run<T>(call);
  const T* in = static_cast<const T*>(call->slots[RESIZE_IN]);
  T* out = static_cast<T*>(call->slots[RESIZE_OUT]);
  const int64_t c = p.channels, row = p.width * c;
  const Axis down = {p.height, p.out_height, p.align_corners != 0, p.half_pixel_centers != 0};
  const Axis across = {p.width, p.out_width, p.align_corners != 0, p.half_pixel_centers != 0};
  const ResizeRoom room = resize_room(p);
  parallel_for(call->workers, int64_t{p.batch} * p.out_height, [&](int64_t task, int thread) {
    char* own = static_cast<char*>(call->scratch) + thread * room.bytes;
    int32_t* __restrict sums = reinterpret_cast<int32_t*>(own);
    T* to = reinterpret_cast<T*>(own + room.out);
    const Between y = real_position(down, static_cast<int32_t>(task % p.out_height));
    const T* picture = in + task / p.out_height * p.height * row;
    const T *upper = picture + y.low * row, *lower = picture + y.high * row;
    for (int64_t i = 0; i < row; i++) sums[i] = upper[i] * 2048 + (lower[i] - upper[i]) * y.far_2048;
    for (int64_t i = row; i < row + LANES; i++) sums[i] = 0;
    for (int32_t j = 0; j < p.out_width; j++) {
      const Between x = real_position(across, j);
      const __m256i far = _mm256_set1_epi32(x.far_2048), half = _mm256_set1_epi32(1 << 21);
      const int32_t *left = sums + x.low * c, *right = sums + x.high * c;
      for (int64_t k = 0; k < c; k += LANES) {
        const __m256i l = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(left + k));
        const __m256i r = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(right + k));
        __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(l, 11), _mm256_mullo_epi32(_mm256_sub_epi32(r, l), far));
        sum = _mm256_srai_epi32(_mm256_add_epi32(sum, half), 22);
        store_bytes(to + j * c + k, _mm_packs_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1)));
      }
    }
    memcpy(out + task * p.out_width * c, to, static_cast<size_t>(p.out_width * c));
  });
}

}  // namespace

void resize_f32_avx2(const Call* call) {
  run<float>(call);
}

void resize_s8_avx2(const Call* call) {
  bytes<int8_t>(call);
}

void resize_u8_avx2(const Call* call) {
  bytes<uint8_t>(call);
}

}  // namespace sinter
