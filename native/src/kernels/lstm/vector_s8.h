// An integer lstm step for 16 cells at a time: fixed16.h in 16-bit lanes, the same bits.
// SPDX-License-Identifier: Apache-2.0
//
// Only for x86_avx2*.cc and x86_avx512*.cc files: each has its own copy in an anonymous namespace.
#ifndef SINTER_KERNELS_LSTM_VECTOR_S8_H_
#define SINTER_KERNELS_LSTM_VECTOR_S8_H_

#ifndef SINTER_EMULATED
#include <immintrin.h>
#endif
#include <string.h>

#include "kernels/lstm/scalar.h"

#define SINTER_INLINE static inline __attribute__((always_inline))

namespace sinter {
namespace {

SINTER_INLINE __m256i all16(int32_t x) {
  return _mm256_set1_epi16(static_cast<int16_t>(x));
}
SINTER_INLINE __m256i load16(const int16_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
SINTER_INLINE __m256i load32(const int32_t* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}
SINTER_INLINE void store16(int16_t* p, __m256i x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), x);
}
SINTER_INLINE __m256i product16(__m256i a, __m256i b) {
  return _mm256_mulhrs_epi16(a, b);
}

// rounding_shift in 16-bit lanes.
template <int SHIFT>
SINTER_INLINE __m256i rounding_shift16(__m256i x) {
  const __m256i rest = _mm256_and_si256(x, all16((1 << SHIFT) - 1));
  const __m256i bound = _mm256_sub_epi16(all16((1 << (SHIFT - 1)) - 1), _mm256_srai_epi16(x, 15));
  return _mm256_sub_epi16(_mm256_srai_epi16(x, SHIFT), _mm256_cmpgt_epi16(rest, bound));
}
template <int SHIFT>
SINTER_INLINE __m256i shift_left16(__m256i x) {
  const int32_t bound = (1 << (15 - SHIFT)) - 1;
  __m256i y = _mm256_slli_epi16(x, SHIFT);
  y = _mm256_blendv_epi8(y, all16(32767), _mm256_cmpgt_epi16(x, all16(bound)));
  return _mm256_blendv_epi8(y, all16(-32768), _mm256_cmpgt_epi16(all16(-bound), x));
}

// exp16 of fixed16.h, for x <= 0. `bits` is the same for all lanes of a call: a loop over its factors.
SINTER_INLINE __m256i exp16(__m256i x, int32_t bits) {
  const int32_t quarter = 1 << (13 - bits);
  const __m256i rest = _mm256_sub_epi16(_mm256_and_si256(x, all16(quarter - 1)), all16(quarter));
  const __m256i y = _mm256_add_epi16(_mm256_sll_epi16(rest, _mm_cvtsi32_si128(bits)), all16(4096));
  const __m256i y2 = product16(y, y), y3 = product16(y2, y), y4 = product16(y2, y2);
  __m256i sum = product16(_mm256_add_epi16(rounding_shift16<2>(y4), y3), all16(10923));
  sum = rounding_shift16<1>(_mm256_add_epi16(sum, y2));
  __m256i result = _mm256_adds_epi16(all16(28918), product16(all16(28918), _mm256_add_epi16(y, sum)));
  const __m256i quarters = _mm256_sub_epi16(rest, x);
  for (int32_t k = 0; k < 7 && bits > k - 2; k++) {
    const __m256i bit = all16(1 << (13 - bits + k));
    const __m256i has = _mm256_cmpeq_epi16(_mm256_and_si256(quarters, bit), bit);
    result = _mm256_blendv_epi8(result, product16(result, all16(exp16_factors[k])), has);
  }
  if (bits > 5) result = _mm256_andnot_si256(_mm256_cmpgt_epi16(all16(-(1 << (20 - bits))), x), result);
  return _mm256_blendv_epi8(result, all16(32767), _mm256_cmpeq_epi16(x, _mm256_setzero_si256()));
}

SINTER_INLINE __m256i twice_inverse16(__m256i x) {
  const __m256i half = _mm256_avg_epu16(x, all16(32767));
  __m256i y = _mm256_add_epi16(all16(23130), product16(half, all16(-15420)));
  for (int i = 0; i < 3; i++) {
    const __m256i miss = _mm256_sub_epi16(all16(8192), product16(half, y));
    y = _mm256_add_epi16(y, shift_left16<2>(product16(y, miss)));
  }
  return y;
}

// The negative of |x|; -32768 has no positive.
SINTER_INLINE __m256i minus_magnitude(__m256i x) {
  return _mm256_min_epi16(x, _mm256_sub_epi16(_mm256_setzero_si256(), x));
}

SINTER_INLINE __m256i logistic16(__m256i x) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i y = shift_left16<1>(twice_inverse16(exp16(minus_magnitude(x), 3)));
  const __m256i result = _mm256_blendv_epi8(_mm256_sub_epi16(all16(32767), y), y, _mm256_cmpgt_epi16(x, zero));
  return _mm256_blendv_epi8(result, all16(16384), _mm256_cmpeq_epi16(x, zero));
}

