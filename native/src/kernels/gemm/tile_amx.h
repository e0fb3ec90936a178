// The AMX int8 micro-kernel, shared by gemm, conv and batch_matmul: rows of 8-bit activations, read where they are,
// times the tiles of columns that the AVX-512 VNNI kernels take. Only for files that are built for AMX; internal
// linkage. SPDX-License-Identifier: Apache-2.0
//
// A product of two tiles, 16 rows by 16 columns over 64 values of k, takes 16 cycles, and the next one on the same sums
// has to wait for some 50: four accumulators, 2 x 2, 1 x 4 or 4 x 1. Sums begin as the bias (a load that reads one row
// over and over), go to a buffer in L1, and become results with the VNNI kernels' own stores.
#ifndef SINTER_KERNELS_GEMM_TILE_AMX_H_
#define SINTER_KERNELS_GEMM_TILE_AMX_H_

#include "kernels/gemm/tile_vnni.h"
#include "kernels/simd/amx.h"

namespace sinter {
namespace {

// Weights that are needed next, brought nearer line by line while products run: they come from L3 or memory in each run
// of a model.
struct AmxAhead {
  const char* at;
  int lines;  // after each step

  // `bytes` from `next` on (null: none) during `steps` steps. More than a line in 4 cycles is more than can come.
  static AmxAhead make(const char* next, int64_t bytes, int64_t steps) {
    const int64_t lines = next ? (bytes / 64 + steps - 1) / steps : 0;
    return {next, static_cast<int>(lines < 16 ? lines : 16)};
  }
  SINTER_AMX_INLINE void bring() {
    for (int i = lines; i > 0; i--, at += 64) _mm_prefetch(at, _MM_HINT_T1);
  }
};

// Rows that are the pixels of lines: of `pitch` rows the first `width` are results, the others lie between lines and
// are dropped. A pitch of 0: all are results.
struct AmxLines {
  int64_t width, pitch;
};

// Rows of activations: `runs` runs of k, `pitch` bytes apart, each cut into steps (packing.h).
struct AmxRows {
  const uint8_t* a;
  int64_t rows, stride;  // bytes from row to row
  int64_t runs, pitch;
  AmxSteps steps;
  const uint8_t* tail;  // of a single run: 64 bytes a row, what its last step reads; null where steps.tail is not set
  const int32_t* lacking;  // per row: what its sums lack; null: nothing
  int64_t first;           // how many rows of the same lines, and results, there are before these
  AmxLines lines;
  const char* next = nullptr;  // the packed tile after this one; null: none
  int64_t next_bytes = 0;

  int64_t steps_of_k() const {
    return runs * steps.whole + (steps.tail ? 1 : 0);
  }
};

// Calls f(from, count, result) for the parts of rows row .. row + rows - 1 that are results: `count` rows from row +
// from on, the `result`th result and those after it.
template <class F>
SINTER_VNNI_INLINE void amx_each_line(const AmxRows& m, int64_t row, int rows, const F& f) {
  const AmxLines& lines = m.lines;
  row += m.first;
  if (lines.pitch == 0) {
    f(0, rows, row);
    return;
  }
  int64_t line = row / lines.pitch, x = row - line * lines.pitch;
  for (int done = 0; done < rows; line++, x = 0) {
    int64_t count = lines.width - x;
    count = count < rows - done ? count : rows - done;
    if (count > 0) f(done, static_cast<int>(count), line * lines.width + x);
    done += static_cast<int>(lines.pitch - x < rows - done ? lines.pitch - x : rows - done);
  }
}

// The same from row `first` on, `rows` of them.
inline AmxRows amx_rows_from(const AmxRows& m, int64_t first, int64_t rows) {
  AmxRows some = m;
  some.a += first * m.stride;
  if (some.tail) some.tail += first * 64;
  if (some.lacking) some.lacking += first;
  some.rows = rows;
  some.first += first;
  return some;
}

// What the last step reads of each row of a single run: values that no step before it has met, zeros around them.
inline void amx_fill_tail(const uint8_t* a, int64_t rows, int64_t stride, const AmxSteps& steps, uint8_t* tail) {
  const uint8_t* from = a + 4 * steps.tail_group;
  const int64_t first = steps.whole * 4 * steps.groups - 4 * steps.tail_group;
  const int64_t last = steps.bytes - 4 * steps.tail_group;
  const __mmask64 mask = ~__mmask64{0} >> (64 - last) & ~__mmask64{0} << first;
  for (int64_t r = 0; r < rows; r++, from += stride, tail += 64) {
    _mm512_storeu_si512(tail, _mm512_maskz_loadu_epi8(mask, from));
  }
}

enum AmxProduct { AMX_S8, AMX_U8, AMX_BF16 };  // of the activations

template <AmxProduct PRODUCT, int C, int A, int B>
SINTER_AMX_INLINE void amx_dot() {
  if constexpr (PRODUCT == AMX_BF16) {
    amx_dot_bf16<C, A, B>();
  } else {
    amx_dot8<PRODUCT == AMX_S8, C, A, B>();
  }
}

// Packed weights from some column on: the constants that sums begin with, the first group of k, and how many bytes it
// is from group to group and from 16 columns to the next 16 (for weights and constants).
struct AmxWeights {
  const char *bias, *groups;
  int64_t group_stride, column_stride;
};

// One step of R x V tiles; A's rows at `a`, weights at `w`.
template <AmxProduct PRODUCT, int R, int V>
SINTER_AMX_INLINE void amx_step(const uint8_t* a, int64_t stride, const char* w, const AmxWeights& weights) {
  constexpr int second = R == 2 ? 2 : 1;  // the accumulator of row tile r and column tile v: second * r + v
  vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
    amx_load<4 + r % 2>(a + r * 16 * stride, stride);
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      if constexpr (r == 0) amx_load<6 + v % 2>(w + v * weights.column_stride, weights.group_stride);
      amx_dot<PRODUCT, second * r + v, 4 + r % 2, 6 + v % 2>();
    });
  });
}

