// gemm of floats by int4 weights for AMX: rows become digits (digits.h), each a row of its own, that meet weights as
// signed bytes, 16 times what they stand for, taken apart step by step beside the products. Rows that cannot be digits
// stay floats.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/digits_vnni.h"
#include "kernels/gemm/op.h"
#include "kernels/simd/amx.h"

namespace sinter {
namespace {

// Rows of digits as AMX reads them: all rows' digits of a step side by side.
inline void fill_amx_digits(const DigitsRows& to, const DigitsAmx& form, const float* a, int64_t lda, int64_t rows,
                            int64_t k, int digits) {
  const __m512i by_digit = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  const int64_t step = 64 * rows * digits, step_k = 4 * form.groups;
  char* out = to.at;
  memset(out, 0, static_cast<size_t>(step * form.steps * to.panel.spans));
  for (int64_t r = 0; r < rows; r++, a += lda, out += 64 * digits) {
    const DigitsUnit unit = digits_unit(largest_bits(a, k), k, digits);
    int64_t within = 0, in_step = 0;  // of a span, of a step
    char* at = out;
    const int32_t count = write_digits(a, k, digits, unit, to.exceptions(r), [&](int64_t, __m512i some) {
      const __m512i words = _mm512_permutexvar_epi32(by_digit, some);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + in_step), _mm512_castsi512_si128(words));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + in_step + 64), _mm512_extracti32x4_epi32(words, 1));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(at + in_step + 128), _mm512_extracti32x4_epi32(words, 2));
      if (digits == 4) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(at + in_step + 192), _mm512_extracti32x4_epi32(words, 3));
      }
      within += 16, in_step += 16;
      if (in_step == step_k || within == to.panel.span) at += step, in_step = 0;
      if (within == to.panel.span) within = 0;
    });
    to.about(r) = {unit.unit * 0.0625f, count};
  }
}

// `groups` groups of 8 k of V vectors, `step` bytes apart, to tiles of signed bytes, 1 KiB each.
template <int V>
SINTER_VNNI_INLINE void unpack_step(const char* w, int64_t step, int64_t groups, char* out) {
  for (int64_t g = 0; g < groups; g++, w += step, out += 128) {
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      _mm_prefetch(w + S4_AHEAD + 64 * v, _MM_HINT_T0);
      const __m512i words = _mm512_loadu_si512(w + 64 * v);
      _mm512_store_si512(out + 1024 * v, lower_nibbles(words));
      _mm512_store_si512(out + 1024 * v + 64, upper_nibbles(words));
    });
  }
}

// A group's rows of digits: up to 16 with up to 4 vectors, or up to 32 (R = 2) with up to 2, to sums[row][64].
template <int R, int V>
SINTER_AMX_INLINE void amx_sums_of_digits(const DigitsAmx& form, const char* digits, int64_t step_bytes, const char* w,
                                          int64_t step, int64_t count, char* weights, int32_t* sums) {
  vnni_repeat<R * V>([&](auto i) SINTER_VNNI_LAMBDA { amx_zero<R == 2 ? 2 * (i / V) + i % V : i>(); });
  const int64_t eights = form.groups / 2, all = (count + 7) / 8, steps = (all + eights - 1) / eights;
  unpack_step<V>(w, step, all < eights ? all : eights, weights);
  for (int64_t s = 0; s < steps; s++, digits += step_bytes) {
    const char* now = weights + s % 2 * DIGITS_AMX_STEP_BYTES;
    const int64_t left = all - (s + 1) * eights;
    if (left > 0) {
      unpack_step<V>(w + (s + 1) * eights * step, step, left < eights ? left : eights,
                     weights + (s + 1) % 2 * DIGITS_AMX_STEP_BYTES);
    }
    amx_load<4>(digits, 64);
    if constexpr (R == 2) amx_load<5>(digits + 1024, 64);
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      amx_load<6 + v % 2>(now + 1024 * v, 64);
      amx_dot8<true, v, 4, 6 + v % 2>();
      if constexpr (R == 2) amx_dot8<true, 2 + v % 2, 5, 6 + v % 2>();
    });
  }
  vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
    amx_store<v>(sums + 16 * v, 4 * S4_TILE_COLUMNS);
    if constexpr (R == 2) amx_store<2 + v % 2>(sums + 16 * S4_TILE_COLUMNS + 16 * v, 4 * S4_TILE_COLUMNS);
  });
}

