// gemm in int8 over blocks that are not zero, AVX2: up to 32 pixels side by side, one output at a time.
// SPDX-License-Identifier: Apache-2.0
//
// A tile's activations are widened and brought into pairs in scratch, [k / 4][vectors][2][8 pixels][2]: vpmaddwd takes
// a pair of neighbouring values of k of 8 pixels. Products, not loads, are the limit, so that blocks of any height are
// as fast.
#include <immintrin.h>
#include <string.h>

#include "kernels/gemm/drive_sparse.h"
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

// ---- into pairs and back --------------------------------------------------------------------------

// In each half of the vectors: four rows of four 32-bit values, transposed.
INLINE void transpose_halves(__m256i& a, __m256i& b, __m256i& c, __m256i& d) {
  const __m256i ab = _mm256_unpacklo_epi32(a, b), ab2 = _mm256_unpackhi_epi32(a, b);
  const __m256i cd = _mm256_unpacklo_epi32(c, d), cd2 = _mm256_unpackhi_epi32(c, d);
  a = _mm256_unpacklo_epi64(ab, cd);
  b = _mm256_unpackhi_epi64(ab, cd);
  c = _mm256_unpacklo_epi64(ab2, cd2);
  d = _mm256_unpackhi_epi64(ab2, cd2);
}

// 16 values of k of 8 pixels, `stride` bytes apart, as four quads, `pitch` bytes apart; `count` of them exist.
INLINE void put_pairs(const uint8_t* a, int64_t stride, uint8_t* to, int64_t pitch, int64_t count) {
  __m256i v[8];
  for (int x = 0; x < 8; x++) v[x] = _mm256_cvtepi8_epi16(load128(a + x * stride));
  transpose_halves(v[0], v[1], v[2], v[3]);
  transpose_halves(v[4], v[5], v[6], v[7]);
  for (int i = 0; i < 4; i++) {
    const __m256i low = _mm256_permute2x128_si256(v[i], v[i + 4], 0x20);
    const __m256i high = _mm256_permute2x128_si256(v[i], v[i + 4], 0x31);
    if (i / 2 < count) _mm256_store_si256(reinterpret_cast<__m256i*>(to + i / 2 * pitch + i % 2 * 32), low);
    if (i / 2 + 2 < count) _mm256_store_si256(reinterpret_cast<__m256i*>(to + (i / 2 + 2) * pitch + i % 2 * 32), high);
  }
}

// Up to 8 pixels; others count as zeros.
void put_pixels(const uint8_t* a, int64_t stride, int64_t k, int64_t pixels, uint8_t* to, int64_t pitch) {
  for (int64_t i = 0; i < k; i += 16, to += 4 * pitch) {
    if (pixels >= 8 && i + 16 <= k) {
      put_pairs(a + i, stride, to, pitch, 4);
      continue;
    }
    const int64_t values = k - i < 16 ? k - i : 16;
    uint8_t rest[8 * 16] = {};  // what lies behind a pixel's values may not be read
    for (int64_t x = 0; x < 8 && x < pixels; x++)
      memcpy(rest + 16 * x, a + x * stride + i, static_cast<size_t>(values));
    put_pairs(rest, 16, to, pitch, (values + 3) / 4);
  }
}

// Sixteen vectors that hold, in each half, 16 bytes of an output, to sixteen that hold 16 outputs.
INLINE void transpose_bytes(__m256i (&v)[16]) {
  __m256i t[16];
  for (int i = 0; i < 8; i++) {
    t[i] = _mm256_unpacklo_epi8(v[2 * i], v[2 * i + 1]);
    t[i + 8] = _mm256_unpackhi_epi8(v[2 * i], v[2 * i + 1]);
  }
  for (int i = 0; i < 4; i++) {
    v[i] = _mm256_unpacklo_epi16(t[2 * i], t[2 * i + 1]);
    v[i + 4] = _mm256_unpackhi_epi16(t[2 * i], t[2 * i + 1]);
    v[i + 8] = _mm256_unpacklo_epi16(t[2 * i + 8], t[2 * i + 9]);
    v[i + 12] = _mm256_unpackhi_epi16(t[2 * i + 8], t[2 * i + 9]);
  }
  for (int q = 0; q < 16; q += 4) transpose_halves(v[q], v[q + 1], v[q + 2], v[q + 3]);
}

INLINE void put_some(int8_t* to, __m128i bytes, int64_t count) {
  if (count >= 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  } else {
    alignas(16) int8_t all[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(all), bytes);
    memcpy(to, all, static_cast<size_t>(count));
  }
}

// ---- products -------------------------------------------------------------------------------------

INLINE __m256i rounded(__m256i sum, __m256 scale, __m256 limit) {
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), scale), limit));
}

