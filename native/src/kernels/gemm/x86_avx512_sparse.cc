// gemm in int8 over 1x4 and 4x4 blocks, AVX-512 VNNI: up to 64 pixels side by side.
// SPDX-License-Identifier: Apache-2.0
//
// A tile's activations are brought into quads of unsigned bytes in scratch, [k / 4][pixels][4], where a vector holds
// the same four values of k for 16 pixels. A block meets them with its weights broadcast; results go back through
// transposes in registers, 16 outputs of a pixel at once. So activations are row-major outside.
#include <immintrin.h>
#include <string.h>

#include "core/cpu.h"
#include "core/workers.h"
#include "kernels/gemm/drive_sparse.h"
#include "kernels/gemm/quads_avx512.h"
#include "kernels/gemm/sparse.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

constexpr int QUAD = 64;  // bytes of a quad of 16 pixels

struct Epilogue {
  float limit;
  int16_t zero_point;
  int8_t minimum, maximum;
};

INLINE __m512i broadcast(const void* four_bytes) {
  int32_t values;
  memcpy(&values, four_bytes, 4);
  return _mm512_set1_epi32(values);
}

// ---- products -------------------------------------------------------------------------------------

// What the last step may leave out. SMALL: scales are below 1, so that nothing leaves int32 and the upper bound can
// wait until bytes are packed; WHOLE: besides, the bounds are int8's, which packing keeps by itself.
enum Bounds { ANY, SMALL, WHOLE };

template <Bounds BOUNDS>
INLINE __m512i rounded(__m512i sum, __m512 scale, __m512 limit) {
  const __m512 value = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), scale);
  return _mm512_cvtps_epi32(BOUNDS == ANY ? _mm512_min_ps(value, limit) : value);
}

template <Bounds BOUNDS>
INLINE __m512i bytes_of(__m512i v0, __m512i v1, __m512i v2, __m512i v3, const Epilogue& e) {
  const __m512i zero_point = _mm512_set1_epi16(e.zero_point);
  const __m512i v01 = _mm512_adds_epi16(_mm512_packs_epi32(v0, v1), zero_point);
  const __m512i v23 = _mm512_adds_epi16(_mm512_packs_epi32(v2, v3), zero_point);
  __m512i bytes = _mm512_packs_epi16(v01, v23);
  if (BOUNDS != WHOLE) bytes = _mm512_max_epi8(bytes, _mm512_set1_epi8(e.minimum));
  return BOUNDS == SMALL ? _mm512_min_epi8(bytes, _mm512_set1_epi8(e.maximum)) : bytes;
}

// One output's sums of V x 16 pixels to 64 bytes, a quarter of them four pixels of each vector.
template <int V, Bounds BOUNDS>
INLINE void put_output(const __m512i* s, float scale, uint8_t* stage, const Epilogue& e) {
  const __m512 factor = _mm512_set1_ps(scale), limit = _mm512_set1_ps(e.limit);
  const __m512i v0 = rounded<BOUNDS>(s[0], factor, limit);
  const __m512i v1 = V > 1 ? rounded<BOUNDS>(s[V > 1 ? 1 : 0], factor, limit) : v0;
  const __m512i v2 = V > 2 ? rounded<BOUNDS>(s[V > 2 ? 2 : 0], factor, limit) : v0;
  const __m512i v3 = V > 3 ? rounded<BOUNDS>(s[V > 3 ? 3 : 0], factor, limit) : v1;
  _mm512_store_si512(stage, bytes_of<BOUNDS>(v0, v1, v2, v3, e));
}

// `AT` bytes behind panel + place. The compiler would add the two first: in a loop of nothing but loads and products
// those four instructions are a twentieth of the time.
template <int AT>
INLINE __m512i pixels_at(const uint8_t* panel, uint64_t place) {
#if defined(SINTER_EMULATED)
  return _mm512_load_si512(panel + place + AT);
#else
  __m512i pixels;
  __asm__("vmovdqa64 %c3(%1,%2), %0"
          : "=v"(pixels)
          : "r"(panel), "r"(place), "i"(AT), "m"(*reinterpret_cast<const __m512i*>(panel + place + AT)));
  return pixels;
#endif
}

// How a processor best brings one output's weights of a step to all lanes: by a broadcast for each, or by one load for
// all four and shuffles, where these do not meet the products at a port.
enum Spread { BY_LOADS, BY_SHUFFLES };