// Rows row .. row + rows - 1, D digits each, with a tile.
template <int D>
inline void amx_tile_of_digits(const DigitsRows& a, const DigitsAmx& form, int64_t step_bytes, int64_t row,
                               int64_t rows, const GemmParams& p, const char* tile, int64_t width, float* c,
                               int columns) {
  const int64_t vectors = width / 16, span = a.panel.span;
  char* own = a.at;
  int32_t* sums = reinterpret_cast<int32_t*>(own + form.sums);
  const DigitsException* aside[DIGITS_AMX_SUMS / D];
  int32_t left[DIGITS_AMX_SUMS / D];
  for (int64_t r = 0; r < rows; r++) aside[r] = a.exceptions(row + r), left[r] = a.about(row + r).exceptions;
  const char* w = tile + s4_header_bytes(width);
  alignas(64) float y[DIGITS_AMX_SUMS / D][64];
  for (int64_t r = 0; r < rows; r++) memcpy(y[r], tile + 8 * width, static_cast<size_t>(4 * width));
  const char* digits = a.at + row * D * 64;
  for (int64_t k0 = 0; k0 < p.k; k0 += span, digits += form.steps * step_bytes) {
    const int64_t count = p.k - k0 < span ? p.k - k0 : span;
    const char* scales = p.block > 0 ? w : tile + 4 * width;
    if (p.block > 0) w += 2 * width;
    const auto some = [&](auto tiles_of_rows, auto number, int64_t first) SINTER_VNNI_LAMBDA {
      amx_sums_of_digits<decltype(tiles_of_rows)::value, decltype(number)::value>(
          form, digits, step_bytes, w + 64 * first, 4 * width, count, own + form.weights, sums + 16 * first);
    };
    constexpr VnniConstant<1> one;
    constexpr VnniConstant<2> two;
    if (rows * D <= 16) {
      with_vectors(vectors, [&](auto number) SINTER_VNNI_LAMBDA { some(one, number, 0); });
    } else {
      int64_t first = 0;
      for (; vectors - first >= 2; first += 2) some(two, two, first);
      if (first < vectors) some(two, one, first);
    }
    for (int64_t v = 0; v < vectors; v++) {
      const __m512 scale = p.block > 0 ? widen_one(reinterpret_cast<const uint16_t*>(scales + 32 * v))
                                       : _mm512_loadu_ps(scales + 64 * v);
      for (int64_t r = 0; r < rows; r++) {
        __m512i s[D];
        vnni_repeat<D>([&](auto d) SINTER_VNNI_LAMBDA {
          s[d] = _mm512_loadu_si512(sums + (r * D + d) * S4_TILE_COLUMNS + 16 * v);
        });
        const __m512 unit = _mm512_set1_ps(a.about(row + r).unit);
        const __m512 upper = _mm512_mul_ps(unit, _mm512_set1_ps(65536));
        __m512 sum = _mm512_load_ps(y[r] + 16 * v);
        scale_and_add(&sum, value_of_digits<D>(s, 1, unit, upper), scale);
        for (int32_t e = 0; e < left[r] && aside[r][e].k < k0 + count; e++) {
          const int64_t k = aside[r][e].k - k0;
          const __m512 weight = widen_at(w + k / 8 * 4 * width + 64 * v, k);
          scale_and_add(&sum, _mm512_mul_ps(_mm512_set1_ps(aside[r][e].x), weight), scale);
        }
        _mm512_store_ps(y[r] + 16 * v, sum);
      }
    }
    for (int64_t r = 0; r < rows; r++) {
      while (left[r] > 0 && aside[r]->k < k0 + count) left[r]--, aside[r]++;
    }
    w += (count + 7) / 8 * 4 * width;
  }
  const WideClamp clamp = {p.act_min, p.act_max};
  for (int64_t r = 0; r < rows; r++) {
    for (int v = 0; 16 * v < columns; v++) {
      store_first(c + r * p.ldc + 16 * v, clamp(_mm512_load_ps(y[r] + 16 * v)), columns - 16 * v);
    }
  }
}