// Sums of 16 * R rows (fewer where the tiles' shapes say so) and 16 * V columns, to rows of sums `sums_stride` bytes
// apart.
template <AmxProduct PRODUCT, int R, int V>
SINTER_AMX_INLINE void amx_sums(const AmxRows& m, int64_t row, const AmxWeights& weights, void* sums,
                                int64_t sums_stride, AmxAhead* ahead) {
  static_assert(R * V <= 4 && R != 3 && (R == 1 || V <= 2), "four accumulators, two tiles of weights");
  constexpr int second = R == 2 ? 2 : 1;
  vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
    vnni_repeat<V>([&](auto v)
                       SINTER_VNNI_LAMBDA { amx_load<second * r + v>(weights.bias + v * weights.column_stride, 0); });
  });
  const uint8_t* run = m.a + row * m.stride;
  const char* w = weights.groups;
  const int64_t step_bytes = 4 * m.steps.groups, w_step = m.steps.groups * weights.group_stride;
  for (int64_t i = 0; i < m.runs; i++, run += m.pitch) {
    const uint8_t* a = run;
    for (int64_t s = m.steps.whole; s > 0; s--, a += step_bytes, w += w_step) {
      amx_step<PRODUCT, R, V>(a, m.stride, w, weights);
      ahead->bring();
    }
  }
  if (m.tail) {
    w += (m.steps.tail_group - m.steps.whole * m.steps.groups) * weights.group_stride;
    amx_step<PRODUCT, R, V>(m.tail + 64 * row, 64, w, weights);
  }
  char* out = static_cast<char*>(sums);
  vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      amx_store<second * r + v>(out + 16 * r * sums_stride + 64 * v, sums_stride);
    });
  });
}

// Results of `rows` rows of sums, from row `row` on.
template <int W, class Store>
SINTER_VNNI_INLINE void amx_finish(const int32_t* sums, int rows, const int32_t* lacking, const char* tile,
                                   const Store& store, int64_t row) {
  constexpr int together = W == 1 ? 8 : W == 2 ? 4 : 2;
  const auto constants = store.template constants<W>(tile);
  const auto some = [&](auto count) SINTER_VNNI_LAMBDA {
    constexpr int ROWS = decltype(count)::value;
    __m512i s[W * ROWS];
    vnni_repeat<W * ROWS>([&](auto i) SINTER_VNNI_LAMBDA { s[i] = _mm512_load_si512(sums + 16 * i); });
    if (lacking) {
      vnni_repeat<ROWS>([&](auto i) SINTER_VNNI_LAMBDA {
        const __m512i more = _mm512_set1_epi32(lacking[i]);
        vnni_repeat<W>([&](auto v) SINTER_VNNI_LAMBDA { s[W * i + v] = _mm512_add_epi32(s[W * i + v], more); });
      });
      lacking += ROWS;
    }
    store.template put<W, ROWS>(s, constants, row);
    sums += 16 * W * ROWS;
    row += ROWS;
  };
  for (; rows >= together; rows -= together) some(VnniConstant<together>());
  for (; rows > 0; rows--) some(VnniConstant<1>());
}

// Where the sums of a tile of `vectors` vectors belong as they are, rows `stride` bytes apart; null: they become
// something else, or C ends within a vector.
struct AmxPlace {
  char* c;
  int64_t stride;
};
template <class Store>
inline AmxPlace amx_place(const Store&, const AmxRows&, int) {
  return {nullptr, 0};
}
inline AmxPlace amx_place(const VnniStore32& store, const AmxRows& m, int vectors) {
  if (store.columns != 16 * vectors || m.lacking || m.lines.pitch != 0) return {nullptr, 0};
  return {store.c + 4 * m.first * store.ldc, 4 * store.ldc};
}

