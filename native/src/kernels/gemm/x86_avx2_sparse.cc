// gemm in int8 over 4x4 blocks, AVX2: one pixel at a time for vectors, eight side by side for images.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>
#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/sparse.h"

namespace sinter {
namespace {

#define INLINE inline __attribute__((always_inline))

struct Epilogue {
  float limit;
  int16_t zero_point;
  int8_t minimum;
};

INLINE __m128i load128(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}

// ---- one pixel ------------------------------------------------------------------------------------

// Block row times the widened vector: eight sums, two neighbouring ones per output.
INLINE __m256i madd_block(const int16_t* vector, uint16_t quad, const int8_t* weights) {
  long long values;
  memcpy(&values, vector + quad * int64_t{4}, 8);
  return _mm256_madd_epi16(_mm256_set1_epi64x(values), _mm256_cvtepi8_epi16(load128(weights)));
}

INLINE void vector_row(const Block4x4& w, int64_t row, const int16_t* vector, int8_t* c, const Epilogue& e) {
  int64_t b = w.first[row];
  const int64_t end = w.first[row + 1];
  const int8_t* weights = w.weights + b * 16;
  __m256i even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
  for (; b + 4 <= end; b += 4, weights += 64) {
    even = _mm256_add_epi32(even, madd_block(vector, w.quad[b], weights));
    odd = _mm256_add_epi32(odd, madd_block(vector, w.quad[b + 1], weights + 16));
    even = _mm256_add_epi32(even, madd_block(vector, w.quad[b + 2], weights + 32));
    odd = _mm256_add_epi32(odd, madd_block(vector, w.quad[b + 3], weights + 48));
  }
  for (; b < end; b++, weights += 16) even = _mm256_add_epi32(even, madd_block(vector, w.quad[b], weights));
  even = _mm256_add_epi32(even, odd);
  __m128i sums = _mm_hadd_epi32(_mm256_castsi256_si128(even), _mm256_extracti128_si256(even, 1));
  sums = _mm_add_epi32(sums, load128(w.bias + row * 4));
  __m128 scaled = _mm_mul_ps(_mm_cvtepi32_ps(sums), _mm_loadu_ps(w.scale + row * 4));
  scaled = _mm_min_ps(scaled, _mm_set1_ps(e.limit));
  __m128i q = _mm_cvtps_epi32(scaled);
  q = _mm_adds_epi16(_mm_packs_epi32(q, q), _mm_set1_epi16(e.zero_point));
  q = _mm_max_epi8(_mm_packs_epi16(q, q), _mm_set1_epi8(e.minimum));
  const int32_t bytes = _mm_cvtsi128_si32(q);
  memcpy(c, &bytes, 4);
}

void vector_product(const Call* call, const GemmParams& p, const Block4x4& w, const Epilogue& e) {
  const int8_t* a = static_cast<const int8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  int16_t* vector = static_cast<int16_t*>(call->scratch);
  int64_t q = 0;
  if (p.lda == 1) {
    for (; q + 4 <= w.quads; q += 4) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(vector + q * 4), _mm256_cvtepi8_epi16(load128(a + q * 4)));
    }
  }
  for (; q < w.quads; q++) {
    for (int i = 0; i < 4; i++) vector[q * 4 + i] = a[q * p.lda * 4 + i];
  }
  const int64_t runs = block4x4_row_runs(w, call->workers->threads);
  parallel_for(call->workers, runs, [&](int64_t run, int) {
    const int64_t last = w.rows * (run + 1) / runs;
    for (int64_t row = w.rows * run / runs; row < last; row++) vector_row(w, row, vector, c + row * p.ldc * 4, e);
  });
}

// ---- eight pixels side by side --------------------------------------------------------------------

INLINE __m256i four_pixels(const int8_t* a) {
  return _mm256_cvtepi8_epi16(load128(a));
}
// One output's four weights for each of four pixels.
INLINE __m256i four_times(const int8_t* weights) {
  int32_t values;
  memcpy(&values, weights, 4);
  return _mm256_cvtepi8_epi16(_mm_set1_epi32(values));
}

// Sums of pixels 0,1,4,5 and 2,3,6,7 of one output, rounded.
INLINE __m256i finish(__m256i left, __m256i right, int32_t bias, float scale, __m256 limit) {
  const __m256i sums = _mm256_add_epi32(_mm256_hadd_epi32(left, right), _mm256_set1_epi32(bias));
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), _mm256_set1_ps(scale)), limit));
}