SINTER_INLINE __m256i tanh16(__m256i x, int32_t bits) {
  const __m256i inverse = twice_inverse16(exp16(minus_magnitude(x), bits + 1));
  const __m256i y = shift_left16<2>(_mm256_sub_epi16(inverse, all16(8192)));
  return _mm256_sign_epi16(y, x);
}

// scale_wrapping for 8 lanes of 32 bits; both rounding steps without overflow.
SINTER_INLINE __m256i scale_lanes(__m256i x, FixedFactor f) {
  const __m256i m = _mm256_set1_epi32(f.mantissa), nudge = _mm256_set1_epi64x(int64_t{1} << 30);
  if (f.shift > 0) x = _mm256_sll_epi32(x, _mm_cvtsi32_si128(f.shift));
  const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, m), nudge);
  const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), m), nudge);
  const __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
  if (f.shift >= 0) return high;
  const int32_t mask = static_cast<int32_t>((uint32_t{1} << -f.shift) - 1);
  const __m256i rest = _mm256_and_si256(high, _mm256_set1_epi32(mask));
  const __m256i bound = _mm256_sub_epi32(_mm256_set1_epi32(mask >> 1), _mm256_srai_epi32(high, 31));
  return _mm256_sub_epi32(_mm256_sra_epi32(high, _mm_cvtsi32_si128(-f.shift)), _mm256_cmpgt_epi32(rest, bound));
}

SINTER_INLINE __m256i clamp_lanes(__m256i x) {
  return _mm256_max_epi32(_mm256_min_epi32(x, _mm256_set1_epi32(32767)), _mm256_set1_epi32(-32768));
}

// 16 values of a gate before its activation.
SINTER_INLINE __m256i gate16(const int32_t* x, const int32_t* products, FixedFactor fx, FixedFactor fp) {
  const __m256i low = _mm256_add_epi32(clamp_lanes(scale_lanes(load32(x), fx)), scale_lanes(load32(products), fp));
  const __m256i high =
      _mm256_add_epi32(clamp_lanes(scale_lanes(load32(x + 8), fx)), scale_lanes(load32(products + 8), fp));
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
}

// The lower and the upper half of each 128-bit group of a * b in 32 bits; packing them restores the order.
struct Products {
  __m256i low, high;
};
SINTER_INLINE Products products32(__m256i a, __m256i b) {
  const __m256i low = _mm256_mullo_epi16(a, b), high = _mm256_mulhi_epi16(a, b);
  return {_mm256_unpacklo_epi16(low, high), _mm256_unpackhi_epi16(low, high)};
}
SINTER_INLINE __m256i rounding_shift32(__m256i x, int32_t shift) {
  const int32_t mask = static_cast<int32_t>((uint32_t{1} << shift) - 1);
  const __m256i rest = _mm256_and_si256(x, _mm256_set1_epi32(mask));
  const __m256i bound = _mm256_sub_epi32(_mm256_set1_epi32(mask >> 1), _mm256_srai_epi32(x, 31));
  return _mm256_sub_epi32(_mm256_sra_epi32(x, _mm_cvtsi32_si128(shift)), _mm256_cmpgt_epi32(rest, bound));
}

