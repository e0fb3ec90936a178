// gemm in int8 over 4x4 blocks, AVX-512 VNNI: four blocks at a time for vectors, up to 64 pixels side by
// side for images.
// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>
#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/sparse.h"

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
#define INLINE __attribute__((noinline))  // emulated instructions are long: inlining them would take minutes
#else
#define INLINE inline __attribute__((always_inline))
#endif

struct Epilogue {
  float limit;
  int16_t zero_point;
  int8_t minimum;
};

INLINE void dot(__m512i& sum, __m512i a, __m512i w) {
#if defined(SINTER_EMULATED)
  sum = _mm512_dpbusd_epi32(sum, a, w);
#else
  // GCC copies sums around the intrinsic.
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "vm"(w));
#endif
}

// ---- one pixel ------------------------------------------------------------------------------------

INLINE __m128i quad(const int32_t* vector, uint16_t index) {
  return _mm_set1_epi32(vector[index]);
}
// The activations of four blocks, each in the lane of its weights.
INLINE __m512i four_quads(const int32_t* vector, const uint16_t* index) {
  const __m256i low =
      _mm256_inserti128_si256(_mm256_castsi128_si256(quad(vector, index[0])), quad(vector, index[1]), 1);
  const __m256i high =
      _mm256_inserti128_si256(_mm256_castsi128_si256(quad(vector, index[2])), quad(vector, index[3]), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

INLINE void vector_row(const Block4x4& w, int64_t row, const int32_t* vector, int8_t* c, const Epilogue& e) {
  int64_t b = w.first[row];
  const int64_t end = w.first[row + 1];
  const int8_t* weights = w.weights + b * 16;
  __m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
  for (; b + 8 <= end; b += 8, weights += 128) {
    dot(even, four_quads(vector, w.quad + b), _mm512_loadu_si512(weights));
    dot(odd, four_quads(vector, w.quad + b + 4), _mm512_loadu_si512(weights + 64));
  }
  if (b + 4 <= end) {
    dot(even, four_quads(vector, w.quad + b), _mm512_loadu_si512(weights));
    b += 4;
    weights += 64;
  }
  even = _mm512_add_epi32(even, odd);
  const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(even), _mm512_extracti64x4_epi64(even, 1));
  __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  sums = _mm_add_epi32(sums, _mm_loadu_si128(reinterpret_cast<const __m128i*>(w.bias_u8 + row * 4)));
  for (; b < end; b++, weights += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(weights));
    sums = _mm_dpbusd_epi32(sums, quad(vector, w.quad[b]), block);
  }
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
  int32_t* vector = static_cast<int32_t*>(call->scratch);
  for (int64_t q = 0; q < w.quads; q++) {
    uint32_t values;
    memcpy(&values, a + q * p.lda * 4, 4);
    vector[q] = static_cast<int32_t>(values ^ 0x80808080u);
  }
  const int64_t runs = block4x4_row_runs(w, call->workers->threads);
  parallel_for(call->workers, runs, [&](int64_t run, int) {
    const int64_t last = w.rows * (run + 1) / runs;
    for (int64_t row = w.rows * run / runs; row < last; row++) vector_row(w, row, vector, c + row * p.ldc * 4, e);
  });
}

// ---- pixels side by side --------------------------------------------------------------------------

INLINE __m512i weights_of(const int8_t* weights) {
  int32_t values;
  memcpy(&values, weights, 4);
  return _mm512_set1_epi32(values);
}

INLINE __m512i finish(__m512i sum, float scale, float limit) {
  return _mm512_cvtps_epi32(
      _mm512_min_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(scale)), _mm512_set1_ps(limit)));
}

// Sixteen pixels: their sums for the block row's four outputs.
struct Group {
  __m512i o0, o1, o2, o3;
};

INLINE void add_block(Group& g, const int8_t* pixels, __mmask64 mask, __m512i w0, __m512i w1, __m512i w2, __m512i w3) {
  const __m512i a =
      _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, pixels), _mm512_set1_epi32(static_cast<int32_t>(0x80808080u)));
  dot(g.o0, a, w0);
  dot(g.o1, a, w1);
  dot(g.o2, a, w2);
  dot(g.o3, a, w3);
}