// A group of four outputs with the V x 16 pixels of the panel. HEIGHT: of its blocks.
template <int HEIGHT, Spread SPREAD, int V, Bounds BOUNDS>
INLINE void group(const Blocks& w, int64_t g, const uint8_t* panel, uint8_t* stage, const Epilogue& e) {
  const uint32_t* order = w.order + 4 * g;
  __m512i s[4][V];
  vnni_repeat<4>([&](auto o) SINTER_VNNI_LAMBDA {
    const __m512i bias = _mm512_set1_epi32(w.bias_u8[order[o]]);
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { s[o][v] = bias; });
  });
  const int8_t *weights = w.weights + w.first[g] * int64_t{16}, *end = w.weights + w.first[g + 1] * int64_t{16};
  if constexpr (HEIGHT == 1) {
    // Loads are the limit: one for all four indices, and two steps ahead, since those whose addresses have just been
    // loaded are not issued two a cycle. What is read behind the last index are weights.
    const uint16_t* quad = w.quad + w.first[g] * int64_t{4};
    uint64_t next = 0, after = 0;
    if (weights < end) memcpy(&next, quad, 8), memcpy(&after, quad + 4, 8);
    for (; weights < end; weights += 16, quad += 4) {
      const uint64_t four = next;
      next = after;
      memcpy(&after, quad + 8, 8);
      __m512i all;
      if (SPREAD == BY_SHUFFLES) {
        all = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(weights)));
      }
      vnni_repeat<4>([&](auto o) SINTER_VNNI_LAMBDA {
        constexpr int same = 0x55 * o.value;
        const uint64_t place = (four >> (16 * o) & 0xffff) * (V * QUAD);
        const __m512i values = SPREAD == BY_SHUFFLES ? _mm512_shuffle_epi32(all, static_cast<_MM_PERM_ENUM>(same))
                                                     : broadcast(weights + 4 * o);
        vnni_repeat<V>([&](auto v)
                           SINTER_VNNI_LAMBDA { dot4(&s[o][v], pixels_at<64 * v.value>(panel, place), values); });
      });
    }
  } else {
    const uint16_t* quad = w.quad + w.first[g];
    for (; weights < end; weights += 16, quad++) {
      const uint8_t* a = panel + *quad * int64_t{V * QUAD};
      __m512i values[4];
      vnni_repeat<4>([&](auto o) SINTER_VNNI_LAMBDA { values[o] = broadcast(weights + 4 * o); });
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        const __m512i pixels = _mm512_load_si512(a + 64 * v);
        vnni_repeat<4>([&](auto o) SINTER_VNNI_LAMBDA { dot4(&s[o][v], pixels, values[o]); });
      });
    }
  }
  vnni_repeat<4>([&](auto o) SINTER_VNNI_LAMBDA {
    put_output<V, BOUNDS>(s[o], w.scale[order[o]], stage + order[o] * int64_t{64}, e);
  });
}

// Groups from .. to - 1 of a tile with V vectors of pixels; `stage` is that of output 0.
template <int HEIGHT, Spread SPREAD, int V, Bounds BOUNDS>
__attribute__((noinline)) void groups(const Blocks& w, int64_t from, int64_t to, const uint8_t* panel, uint8_t* stage,
                                      const Epilogue& epilogue) {
  const Epilogue e = epilogue;  // a store of bytes may change anything behind a pointer
  for (int64_t g = from; g < to; g++) group<HEIGHT, SPREAD, V, BOUNDS>(w, g, panel, stage, e);
}

template <int HEIGHT, Spread SPREAD, Bounds BOUNDS>
void any_groups(const Blocks& w, int64_t from, int64_t to, int64_t vectors, const uint8_t* panel, uint8_t* stage,
                const Epilogue& e) {
  switch (vectors) {
    case 1:
      return groups<HEIGHT, SPREAD, 1, BOUNDS>(w, from, to, panel, stage, e);
    case 2:
      return groups<HEIGHT, SPREAD, 2, BOUNDS>(w, from, to, panel, stage, e);
    case 3:
      return groups<HEIGHT, SPREAD, 3, BOUNDS>(w, from, to, panel, stage, e);
    default:
      return groups<HEIGHT, SPREAD, 4, BOUNDS>(w, from, to, panel, stage, e);
  }
}
static_assert(SPARSE_MOST_AVX512 == 4, "any_groups knows so many");