// All rows with one tile of W vectors of 16 columns. Whole blocks of 32 rows, or fewer than 32 rows: then the shapes of
// the tiles are those that are set here anyway. Bias: of activations as they are.
template <AmxProduct PRODUCT, int W, class Store>
__attribute__((noinline)) void amx_tile(AmxTiles* tiles, const AmxRows& m, const char* tile, const Store& store) {
  alignas(64) int32_t sums[W == 1 ? 64 * 16 : 32 * 16 * W];
  const char* bias = PRODUCT == AMX_S8 ? tile + 128 * W : tile;
  const char* weights = tile + vnni_header_bytes * W;
  const int groups = m.steps.groups;
  AmxAhead ahead = AmxAhead::make(m.next, m.next_bytes, (m.rows + 31) / 32 * m.steps_of_k() * (W > 2 ? 2 : 1));
  int64_t row = 0;
  const AmxPlace place = amx_place(store, m, W);
  const auto finish = [&](int rows) SINTER_VNNI_LAMBDA {
    if (!place.c) {
      amx_each_line(m, row, rows, [&](int from, int count, int64_t result) SINTER_VNNI_LAMBDA {
        amx_finish<W>(sums + 16 * W * from, count, m.lacking ? m.lacking + row + from : nullptr, tile, store, result);
      });
    }
    row += rows;
  };
  const auto part = [&](auto r, auto v, int64_t first_row, int64_t first) SINTER_VNNI_LAMBDA {
    const AmxWeights of = {bias + 64 * first, weights + 64 * first, 64 * W, 64};
    char* to =
        place.c ? place.c + (row + first_row) * place.stride : reinterpret_cast<char*>(sums + first_row * 16 * W);
    amx_sums<PRODUCT, decltype(r)::value, decltype(v)::value>(m, row + first_row, of, to + 64 * first,
                                                              place.c ? place.stride : 64 * W, &ahead);
  };
  constexpr VnniConstant<1> one;
  constexpr VnniConstant<2> two;
  constexpr VnniConstant<W> all;
  if (m.rows >= 32) {
    tiles->shape(16, 16, groups);
    if constexpr (W == 1) {
      for (; m.rows - row >= 64;) part(VnniConstant<4>(), one, 0, 0), finish(64);
    }
    for (; m.rows - row >= 32;) {
      if constexpr (W == 4) {
        part(two, two, 0, 0), part(two, two, 0, 2);
      } else if constexpr (W == 3) {
        part(one, all, 0, 0), part(one, all, 16, 0);
      } else {
        part(two, all, 0, 0);
      }
      finish(32);
    }
  }
  const int left = static_cast<int>(m.rows - row);
  if (left == 0) return;
  if (left > 16) {
    tiles->shape(16, left - 16, groups);
    part(two, VnniConstant<(W > 1 ? 2 : 1)>(), 0, 0);
    if constexpr (W > 2) part(two, VnniConstant<W - 2>(), 0, 2);
  } else {
    tiles->shape(left, left, groups);
    part(one, all, 0, 0);
  }
  finish(left);
}

// All rows with the tile of `columns` (1..64) columns.
template <AmxProduct PRODUCT, class Store>
inline void amx_any_tile(AmxTiles* tiles, const AmxRows& m, const char* tile, const Store& store) {
  with_vectors((store.columns + 15) / 16,
               [&](auto v) SINTER_VNNI_LAMBDA { amx_tile<PRODUCT, decltype(v)::value>(tiles, m, tile, store); });
}

// The same for 8-bit results.
template <AmxProduct PRODUCT>
inline void amx_tile_8(AmxTiles* tiles, const AmxRows& m, const char* tile, char* c, int64_t ldc, int columns,
                       const VnniEpilogue& e) {
  if (vnni_scales_are_small(tile, columns)) {
    amx_any_tile<PRODUCT>(tiles, m, tile, VnniStore8<true>{c, ldc, columns, e});
  } else {
    amx_any_tile<PRODUCT>(tiles, m, tile, VnniStore8<false>{c, ldc, columns, e});
  }
}

// vnni_lacking for rows as AMX reads them, to lacking[m.first] and on. Tails have zeros where rows have no value.
inline void amx_lacking(AmxTiles* tiles, AmxRows m, int32_t factor, int32_t* lacking) {
  const uint32_t times = static_cast<uint32_t>(factor);
  constexpr int64_t most = 32;
  const int64_t groups = m.runs * ((m.steps.bytes + 3) / 4);
  if (groups > most) {
    vnni_row_sums(m.a, m.rows, m.stride, m.runs, m.pitch, m.steps.bytes, times, lacking + m.first);
    return;
  }
  m.lines = {0, 0};
  alignas(64) char ones[vnni_header_bytes + 64 * most];
  memset(ones, 0, vnni_header_bytes);
  const int32_t last = m.steps.bytes % 4 == 0 ? 0x01010101 : (1 << m.steps.bytes % 4 * 8) / 255;
  for (int64_t g = 0; g < groups; g++) {
    const __m512i values = _mm512_set1_epi32((g + 1) % (groups / m.runs) == 0 ? last : 0x01010101);
    _mm512_store_si512(ones + vnni_header_bytes + 64 * g, values);
  }
  amx_tile<AMX_U8, 1>(tiles, m, ones, VnniStoreScaled{lacking, times});
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AMX_H_