// 16 cells of one example; gates stand `pitch` values apart in x and products.
SINTER_INLINE void cells16(const LstmParams& p, const LstmFactors& f, const int32_t* x, const int32_t* products,
                           int64_t pitch, int16_t* cell, int8_t* hidden) {
  const int64_t forget_at = (1 - p.cifg) * pitch, fresh_at = forget_at + pitch, output_at = fresh_at + pitch;
  const __m256i forget =
      logistic16(gate16(x + forget_at, products + forget_at, f.input[LSTM_GATE_FORGET], f.recurrent[LSTM_GATE_FORGET]));
  const __m256i fresh =
      tanh16(gate16(x + fresh_at, products + fresh_at, f.input[LSTM_GATE_CELL], f.recurrent[LSTM_GATE_CELL]), 3);
  const __m256i input = p.cifg
                            ? _mm256_sub_epi16(all16(32767), forget)
                            : logistic16(gate16(x, products, f.input[LSTM_GATE_INPUT], f.recurrent[LSTM_GATE_INPUT]));
  const Products kept = products32(forget, load16(cell)), added = products32(input, fresh);
  const int32_t shift = 30 + p.cell_shift;
  __m256i state =
      _mm256_adds_epi16(_mm256_packs_epi32(rounding_shift32(kept.low, 15), rounding_shift32(kept.high, 15)),
                        _mm256_packs_epi32(rounding_shift32(added.low, shift), rounding_shift32(added.high, shift)));
  if (p.cell_clip >= 1) {
    const int32_t clip = static_cast<int32_t>(p.cell_clip);
    state = _mm256_max_epi16(_mm256_min_epi16(state, all16(clip)), all16(-clip));
  }
  store16(cell, state);
  const __m256i output =
      logistic16(gate16(x + output_at, products + output_at, f.input[LSTM_GATE_OUTPUT], f.recurrent[LSTM_GATE_OUTPUT]));
  const Products y = products32(output, tanh16(state, 15 + p.cell_shift));
  const __m256i zero_point = _mm256_set1_epi32(p.projection ? -p.hidden_zero_point : p.hidden_zero_point);
  const __m256i packed = _mm256_packs_epi32(_mm256_add_epi32(scale_lanes(y.low, f.hidden), zero_point),
                                            _mm256_add_epi32(scale_lanes(y.high, f.hidden), zero_point));
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(hidden), bytes);
}

void lstm_step_s8_vector(const LstmParams& p, const LstmConstantsS8& c, const LstmExampleS8& e) {
  if (p.peephole || p.layer_norm) return lstm_step_s8(p, c, e);
  int32_t j = 0;
  for (; j + 16 <= p.cell; j += 16) {
    cells16(p, *c.factors, e.x + j, e.products + j, p.cell, e.cell + j, e.hidden + j);
  }
  const size_t rest = static_cast<size_t>(p.cell - j);
  if (rest == 0) return;
  int32_t x[64] = {}, products[64] = {};
  int16_t cell[16] = {};
  int8_t hidden[16];
  for (int32_t g = 0; g < lstm_gates(p); g++) {
    memcpy(x + 16 * g, e.x + int64_t{g} * p.cell + j, 4 * rest);
    memcpy(products + 16 * g, e.products + int64_t{g} * p.cell + j, 4 * rest);
  }
  memcpy(cell, e.cell + j, 2 * rest);
  cells16(p, *c.factors, x, products, 16, cell, hidden);
  memcpy(e.cell + j, cell, 2 * rest);
  memcpy(e.hidden + j, hidden, rest);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_LSTM_VECTOR_S8_H_