template <int HEIGHT, Spread SPREAD, Bounds BOUNDS>
struct Pixels {
  static constexpr int WIDTH = 16, QUAD_BYTES = QUAD, GROUP = 4;
  static constexpr int EIGHTHS = HEIGHT == 1 ? SPARSE_WITHIN_LEVEL1 : SPARSE_BEYOND_LEVEL1;
  const Blocks& w;
  const Epilogue& e;

  static void fill(const GemmParams& p, const SparseTile& t) {
    for (int64_t v = 0; v < t.vectors; v++) {
      const uint8_t* from = t.a + v * 16 * p.lda;
      uint8_t* to = t.panel + v * QUAD_BYTES;
      if (v * 16 + 16 <= t.pixels) {
        whole_pixels(from, p.lda, p.k, to, t.vectors * QUAD_BYTES);
        some_pixels(from, p.lda, p.k / 16 * 16, p.k, 16, to, t.vectors * QUAD_BYTES);
      } else {
        some_pixels(from, p.lda, 0, p.k, t.pixels - v * 16, to, t.vectors * QUAD_BYTES);
      }
    }
  }
  void groups(int64_t from, int64_t to, const SparseTile& t, uint8_t* stage) const {
    any_groups<HEIGHT, SPREAD, BOUNDS>(w, from, to, t.vectors, t.panel, stage, e);
  }
  static void put(const uint8_t* stage, int64_t part, int8_t* c, int64_t ldc, int64_t pixels, int64_t outputs) {
    put_part(stage, 64, part, c, ldc, pixels, outputs);
  }
};

template <int HEIGHT, Bounds BOUNDS>
void pixels_product(const Call* call, const GemmParams& p, const Blocks& w, const Epilogue& e) {
  if constexpr (HEIGHT == 1) {
    if (cpu_is_amd()) return drive_sparse(call, p, w, SPARSE_MOST_AVX512, Pixels<HEIGHT, BY_SHUFFLES, BOUNDS>{w, e});
  }
  drive_sparse(call, p, w, SPARSE_MOST_AVX512, Pixels<HEIGHT, BY_LOADS, BOUNDS>{w, e});
}

// ---- one pixel ------------------------------------------------------------------------------------

INLINE __m128i quad_of(const int32_t* vector, uint16_t index) {
  return _mm_set1_epi32(vector[index]);
}
// The activations of four blocks, each in the lane of its weights.
INLINE __m512i four_quads(const int32_t* vector, const uint16_t* index) {
  const __m256i low =
      _mm256_inserti128_si256(_mm256_castsi128_si256(quad_of(vector, index[0])), quad_of(vector, index[1]), 1);
  const __m256i high =
      _mm256_inserti128_si256(_mm256_castsi128_si256(quad_of(vector, index[2])), quad_of(vector, index[3]), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// Steps of 4x4 and 1x4 blocks four at a time: their 16 weights each are side by side, activations are brought there.
template <int HEIGHT>
INLINE __m128i vector_group(const Blocks& w, int64_t g, const int32_t* vector) {
  const int64_t end = w.first[g + 1];
  int64_t s = w.first[g];
  __m512i even = _mm512_setzero_si512(), odd = even;
  const auto activations = [&](int64_t step) SINTER_VNNI_LAMBDA {
    if constexpr (HEIGHT == 4) return four_quads(vector, w.quad + step);
    const __m128i* index = reinterpret_cast<const __m128i*>(w.quad + step * 4);
    const __m256i low = _mm256_i32gather_epi32(vector, _mm256_cvtepu16_epi32(_mm_loadu_si128(index)), 4);
    const __m256i high = _mm256_i32gather_epi32(vector, _mm256_cvtepu16_epi32(_mm_loadu_si128(index + 1)), 4);
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
  };
  for (; s + 8 <= end; s += 8) {
    dot4(&even, activations(s), _mm512_loadu_si512(w.weights + s * 16));
    dot4(&odd, activations(s + 4), _mm512_loadu_si512(w.weights + s * 16 + 64));
  }
  if (s + 4 <= end) {
    dot4(&even, activations(s), _mm512_loadu_si512(w.weights + s * 16));
    s += 4;
  }
  even = _mm512_add_epi32(even, odd);
  const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(even), _mm512_extracti64x4_epi64(even, 1));
  __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  for (; s < end; s++) {
    const __m128i weights = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w.weights + s * 16));
    if constexpr (HEIGHT == 4) {
      sums = _mm_dpbusd_epi32(sums, quad_of(vector, w.quad[s]), weights);
    } else {
      const uint16_t* q = w.quad + s * 4;
      sums = _mm_dpbusd_epi32(sums, _mm_setr_epi32(vector[q[0]], vector[q[1]], vector[q[2]], vector[q[3]]), weights);
    }
  }
  return sums;
}