// The 32 result bytes of block row `row` for the eight pixels at a.
INLINE __m256i eight_pixels(const Block4x4& w, int64_t row, const int8_t* a, int64_t quad_bytes, const Epilogue& e) {
  __m256i l0 = _mm256_setzero_si256(), r0 = l0, l1 = l0, r1 = l0, l2 = l0, r2 = l0, l3 = l0, r3 = l0;
  const int64_t end = w.first[row + 1];
  for (int64_t b = w.first[row]; b < end; b++) {
    const int8_t* pixels = a + w.quad[b] * quad_bytes;
    const int8_t* weights = w.weights + b * 16;
    const __m256i left = four_pixels(pixels), right = four_pixels(pixels + 16);
    __m256i v = four_times(weights);
    l0 = _mm256_add_epi32(l0, _mm256_madd_epi16(left, v));
    r0 = _mm256_add_epi32(r0, _mm256_madd_epi16(right, v));
    v = four_times(weights + 4);
    l1 = _mm256_add_epi32(l1, _mm256_madd_epi16(left, v));
    r1 = _mm256_add_epi32(r1, _mm256_madd_epi16(right, v));
    v = four_times(weights + 8);
    l2 = _mm256_add_epi32(l2, _mm256_madd_epi16(left, v));
    r2 = _mm256_add_epi32(r2, _mm256_madd_epi16(right, v));
    v = four_times(weights + 12);
    l3 = _mm256_add_epi32(l3, _mm256_madd_epi16(left, v));
    r3 = _mm256_add_epi32(r3, _mm256_madd_epi16(right, v));
  }
  const int32_t* bias = w.bias + row * 4;
  const float* scale = w.scale + row * 4;
  const __m256 limit = _mm256_set1_ps(e.limit);
  const __m256i zero_point = _mm256_set1_epi16(e.zero_point);
  const __m256i o01 = _mm256_adds_epi16(
      _mm256_packs_epi32(finish(l0, r0, bias[0], scale[0], limit), finish(l1, r1, bias[1], scale[1], limit)),
      zero_point);
  const __m256i o23 = _mm256_adds_epi16(
      _mm256_packs_epi32(finish(l2, r2, bias[2], scale[2], limit), finish(l3, r3, bias[3], scale[3], limit)),
      zero_point);
  const __m256i bytes = _mm256_max_epi8(_mm256_packs_epi16(o01, o23), _mm256_set1_epi8(e.minimum));
  // Each lane: 4 pixels of output 0, of output 1, ...; wanted: the 4 outputs of each pixel.
  const __m256i transpose = _mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15,  //
                                             0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm256_permute4x64_epi64(_mm256_shuffle_epi8(bytes, transpose), 0xd8);
}

// Fewer than eight pixels: on a copy that has eight.
void few_pixels(const Call* call, const GemmParams& p, const Block4x4& w, const Epilogue& e) {
  const int8_t* a = static_cast<const int8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  int8_t* padded = static_cast<int8_t*>(call->scratch);
  const size_t bytes = static_cast<size_t>(p.m) * 4;
  memset(padded, 0, static_cast<size_t>(w.quads * 32));
  for (int64_t q = 0; q < w.quads; q++) memcpy(padded + q * 32, a + q * p.lda * 4, bytes);
  const int64_t runs = block4x4_row_runs(w, call->workers->threads);
  parallel_for(call->workers, runs, [&](int64_t run, int) {
    const int64_t last = w.rows * (run + 1) / runs;
    for (int64_t row = w.rows * run / runs; row < last; row++) {
      alignas(32) int8_t result[32];
      _mm256_store_si256(reinterpret_cast<__m256i*>(result), eight_pixels(w, row, padded, 32, e));
      memcpy(c + row * p.ldc * 4, result, bytes);
    }
  });
}

void many_pixels(const Call* call, const GemmParams& p, const Block4x4& w, const Epilogue& e) {
  const int8_t* a = static_cast<const int8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  const int64_t tiles = block4x4_tiles(p);
  parallel_for(call->workers, tiles, [&](int64_t tile, int) {
    const int64_t begin = tile * BLOCK4X4_TILE;
    const int64_t end = tile + 1 == tiles ? p.m : begin + BLOCK4X4_TILE;
    for (int64_t row = 0; row < w.rows; row++) {
      for (int64_t m = begin; m < end; m += 8) {
        const int64_t at = m + 8 <= end ? m : end - 8;  // the last eight may overlap the ones before
        const __m256i bytes = eight_pixels(w, row, a + at * 4, int64_t{p.lda} * 4, e);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + (row * p.ldc + at) * 4), bytes);
      }
    }
  });
}

}  // namespace

void gemm_s8s8s8_avx2_block4x4(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  if (p.m == 0) return;
  const Block4x4 w = block4x4_view(p, call->slots[GEMM_WEIGHTS]);
  const Epilogue e = {static_cast<float>(p.out_max - p.out_zero_point), static_cast<int16_t>(p.out_zero_point),
                      static_cast<int8_t>(p.out_min)};
  (p.m == 1 ? vector_product : p.m < 8 ? few_pixels : many_pixels)(call, p, w, e);
}

}  // namespace sinter
