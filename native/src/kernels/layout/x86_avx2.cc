// Layout conversions, AVX2: squares of 8 pixels x 8 quads are transposed in registers.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include "core/workers.h"
#include "kernels/layout/walk.h"

namespace sinter {
namespace {

inline __m256i load(const int8_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
inline void store(int8_t* p, __m256i v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
}

// Eight rows of eight 4-byte elements, from_step bytes apart, become eight columns.
inline void transpose(const int8_t* from, int64_t from_step, int8_t* to, int64_t to_step) {
  const __m256i r0 = load(from), r1 = load(from + from_step), r2 = load(from + 2 * from_step);
  const __m256i r3 = load(from + 3 * from_step), r4 = load(from + 4 * from_step), r5 = load(from + 5 * from_step);
  const __m256i r6 = load(from + 6 * from_step), r7 = load(from + 7 * from_step);
  const __m256i a0 = _mm256_unpacklo_epi32(r0, r1), a1 = _mm256_unpackhi_epi32(r0, r1);
  const __m256i a2 = _mm256_unpacklo_epi32(r2, r3), a3 = _mm256_unpackhi_epi32(r2, r3);
  const __m256i a4 = _mm256_unpacklo_epi32(r4, r5), a5 = _mm256_unpackhi_epi32(r4, r5);
  const __m256i a6 = _mm256_unpacklo_epi32(r6, r7), a7 = _mm256_unpackhi_epi32(r6, r7);
  const __m256i b0 = _mm256_unpacklo_epi64(a0, a2), b1 = _mm256_unpackhi_epi64(a0, a2);
  const __m256i b2 = _mm256_unpacklo_epi64(a1, a3), b3 = _mm256_unpackhi_epi64(a1, a3);
  const __m256i b4 = _mm256_unpacklo_epi64(a4, a6), b5 = _mm256_unpackhi_epi64(a4, a6);
  const __m256i b6 = _mm256_unpacklo_epi64(a5, a7), b7 = _mm256_unpackhi_epi64(a5, a7);
  store(to, _mm256_permute2x128_si256(b0, b4, 0x20));
  store(to + to_step, _mm256_permute2x128_si256(b1, b5, 0x20));
  store(to + 2 * to_step, _mm256_permute2x128_si256(b2, b6, 0x20));
  store(to + 3 * to_step, _mm256_permute2x128_si256(b3, b7, 0x20));
  store(to + 4 * to_step, _mm256_permute2x128_si256(b0, b4, 0x31));
  store(to + 5 * to_step, _mm256_permute2x128_si256(b1, b5, 0x31));
  store(to + 6 * to_step, _mm256_permute2x128_si256(b2, b6, 0x31));
  store(to + 7 * to_step, _mm256_permute2x128_si256(b3, b7, 0x31));
}

// Rows may be few (a flattened map is one row): work is split over runs of pixels in multiples of 8.
enum { RUN = 64 };

template <class Body>
inline void for_each_run(const Call* call, const LayoutParams& p, const Body& body) {
  const int64_t runs = (int64_t{p.width} + RUN - 1) / RUN;
  parallel_for(call->workers, runs * p.height, [&](int64_t task, int) {
    const int64_t y = task / runs, x0 = task % runs * RUN;
    body(y, x0, x0 + RUN < p.width ? x0 + RUN : p.width);
  });
}

}  // namespace

void layout_s8_to_quads_avx2(const Call* call) {
  const LayoutParams& p = *static_cast<const LayoutParams*>(call->params);
  const int8_t* in = static_cast<const int8_t*>(call->slots[LAYOUT_IN]);
  int8_t* out = static_cast<int8_t*>(call->slots[LAYOUT_OUT]);
  const int64_t quads = (int64_t{p.channels} + 3) / 4, whole = p.channels / 32 * 8;
  if (p.pitch == 0) return;
  for_each_run(call, p, [&](int64_t y, int64_t x0, int64_t x1) {
    const int8_t* from = in + y * p.width * p.channels;
    int8_t* to = out + y * quads * p.pitch * 4;
    const int64_t x8 = x0 + (x1 - x0) / 8 * 8;
    for (int64_t x = x0; x < x8; x += 8) {
      for (int64_t q = 0; q < whole; q += 8) {
        transpose(from + x * p.channels + q * 4, p.channels, to + (q * p.pitch + x) * 4, int64_t{p.pitch} * 4);
      }
    }
    layout_part_to_quads(p, from, to, {x0, x8, whole, quads});
    layout_part_to_quads(p, from, to, {x8, x1, 0, quads});
  });
  if (p.pitch == p.width) return;
  for (int64_t y = 0; y < p.height; y++) layout_fill_gap(p, out + y * quads * p.pitch * 4);
}

void layout_s8_from_quads_avx2(const Call* call) {
  const LayoutParams& p = *static_cast<const LayoutParams*>(call->params);
  const int8_t* in = static_cast<const int8_t*>(call->slots[LAYOUT_IN]);
  int8_t* out = static_cast<int8_t*>(call->slots[LAYOUT_OUT]);
  const int64_t quads = (int64_t{p.channels} + 3) / 4, whole = p.channels / 32 * 8;
  for_each_run(call, p, [&](int64_t y, int64_t x0, int64_t x1) {
    const int8_t* from = in + y * quads * p.pitch * 4;
    int8_t* to = out + y * p.width * p.channels;
    const int64_t x8 = x0 + (x1 - x0) / 8 * 8;
    for (int64_t x = x0; x < x8; x += 8) {
      for (int64_t q = 0; q < whole; q += 8) {
        transpose(from + (q * p.pitch + x) * 4, int64_t{p.pitch} * 4, to + x * p.channels + q * 4, p.channels);
      }
    }
    layout_part_from_quads(p, from, to, {x0, x8, whole, quads});
    layout_part_from_quads(p, from, to, {x8, x1, 0, quads});
  });
}

}  // namespace sinter