template <int D>
inline void amx_rows_of_digits(AmxTiles* tiles, const DigitsRows& a, const DigitsAmx& form, int64_t rows,
                               const GemmParams& p, const char* tile, int64_t width, float* c, int columns) {
  constexpr int64_t most = DIGITS_AMX_SUMS / D;
  const int64_t groups = (rows + most - 1) / most;
  for (int64_t g = 0; g < groups; g++) {
    const int64_t row = rows * g / groups, count = rows * (g + 1) / groups - row;
    const int high = static_cast<int>(count * D);
    tiles->shape(high < 16 ? high : 16, high <= 16 ? high : high - 16, static_cast<int>(form.groups));
    amx_tile_of_digits<D>(a, form, 64 * D * rows, row, count, p, tile, width, c + row * p.ldc, columns);
  }
}

// The digits of the group of rows that begins at `row`, and where it ends; floats (0) where the product has more than
// `most` rows.
inline int digits_of_group(const GemmParams& p, const float* a, int64_t row, int64_t most, int64_t* end) {
  *end = p.m - row < WIDENED_ROWS ? p.m : row + WIDENED_ROWS;
  if (!digits_take(p) || p.m > most) return 0;
  return digits_of_rows(a + row * p.lda, p.lda, *end - row, p.k, largest_bits, count_kept_aside);
}

}  // namespace

void gemm_weight_only_s4_amx(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const NibblesForm floats = {p.k, p.block};
  const StoredProduct<> of(call, floats.tile_bytes(WEIGHT_ONLY_COLUMNS), WIDENED_ROWS);
  const DigitsAmx form = digits_amx(p);
  const DigitsPanel few = digits_vnni_panel(p);
  const bool by_amx = digits_by_amx(p.m, p.block);
  const int64_t most = by_amx ? p.m : DIGITS_VNNI_ROWS;
  parallel_for(call->workers, of.tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = of.tasks.at(task);
    const DigitsRows own = {by_amx ? form.panel : few, static_cast<char*>(call->scratch) + thread * form.bytes};
    const int64_t end = part.first_row + part.rows;
    AmxTiles tiles;
    for (int64_t row = part.first_row, next; row < end; row = next) {
      // Groups of rows that are cut the same for any number of threads say for themselves how many digits they need.
      const int digits = digits_of_group(p, of.a, row, most, &next);
      while (next < end) {
        int64_t after;
        if (digits_of_group(p, of.a, next, most, &after) != digits) break;
        next = after;
      }
      const float* rows = of.a + row * p.lda;
      const int64_t count = next - row;
      if (digits > 0 && by_amx) {
        fill_amx_digits(own, form, rows, p.lda, count, p.k, digits);
      } else if (digits > 0) {
        fill_digits(own, rows, p.lda, count, p.k, digits);
      }
      of.each_tile(part, row, [&](const char* tile, int64_t width, float* out, int columns) {
        if (digits == 0) {
          widened_tile(floats, count, rows, p.lda, tile, width, out, p.ldc, columns, of.clamp);
          return;
        }
        with_digits(digits, [&](auto number) {
          constexpr int D = decltype(number)::value;
          if (by_amx) {
            amx_rows_of_digits<D>(&tiles, own, form, count, p, tile, width, out, columns);
          } else {
            vnni_rows_of_digits<D>(own, count, p, tile, width, out, columns);
          }
        });
      });
    }
    tiles.release();
  });
}

}  // namespace sinter