// Sums of one output for V x 8 pixels to 32 bytes: a half of them are four pixels of each vector.
template <int V>
INLINE void put_output(const __m256i (&s)[4], float scale, uint8_t* stage, const Epilogue& e) {
  const __m256 factor = _mm256_set1_ps(scale), limit = _mm256_set1_ps(e.limit);
  const __m256i zero_point = _mm256_set1_epi16(e.zero_point);
  const __m256i v0 = rounded(s[0], factor, limit), v1 = V > 1 ? rounded(s[1], factor, limit) : v0;
  const __m256i v2 = V > 2 ? rounded(s[2], factor, limit) : v0, v3 = V > 3 ? rounded(s[3], factor, limit) : v0;
  const __m256i v01 = _mm256_adds_epi16(_mm256_packs_epi32(v0, v1), zero_point);
  const __m256i v23 = _mm256_adds_epi16(_mm256_packs_epi32(v2, v3), zero_point);
  const __m256i bytes = _mm256_max_epi8(_mm256_packs_epi16(v01, v23), _mm256_set1_epi8(e.minimum));
  _mm256_store_si256(reinterpret_cast<__m256i*>(stage), bytes);
}

INLINE void add_products(__m256i& sum, const uint8_t* pairs, __m256i w01, __m256i w23) {
  const __m256i* a = reinterpret_cast<const __m256i*>(pairs);
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_load_si256(a), w01));
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_load_si256(a + 1), w23));
}

// One output with the V x 8 pixels of the panel: its blocks, `quads` indices and `bytes` of weights from step to step.
template <int V>
INLINE void output_row(const uint16_t* quad, int64_t quads, const int8_t* weights, int64_t bytes, const int8_t* end,
                       const uint8_t* panel, int32_t bias, __m256i (&s)[4]) {
  for (int v = 0; v < 4; v++) s[v] = _mm256_set1_epi32(bias);
  for (; weights < end; weights += bytes, quad += quads) {
    int32_t four;
    memcpy(&four, weights, 4);
    const __m256i all = _mm256_cvtepi8_epi16(_mm_set1_epi32(four));
    const __m256i w01 = _mm256_shuffle_epi32(all, 0x00), w23 = _mm256_shuffle_epi32(all, 0x55);
    const uint8_t* a = panel + *quad * int64_t{64 * V};
    add_products(s[0], a, w01, w23);
    if (V > 1) add_products(s[1], a + 64, w01, w23);
    if (V > 2) add_products(s[2], a + 128, w01, w23);
    if (V > 3) add_products(s[3], a + 192, w01, w23);
  }
}

template <int HEIGHT>
struct Pixels {
  static constexpr int WIDTH = 8, QUAD_BYTES = 64, GROUP = HEIGHT == 16 ? 16 : 4, EIGHTHS = SPARSE_WITHIN_LEVEL1;
  const Blocks& w;
  const Epilogue& e;

  static void fill(const GemmParams& p, const SparseTile& t) {
    for (int64_t v = 0; v < t.vectors; v++) {
      put_pixels(t.a + v * 8 * p.lda, p.lda, p.k, t.pixels - v * 8, t.panel + v * 64, t.vectors * 64);
    }
  }

  template <int V>
  void groups_of(int64_t from, int64_t to, const uint8_t* panel, uint8_t* stage) const {
    constexpr int64_t quads = GROUP / HEIGHT, bytes = GROUP * 4;
    for (int64_t g = from; g < to; g++) {
      const int8_t *weights = w.weights + w.first[g] * bytes, *end = w.weights + w.first[g + 1] * bytes;
      for (int64_t o = 0; o < GROUP; o++) {
        const uint32_t output = w.order[g * GROUP + o];
        __m256i s[4];
        output_row<V>(w.quad + w.first[g] * quads + o / HEIGHT, quads, weights + o * 4, bytes, end, panel,
                      w.bias[output], s);
        put_output<V>(s, w.scale[output], stage + output * int64_t{32}, e);
      }
    }
  }
  void groups(int64_t from, int64_t to, const SparseTile& t, uint8_t* stage) const {
    switch (t.vectors) {
      case 1:
        return groups_of<1>(from, to, t.panel, stage);
      case 2:
        return groups_of<2>(from, to, t.panel, stage);
      case 3:
        return groups_of<3>(from, to, t.panel, stage);
      default:
        return groups_of<4>(from, to, t.panel, stage);
    }
  }

  static void put(const uint8_t* stage, int64_t part, int8_t* c, int64_t ldc, int64_t pixels, int64_t outputs) {
    outputs -= 16 * part;
    if (outputs <= 0) return;
    __m256i v[16];
    for (int o = 0; o < 16; o++) {
      v[o] = _mm256_load_si256(reinterpret_cast<const __m256i*>(stage + (16 * part + o) * 32));
    }
    transpose_bytes(v);
    for (int64_t i = 0; i < 16; i++) {
      const int64_t x = i / 4 * 8 + i % 4;
      int8_t* at = c + x * ldc + 16 * part;
      if (x < pixels) put_some(at, _mm256_castsi256_si128(v[i]), outputs);
      if (x + 4 < pixels) put_some(at + 4 * ldc, _mm256_extracti128_si256(v[i], 1), outputs);
    }
  }
};
static_assert(SPARSE_MOST_AVX2 == 4, "groups() knows so many");

