// Weights of few bits to floats, in registers and into panels, for AVX-512, and how calls walk them. Only for files
// that are built for AVX-512; internal linkage. SPDX-License-Identifier: Apache-2.0
//
// A Form says how 64 columns of weights are stored (packing_weight_only.h, packing_s4.h):
//   tile_bytes(width), bias(tile, width)
//   sums<V, ROWS>(a, lda, tile, width, first, y)  adds sums of products, scaled, of V vectors from `first` on, to y
#ifndef SINTER_KERNELS_GEMM_WIDEN_AVX512_H_
#define SINTER_KERNELS_GEMM_WIDEN_AVX512_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_weight_only.h"
#include "kernels/gemm/store_avx512_f32.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

// Rows that meet the same widened weights: with at most 6 of them 64 columns at once, with at most 12 of them 32.
constexpr int64_t WIDENED_ROWS = 12;

// Bytes ahead of the weights in use that are brought nearer meanwhile.
constexpr int64_t WEIGHT_ONLY_AHEAD = 4096;

SINTER_ONE_INSTRUCTION __m512 widen_one(const int8_t* w) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w))));
}
SINTER_ONE_INSTRUCTION __m512 widen_one(const uint16_t* w) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)));
}
// *sum += x * w; GCC 12 keeps accumulators of the intrinsic in memory once there are many.
SINTER_ONE_INSTRUCTION void add_widened(__m512* sum, __m512 x, __m512 w) {
#if defined(SINTER_EMULATED)
  *sum = _mm512_fmadd_ps(x, w, *sum);
#else
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(*sum) : "v"(x), "v"(w));
#endif
}
SINTER_ONE_INSTRUCTION __m512 broadcast(const float* x) {
  return _mm512_set1_ps(*x);
}
// ROWS rows of A, at most 12, from one k on: a base for each four, so that addresses fit the registers.
struct RowsOfA {
  const float *a0, *a4, *a8;
  int64_t lda;

  RowsOfA(const float* a, int64_t stride) : a0(a), a4(a + 4 * stride), a8(a + 8 * stride), lda(stride) {}
  SINTER_VNNI_INLINE const float* at(int r) const {
    return (r < 4 ? a0 : r < 8 ? a4 : a8) + r % 4 * lda;
  }
  SINTER_VNNI_INLINE void next(int64_t k) {
    a0 += k, a4 += k, a8 += k;
  }
};
SINTER_ONE_INSTRUCTION void scale_and_add(__m512* y, __m512 sum, __m512 scale) {
  *y = _mm512_fmadd_ps(sum, scale, *y);
}

// Int8 (T int8_t) or half precision (uint16_t), a row of 64 after the other. ROUNDED: sums times scales are rounded
// before the bias is added, as numerics bf16s8 has it.
template <class T, bool ROUNDED = false>
struct RowsForm {
  int64_t k;

  int64_t tile_bytes(int64_t width) const {
    return weight_only_tile_bytes(width, k, sizeof(T));
  }
  static const char* bias(const char* tile, int64_t) {
    return tile;
  }
  // The lines of one k, later ones.
  template <int V>
  static SINTER_VNNI_INLINE void bring_nearer(const T* w) {
    const char* at = reinterpret_cast<const char*>(w) + WEIGHT_ONLY_AHEAD;
    _mm_prefetch(at, _MM_HINT_T0);
    if constexpr (V * 16 * sizeof(T) > 64) _mm_prefetch(at + 64, _MM_HINT_T0);
  }

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void sums(const float* a, int64_t lda, const char* tile, int64_t width, int64_t first,
                               __m512 (&y)[V * ROWS]) const {
    // Few sums would wait for themselves: those of odd k are kept apart.
    constexpr bool apart = V * ROWS < 8;
    __m512 s[V * ROWS], odd[apart ? V * ROWS : 1];
    vnni_repeat<V * ROWS>([&](auto i) SINTER_VNNI_LAMBDA { s[i] = _mm512_setzero_ps(); });
    vnni_repeat<apart ? V * ROWS : 1>([&](auto i) SINTER_VNNI_LAMBDA { odd[i] = _mm512_setzero_ps(); });
    const T* w = reinterpret_cast<const T*>(tile + weight_only_header_bytes(width)) + 16 * first;
    RowsOfA rows(a, lda);
    int64_t left = k;
    if constexpr (apart) {
      for (; left >= 2; left -= 2, w += 2 * width, rows.next(2)) {
        bring_nearer<V>(w);
        bring_nearer<V>(w + width);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
          const __m512 w0 = widen_one(w + 16 * v), w1 = widen_one(w + width + 16 * v);
          vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
            add_widened(&s[V * r + v], broadcast(rows.at(r)), w0);
            add_widened(&odd[V * r + v], broadcast(rows.at(r) + 1), w1);
          });
        });
      }
    }
    for (; left > 0; left--, w += width, rows.next(1)) {
      bring_nearer<V>(w);
      __m512 weights[V];
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { weights[v] = widen_one(w + 16 * v); });
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        const __m512 x = broadcast(rows.at(r));
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { add_widened(&s[V * r + v], x, weights[v]); });
      });
    }
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      const __m512 scale = _mm512_loadu_ps(tile + 4 * width + 64 * (first + v));
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        __m512 sum = s[V * r + v];
        if constexpr (apart) sum = _mm512_add_ps(sum, odd[V * r + v]);
        if constexpr (ROUNDED) {
          y[V * r + v] = _mm512_add_ps(_mm512_mul_ps(sum, scale), y[V * r + v]);
        } else {
          scale_and_add(&y[V * r + v], sum, scale);
        }
      });
    });
  }
};