template <int HEIGHT>
void vector_product(const Call* call, const GemmParams& p, const Blocks& w, const Epilogue& e) {
  const uint8_t* a = static_cast<const uint8_t*>(call->slots[GEMM_A]);
  int8_t* c = static_cast<int8_t*>(call->slots[GEMM_C]);
  uint8_t* vector = static_cast<uint8_t*>(call->scratch);
  const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
  for (int64_t i = 0; i < p.k; i += 64) {
    const __mmask64 mask = p.k - i < 64 ? (__mmask64{1} << (p.k - i)) - 1 : ~__mmask64{0};
    _mm512_storeu_si512(vector + i, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, a + i), flip));
  }
  const int32_t* quads = reinterpret_cast<const int32_t*>(vector);
  int64_t runs = call->workers->threads <= 1 ? 1 : int64_t{call->workers->threads} * 4;
  runs = runs < w.groups ? runs : w.groups;
  parallel_for(call->workers, runs, [&](int64_t run, int) {
    for (int64_t g = w.groups * run / runs; g < w.groups * (run + 1) / runs; g++) {
      const uint32_t* order = w.order + 4 * g;
      const __m128i places = _mm_loadu_si128(reinterpret_cast<const __m128i*>(order));
      const __m128i bias = _mm_i32gather_epi32(w.bias_u8, places, 4);
      const __m128 scale = _mm_i32gather_ps(w.scale, places, 4);
      const __m128i sums = _mm_add_epi32(vector_group<HEIGHT>(w, g, quads), bias);
      const __m128 scaled = _mm_min_ps(_mm_mul_ps(_mm_cvtepi32_ps(sums), scale), _mm_set1_ps(e.limit));
      __m128i q = _mm_cvtps_epi32(scaled);
      q = _mm_adds_epi16(_mm_packs_epi32(q, q), _mm_set1_epi16(e.zero_point));
      q = _mm_max_epi8(_mm_packs_epi16(q, q), _mm_set1_epi8(e.minimum));
      const uint32_t bytes = static_cast<uint32_t>(_mm_cvtsi128_si32(q));
      for (int o = 0; o < 4; o++) {
        if (order[o] < static_cast<uint32_t>(p.n)) c[order[o]] = static_cast<int8_t>(bytes >> (8 * o));
      }
    }
  });
}

template <int HEIGHT>
void product(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  if (p.m == 0) return;
  const Blocks w = blocks_view(p, {HEIGHT, 4}, call->slots[GEMM_WEIGHTS]);
  const Epilogue e = {static_cast<float>(p.out_max - p.out_zero_point), static_cast<int16_t>(p.out_zero_point),
                      static_cast<int8_t>(p.out_min), static_cast<int8_t>(p.out_max)};
  if (p.m == 1) return vector_product<HEIGHT>(call, p, w, e);
  __mmask16 small = 0xffff;
  for (int64_t n = 0; n < w.outputs; n += 16) {
    small &= _mm512_cmp_ps_mask(_mm512_abs_ps(_mm512_loadu_ps(w.scale + n)), _mm512_set1_ps(1.0f), _CMP_LT_OQ);
  }
  if (small != 0xffff) {
    pixels_product<HEIGHT, ANY>(call, p, w, e);
  } else if (p.out_min > -128 || p.out_max < 127) {
    pixels_product<HEIGHT, SMALL>(call, p, w, e);
  } else {
    pixels_product<HEIGHT, WHOLE>(call, p, w, e);
  }
}

}  // namespace

void gemm_s8s8s8_avx512vnni_block1x4(const Call* call) {
  product<1>(call);
}
void gemm_s8s8s8_avx512vnni_block4x4(const Call* call) {
  product<4>(call);
}

}  // namespace sinter