INLINE void store_group(const Group& g, const float* scale, int8_t* c, __mmask64 mask, const Epilogue& e) {
  const __m512i zero_point = _mm512_set1_epi16(e.zero_point);
  const __m512i o01 = _mm512_adds_epi16(
      _mm512_packs_epi32(finish(g.o0, scale[0], e.limit), finish(g.o1, scale[1], e.limit)), zero_point);
  const __m512i o23 = _mm512_adds_epi16(
      _mm512_packs_epi32(finish(g.o2, scale[2], e.limit), finish(g.o3, scale[3], e.limit)), zero_point);
  const __m512i bytes = _mm512_max_epi8(_mm512_packs_epi16(o01, o23), _mm512_set1_epi8(e.minimum));
  // Each lane: 4 pixels of output 0, of output 1, ...; wanted: the 4 outputs of each pixel.
  const __m512i transpose = _mm512_set4_epi32(0x0f0b0703, 0x0e0a0602, 0x0d090501, 0x0c080400);
  _mm512_mask_storeu_epi8(c, mask, _mm512_shuffle_epi8(bytes, transpose));
}

// One block row for GROUPS x 16 pixels at a; `mask` says which bytes of the last group exist.
template <int GROUPS>
INLINE void pixels(const Block4x4& w, int64_t row, const int8_t* a, int64_t quad_bytes, int8_t* c, __mmask64 mask,
                   const Epilogue& e) {
  const __mmask64 all = ~__mmask64{0};
  const int32_t* bias = w.bias_u8 + row * 4;
  Group g0 = {_mm512_set1_epi32(bias[0]), _mm512_set1_epi32(bias[1]), _mm512_set1_epi32(bias[2]),
              _mm512_set1_epi32(bias[3])};
  Group g1 = g0, g2 = g0, g3 = g0;
  const int64_t end = w.first[row + 1];
  for (int64_t b = w.first[row]; b < end; b++) {
    const int8_t* weights = w.weights + b * 16;
    const int8_t* from = a + w.quad[b] * quad_bytes;
    const __m512i w0 = weights_of(weights), w1 = weights_of(weights + 4);
    const __m512i w2 = weights_of(weights + 8), w3 = weights_of(weights + 12);
    add_block(g0, from, GROUPS == 1 ? mask : all, w0, w1, w2, w3);
    if (GROUPS > 1) add_block(g1, from + 64, GROUPS == 2 ? mask : all, w0, w1, w2, w3);
    if (GROUPS > 2) add_block(g2, from + 128, GROUPS == 3 ? mask : all, w0, w1, w2, w3);
    if (GROUPS > 3) add_block(g3, from + 192, mask, w0, w1, w2, w3);
  }
  const float* scale = w.scale + row * 4;
  store_group(g0, scale, c, GROUPS == 1 ? mask : all, e);
  if (GROUPS > 1) store_group(g1, scale, c + 64, GROUPS == 2 ? mask : all, e);
  if (GROUPS > 2) store_group(g2, scale, c + 128, GROUPS == 3 ? mask : all, e);
  if (GROUPS > 3) store_group(g3, scale, c + 192, mask, e);
}

void image_product(const Call* call, const GemmParams& p, const Block4x4& w, const Epilogue& e) {
  const int8_t* a = static_cast<const int8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  const int64_t tiles = block4x4_tiles(p), step = int64_t{p.lda} * 4;
  // Few pixels on several threads: split over block rows as well.
  const int64_t runs = tiles < call->workers->threads ? block4x4_row_runs(w, call->workers->threads) : 1;
  parallel_for(call->workers, tiles * runs, [&](int64_t task, int) {
    const int64_t tile = task / runs, run = task % runs;
    const int64_t begin = tile * BLOCK4X4_TILE, end = tile + 1 == tiles ? p.m : begin + BLOCK4X4_TILE;
    const int64_t last_row = w.rows * (run + 1) / runs;
    for (int64_t m = begin; m < end; m += 64) {
      const int64_t count = end - m < 64 ? end - m : 64;
      const int64_t tail = (count - 1) % 16 + 1;
      const __mmask64 mask = tail == 16 ? ~__mmask64{0} : (__mmask64{1} << (4 * tail)) - 1;
      for (int64_t row = w.rows * run / runs; row < last_row; row++) {
        int8_t* out = c + (row * p.ldc + m) * 4;
        switch ((count + 15) / 16) {
          case 1:
            pixels<1>(w, row, a + m * 4, step, out, mask, e);
            break;
          case 2:
            pixels<2>(w, row, a + m * 4, step, out, mask, e);
            break;
          case 3:
            pixels<3>(w, row, a + m * 4, step, out, mask, e);
            break;
          default:
            pixels<4>(w, row, a + m * 4, step, out, mask, e);
        }
      }
    }
  });
}

}  // namespace

void gemm_s8s8s8_avx512vnni_block4x4(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  if (p.m == 0) return;
  const Block4x4 w = block4x4_view(p, call->slots[GEMM_WEIGHTS]);
  const Epilogue e = {static_cast<float>(p.out_max - p.out_zero_point), static_cast<int16_t>(p.out_zero_point),
                      static_cast<int8_t>(p.out_min)};
  (p.m == 1 ? vector_product : image_product)(call, p, w, e);
}

}  // namespace sinter