// Int4: one permutation of the 16 floats that there are widens 16 weights; it reads four bits of each index alone.
SINTER_ONE_INSTRUCTION __m512 s4_floats() {
  return _mm512_set_ps(-1, -2, -3, -4, -5, -6, -7, -8, 7, 6, 5, 4, 3, 2, 1, 0);
}
template <int SHIFT>
SINTER_ONE_INSTRUCTION __m512 widen_nibble(__m512i words, __m512 floats) {
  return _mm512_permutexvar_ps(_mm512_srli_epi32(words, SHIFT), floats);
}

struct NibblesForm {
  int64_t k, block;

  int64_t tile_bytes(int64_t width) const {
    return s4_tile_bytes(width, k, block);
  }
  static const char* bias(const char* tile, int64_t width) {
    return tile + 8 * width;
  }

  // Sums so few would wait for themselves: those of the upper halves of bytes are kept apart.
  template <int V, int ROWS>
  static constexpr int apart = V * ROWS < 8 ? V * ROWS : 0;

  // 8 k of V vectors.
  template <int V, int ROWS, int N>
  static SINTER_VNNI_INLINE void group(const RowsOfA& rows, const char* w, __m512 floats, __m512 (&s)[V * ROWS],
                                       __m512 (&odd)[N]) {
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { _mm_prefetch(w + WEIGHT_ONLY_AHEAD + 64 * v, _MM_HINT_T0); });
    vnni_repeat<4>([&](auto byte) SINTER_VNNI_LAMBDA {
      __m512 lower[V], upper[V];
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        // Whole bytes are shifted by where a load begins: what comes in from above is not looked at.
        const __m512i words = _mm512_loadu_si512(w + 64 * v + byte);
        lower[v] = widen_nibble<0>(words, floats), upper[v] = widen_nibble<4>(words, floats);
      });
      vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
        const __m512 x = broadcast(rows.at(r) + byte), y = broadcast(rows.at(r) + byte + 4);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
          add_widened(&s[V * r + v], x, lower[v]);
          if constexpr (apart<V, ROWS> > 0) {
            add_widened(&odd[V * r + v], y, upper[v]);
          } else {
            add_widened(&s[V * r + v], y, upper[v]);
          }
        });
      });
    });
  }

  template <int V, int ROWS>
  SINTER_VNNI_INLINE void sums(const float* a, int64_t lda, const char* tile, int64_t width, int64_t first,
                               __m512 (&y)[V * ROWS]) const {
    const int64_t span = block > 0 ? block : k, blocks = block > 0 ? k / block : 1;
    const char* w = tile + s4_header_bytes(width) + 64 * first;
    const __m512 floats = s4_floats();
    constexpr int N = apart<V, ROWS> > 0 ? V * ROWS : 1;
    for (int64_t b = 0; b < blocks; b++, a += span) {
      const char* halves = w - 64 * first + 32 * first;
      if (block > 0) w += 2 * width;
      __m512 s[V * ROWS], odd[N];
      vnni_repeat<V * ROWS>([&](auto i) SINTER_VNNI_LAMBDA { s[i] = _mm512_setzero_ps(); });
      vnni_repeat<N>([&](auto i) SINTER_VNNI_LAMBDA { odd[i] = _mm512_setzero_ps(); });
      RowsOfA rows(a, lda);
      int64_t i = 0;
      for (; i + 8 <= span; i += 8, w += 4 * width, rows.next(8)) group<V, ROWS>(rows, w, floats, s, odd);
      if (i < span) {  // weights past k are zero, but what stands behind a row may be no number
        float tail[WIDENED_ROWS * 8] = {};
        for (int r = 0; r < ROWS; r++) memcpy(tail + 8 * r, a + r * lda + i, static_cast<size_t>(4 * (span - i)));
        group<V, ROWS>(RowsOfA(tail, 8), w, floats, s, odd);
      }
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
        const __m512 scale = scales(tile, width, first + v, halves + 32 * v);
        vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
          __m512 sum = s[V * r + v];
          if constexpr (apart<V, ROWS> > 0) sum = _mm512_add_ps(sum, odd[V * r + v]);
          scale_and_add(&y[V * r + v], sum, scale);
        });
      });
    }
  }

  SINTER_ONE_INSTRUCTION __m512 scales(const char* tile, int64_t width, int64_t vector, const char* halves) const {
    return block > 0 ? widen_one(reinterpret_cast<const uint16_t*>(halves))
                     : _mm512_loadu_ps(tile + 4 * width + 64 * vector);
  }
};