// ---- one pixel ------------------------------------------------------------------------------------

INLINE long long quad_of(const int16_t* vector, uint16_t quad) {
  long long values;
  memcpy(&values, vector + quad * int64_t{4}, 8);
  return values;
}

// Four outputs of a group, from its output `at` on: their sums.
template <int HEIGHT>
INLINE __m128i vector_outputs(const Blocks& w, int64_t g, int64_t at, const int16_t* vector) {
  constexpr int64_t group = HEIGHT == 16 ? 16 : 4, quads = group / HEIGHT;
  __m256i sums = _mm256_setzero_si256();  // two neighbouring ones per output
  for (int64_t s = w.first[g]; s < w.first[g + 1]; s++) {
    const uint16_t* q = w.quad + s * quads;
    const __m256i a =
        HEIGHT == 1 ? _mm256_setr_epi64x(quad_of(vector, q[0]), quad_of(vector, q[quads > 1 ? 1 : 0]),
                                         quad_of(vector, q[quads > 1 ? 2 : 0]), quad_of(vector, q[quads > 1 ? 3 : 0]))
                    : _mm256_set1_epi64x(quad_of(vector, q[0]));
    const __m256i weights = _mm256_cvtepi8_epi16(load128(w.weights + s * group * 4 + at * 4));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(a, weights));
  }
  return _mm_hadd_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

template <int HEIGHT>
void vector_product(const Call* call, const GemmParams& p, const Blocks& w, const Epilogue& e) {
  const int8_t* a = static_cast<const int8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  int16_t* vector = static_cast<int16_t*>(call->scratch);
  int64_t k = 0;
  for (; k + 16 <= p.k; k += 16) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(vector + k), _mm256_cvtepi8_epi16(load128(a + k)));
  }
  for (; k < p.k; k++) vector[k] = a[k];
  for (; k % 4 != 0; k++) vector[k] = 0;
  constexpr int64_t group = HEIGHT == 16 ? 16 : 4;
  int64_t runs = call->workers->threads <= 1 ? 1 : int64_t{call->workers->threads} * 4;
  runs = runs < w.groups ? runs : w.groups;
  parallel_for(call->workers, runs, [&](int64_t run, int) {
    for (int64_t g = w.groups * run / runs; g < w.groups * (run + 1) / runs; g++) {
      for (int64_t at = 0; at < group; at += 4) {
        const uint32_t* order = w.order + group * g + at;
        const __m128i places = load128(order);
        const __m128i sums =
            _mm_add_epi32(vector_outputs<HEIGHT>(w, g, at, vector), _mm_i32gather_epi32(w.bias, places, 4));
        const __m128 scaled = _mm_mul_ps(_mm_cvtepi32_ps(sums), _mm_i32gather_ps(w.scale, places, 4));
        __m128i q = _mm_cvtps_epi32(_mm_min_ps(scaled, _mm_set1_ps(e.limit)));
        q = _mm_adds_epi16(_mm_packs_epi32(q, q), _mm_set1_epi16(e.zero_point));
        q = _mm_max_epi8(_mm_packs_epi16(q, q), _mm_set1_epi8(e.minimum));
        const uint32_t bytes = static_cast<uint32_t>(_mm_cvtsi128_si32(q));
        for (int o = 0; o < 4; o++) {
          if (order[o] < static_cast<uint32_t>(p.n)) c[order[o]] = static_cast<int8_t>(bytes >> (8 * o));
        }
      }
    }
  });
}

template <int HEIGHT>
void product(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  if (p.m == 0) return;
  const Blocks w = blocks_view(p, {HEIGHT, HEIGHT == 16 ? 16 : 4}, call->slots[GEMM_WEIGHTS]);
  const Epilogue e = {static_cast<float>(p.out_max - p.out_zero_point), static_cast<int16_t>(p.out_zero_point),
                      static_cast<int8_t>(p.out_min)};
  if (p.m == 1) {
    vector_product<HEIGHT>(call, p, w, e);
  } else {
    drive_sparse(call, p, w, SPARSE_MOST_AVX2, Pixels<HEIGHT>{w, e});
  }
}

}  // namespace

void gemm_s8s8s8_avx2_block1x4(const Call* call) {
  product<1>(call);
}
void gemm_s8s8s8_avx2_block4x4(const Call* call) {
  product<4>(call);
}
void gemm_s8s8s8_avx2_block16x4(const Call* call) {
  product<16>(call);
}

}  // namespace sinter