// f with vectors (4, 2 or 1) and rows as constants: 28 sums at most.
template <int V, class F>
inline void with_rows_of(int64_t rows, const F& f) {
#define SINTER_CASE(n) \
  case n:              \
    return f(VnniConstant<V>(), VnniConstant<n>());
  if constexpr (V < 4) {
    switch (rows) {
      SINTER_CASE(7)
      SINTER_CASE(8)
      SINTER_CASE(9)
      SINTER_CASE(10)
      SINTER_CASE(11)
      SINTER_CASE(12)
    }
  }
  switch (rows) {
    SINTER_CASE(1)
    SINTER_CASE(2)
    SINTER_CASE(3)
    SINTER_CASE(4)
    SINTER_CASE(5)
    SINTER_CASE(6)
  }
#undef SINTER_CASE
}

// Rows of A with a tile: each vector of weights is widened once for up to 12 of them. Tasks begin at multiples of 12,
// so that rows meet the same others, and have their sums in the same order, however many tasks there are.
// Out: float, or what a store_first() that was declared before takes.
template <class Form, class Out>
inline void widened_tile(const Form& form, int64_t all_rows, const float* a, int64_t lda, const char* tile,
                         int64_t width, Out* c, int64_t ldc, int columns, const WideClamp& clamp) {
  const int64_t vectors = width / 16;
  for (int64_t r0 = 0; r0 < all_rows; r0 += WIDENED_ROWS) {
    const int64_t rows = all_rows - r0 < WIDENED_ROWS ? all_rows - r0 : WIDENED_ROWS;
    for (int64_t first = 0; first < vectors;) {
      const int64_t left = vectors - first;
      const auto some = [&](auto v_count, auto r_count) {
        constexpr int V = decltype(v_count)::value, R = decltype(r_count)::value;
        __m512 y[V * R];
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
          const __m512 bias = _mm512_loadu_ps(Form::bias(tile, width) + 64 * (first + v));
          vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA { y[V * r + v] = bias; });
        });
        form.template sums<V, R>(a + r0 * lda, lda, tile, width, first, y);
        vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
          const int count = columns - 16 * static_cast<int>(first + v);
          vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
            if (count > 0) store_first(c + (r0 + r) * ldc + 16 * (first + v), clamp(y[V * r + v]), count);
          });
        });
        first += V;
      };
      if (left >= 4 && rows <= 6) {
        with_rows_of<4>(rows, some);
      } else if (left >= 2) {
        with_rows_of<2>(rows, some);
      } else {
        with_rows_of<1>(rows, some);
      }
    }
  }
}

// A call of gemm by weights as they are stored, tiles of tile_bytes, blocks of whole `height` rows. In, Out: float or
// uint16_t (bfloat16).
template <class In = float, class Out = float>
struct StoredProduct {
  const GemmParams& p;
  const In* a;
  const char* packed;
  Out* c;
  int64_t one_tile;
  WideClamp clamp;
  ProductTasks tasks;

  StoredProduct(const Call* call, int64_t tile_bytes, int64_t height)
      : p(*static_cast<const GemmParams*>(call->params)),
        a(static_cast<const In*>(call->slots[GEMM_A])),
        packed(static_cast<const char*>(call->slots[GEMM_WEIGHTS])),
        c(static_cast<Out*>(call->slots[GEMM_C])),
        one_tile(tile_bytes),
        clamp({p.act_min, p.act_max}),
        tasks(weight_only_tasks(p.m, p.n, p.k, tile_bytes, height, call->workers->threads)) {}

  // f(tile, width, out, columns) for a part's tiles; out: the results of row `row`.
  template <class F>
  void each_tile(const ProductTask& part, int64_t row, const F& f) const {
    for (int64_t t = part.first_tile; t < part.end_tile; t++) {
      const int64_t n0 = t * WEIGHT_ONLY_COLUMNS, width = s4_tile_width(p.n, n0);
      const int columns = static_cast<int>(p.n - n0 < width ? p.n - n0 : width);
      f(packed + t * one_tile, width, c + row * p.ldc + n0, columns);
    }
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_WIDEN_AVX512_H_
