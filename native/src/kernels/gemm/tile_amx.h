// The AMX int8 micro-kernel, shared by gemm, conv and batch_matmul: rows of 8-bit activations, read where they are,
// times the tiles of columns that the AVX-512 VNNI kernels take. Only for files that are built for AMX; internal
// linkage. SPDX-License-Identifier: Apache-2.0
//
// A product of two tiles, 16 rows by 16 columns over 64 values of k, takes 16 cycles, and the next one on the same sums
// has to wait for some 50: four accumulators, 2 x 2, 1 x 4 or 4 x 1. Sums begin as zeros and are stored just before the
// next block's first product on their tile: to C, where they belong there as they are, or to a buffer in L1, where they
// become results while the next block's products run (results_amx.h). A tile's load takes longer than a product, so
// that even the bias is not loaded to tiles unless sums go to C.
#ifndef SINTER_KERNELS_GEMM_TILE_AMX_H_
#define SINTER_KERNELS_GEMM_TILE_AMX_H_

#include "kernels/gemm/results_amx.h"
#include "kernels/gemm/tile_vnni.h"
#include "kernels/simd/amx.h"

namespace sinter {
namespace {

// Weights that are needed next, brought nearer line by line while products run: they come from L3 or memory in each run
// of a model. (What products of bfloat16 by int8 have in its place, weights_amx_bf16.h, widens them.)
struct AmxAhead {
  const char* at;
  int lines;  // after each step

  // `bytes` from `next` on (null: none) during `steps` steps. More than a line in 4 cycles is more than can come.
  static AmxAhead make(const char* next, int64_t bytes, int64_t steps) {
    if (!next) return {nullptr, 0};
    const int64_t lines = (bytes / 64 + steps - 1) / steps;
    return {next, static_cast<int>(lines < 16 ? lines : 16)};
  }
  SINTER_AMX_INLINE void bring() {
    for (int i = lines; i > 0; i--, at += 64) _mm_prefetch(at, _MM_HINT_T1);
  }
};

// A block of more steps stores its tiles late, while products of the next run: a single step's are over too soon.
constexpr int64_t AMX_LATER_STEPS = 2;

// Lines of C that tiles are stored to, made ready to be written while products run: a tile's store waits for each line
// that is not in L1.
struct AmxWritten {
  char* at;
  int64_t stride;
  int rows, each;  // in all, and after a product
  bool crossing;   // vectors cross lines

  // Of `rows` rows that are stored after `steps` steps of `tiles` products: those at `own` or, after a single step,
  // those at `next` that are stored after them (null: none).
  static AmxWritten make(void* own, void* next, int64_t stride, int64_t rows, int64_t steps, int tiles) {
    char* c = static_cast<char*>(steps >= AMX_LATER_STEPS ? own : next);
    if (!c) return {nullptr, 0, 0, 0, false};
    const unsigned many = static_cast<unsigned>(rows), parts = static_cast<unsigned>(steps * tiles);
    return {c, stride, static_cast<int>(many), static_cast<int>((many + parts - 1) / parts),
            reinterpret_cast<uintptr_t>(c) % 64 != 0};
  }
  // Of V vectors a row.
  SINTER_AMX_INLINE void begin(int64_t) {}
  SINTER_AMX_INLINE void end() {}
  template <int V>
  SINTER_AMX_INLINE void product() {
    for (int i = each < rows ? each : rows; i > 0; i--, rows--, at += stride) {
      if (crossing) amx_will_write(at);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { amx_will_write(at + 64 * v + 63); });
    }
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
  const char* next = nullptr;  // the packed tile after this one, where it may be far; null: none
  int64_t next_bytes = 0;
  bool once = false;  // more weights meet these rows than stay in L1
  // Where results are written after this tile's: so many rows and columns on from its first; none: nowhere.
  int64_t then_rows = 0, then_columns = 0;

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

// Packed weights from some column on: the constants that sums begin with (null: zeros), the first group of k, and how
// many bytes it is from group to group and from 16 columns to the next 16 (for weights and constants).
struct AmxWeights {
  const char *bias, *groups;
  int64_t group_stride, column_stride;
};

// Constants of 16 * vectors columns, null if they are zeros: a tile of zeros takes no loads.
inline const char* amx_constants(const char* bias, int vectors, int64_t column_stride) {
  __m512i any = _mm512_setzero_si512();
  for (int v = 0; v < vectors; v++) any = _mm512_or_si512(any, _mm512_loadu_si512(bias + v * column_stride));
  return _mm512_test_epi32_mask(any, any) != 0 ? bias : nullptr;
}

// One step of R x V tiles; A's rows at `a`, weights at `w`, which L1 need not keep if they are met `once`. begin(tile,
// v) comes before the product on a tile of sums, done() after it.
template <AmxProduct PRODUCT, int R, int V, class Begin, class Done>
SINTER_AMX_INLINE void amx_step(const uint8_t* a, int64_t stride, const char* w, const AmxWeights& weights, bool once,
                                const Begin& begin, const Done& done) {
  constexpr int second = R == 2 ? 2 : 1;    // the accumulator of row tile r and column tile v: second * r + v
  constexpr bool ahead = R <= 2 && V <= 2;  // a step's operands have tiles of their own: loads before products
  const auto load_rows = [&](auto r) SINTER_VNNI_LAMBDA { amx_load<4 + r % 2>(a + r * 16 * stride, stride); };
  const auto load_columns = [&](auto v) SINTER_VNNI_LAMBDA {
    const char* at = w + v * weights.column_stride;
    if (once) {
      amx_load_once<6 + v % 2>(at, weights.group_stride);
    } else {
      amx_load<6 + v % 2>(at, weights.group_stride);
    }
  };
  if constexpr (ahead) {
    load_rows(VnniConstant<0>());
    vnni_repeat<V>(load_columns);
    if constexpr (R == 2) load_rows(VnniConstant<1>());
  }
  vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
    if constexpr (!ahead) load_rows(r);
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      if constexpr (!ahead && r == 0) load_columns(v);
      begin(VnniConstant<second * r + v>(), v);
      amx_dot<PRODUCT, second * r + v, 4 + r % 2, 6 + v % 2>();
      done();
    });
  });
}

// Sums of 16 * R rows (fewer where the tiles' shapes say so) and 16 * V columns, to rows of sums `sums_stride` bytes
// apart, at once or `later`. What is done `beside`: product<V>() after each product, begin(how many are to come) once
// all tiles have met their first, end() after the last.
template <AmxProduct PRODUCT, int R, int V, class Ahead, class Beside>
SINTER_AMX_INLINE void amx_sums(AmxTiles* tiles, const AmxRows& m, int64_t row, const AmxWeights& weights, void* sums,
                                int64_t sums_stride, bool later, Ahead* ahead, Beside beside) {
  static_assert(R * V <= 4 && R != 3 && (R == 1 || V <= 2), "four accumulators, two tiles of weights");
  constexpr int second = R == 2 ? 2 : 1;
  const auto begin = [&](auto tile, int v) SINTER_VNNI_LAMBDA {
    tiles->store<tile>();
    if (weights.bias) {
      amx_load<tile>(weights.bias + v * weights.column_stride, 0);
    } else {
      amx_zero<tile>();
    }
  };
  const auto go_on = [](auto, int) SINTER_VNNI_LAMBDA {};
  const auto done = [&]() SINTER_VNNI_LAMBDA { beside.template product<V>(); };
  const int64_t stride = m.stride, runs = m.runs, whole = m.steps.whole, pitch = m.pitch;
  const uint8_t* run = m.a + row * stride;
  const char* w = weights.groups;
  const int64_t step_bytes = 4 * m.steps.groups, w_step = m.steps.groups * weights.group_stride;
  const bool once = m.once;
  int64_t left = whole;
  const uint8_t* a = run;
  if (left > 0) {
    amx_step<PRODUCT, R, V>(a, stride, w, weights, once, begin, done);
    ahead->bring();
    a += step_bytes, w += w_step, left--;
  }
  tiles->store();  // those of a larger block before
  beside.begin((m.steps_of_k() - 1) * R * V);
  for (int64_t i = runs; i > 0; i--, run += pitch, a = run, left = whole) {
    for (; left > 0; left--, a += step_bytes, w += w_step) {
      amx_step<PRODUCT, R, V>(a, stride, w, weights, once, go_on, done);
      ahead->bring();
    }
  }
  if (m.tail) {
    w += (m.steps.tail_group - m.steps.whole * m.steps.groups) * weights.group_stride;
    if (whole > 0) {
      amx_step<PRODUCT, R, V>(m.tail + 64 * row, 64, w, weights, once, go_on, done);
    } else {
      amx_step<PRODUCT, R, V>(m.tail + 64 * row, 64, w, weights, once, begin, done);
    }
  }
  beside.end();
  char* out = static_cast<char*>(sums);
  vnni_repeat<R>([&](auto r) SINTER_VNNI_LAMBDA {
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA {
      char* to = out + 16 * r * sums_stride + 64 * v;
      if (later) {
        tiles->store_later<second * r + v>(to, sums_stride);
      } else {
        amx_store<second * r + v>(to, sums_stride);
      }
    });
  });
}

// The same of sums that wait, and the results of those that have waited.
template <AmxProduct PRODUCT, int R, int V>
__attribute__((noinline)) void amx_sums_that_wait(AmxTiles* tiles, const AmxRows& m, int64_t row, const char* groups,
                                                  int64_t group_stride, AmxAhead* ahead) {
  AmxWaiting* waiting = tiles->waiting();
  const AmxWeights weights = {nullptr, groups, group_stride, 64};
  if constexpr (R * V >= 3) {
    // A single step has no products left to be beside of.
    if (waiting->results == amx_results<V, AmxStore8<true, PRODUCT == AMX_S8>> && m.steps_of_k() > 1) {
      amx_sums<PRODUCT, R, V>(tiles, m, row, weights, waiting->sums, 64 * V, true, ahead, AmxBeside8 < V,
                              PRODUCT == AMX_S8 > (waiting));
      return;
    }
  }
  amx_sums<PRODUCT, R, V>(tiles, m, row, weights, waiting->sums, 64 * V, true, ahead, AmxBesideAny{waiting});
}

// What becomes of a tile's sums: results, or they go to C as they are.
struct AmxSink {
  const AmxResults* results;  // by vectors
  char* c;
  int64_t ldc, columns;  // of results, `bytes` each
  int64_t bytes;
  const void* how;    // what becomes of sums; it lives as long as they wait
  const float* more;  // the same, of the tile's columns; null: nothing
  bool plain;         // sums as they are, of 32 bits
};

// Where plain sums belong, rows `stride` bytes apart; null: C ends within a vector, or they become something else.
struct AmxPlace {
  char* c;
  int64_t stride;
  char* then;  // where results belong that come after; null: nowhere
};
inline AmxPlace amx_place(const AmxSink& sink, const AmxRows& m, int vectors) {
  if (!sink.plain || sink.columns != 16 * vectors || m.lacking || m.lines.pitch != 0) return {nullptr, 0, nullptr};
  char* c = sink.c + 4 * m.first * sink.ldc;
  const int64_t on = 4 * (m.then_rows * sink.ldc + m.then_columns);
  return {c, 4 * sink.ldc, on != 0 ? c + on : nullptr};
}

// `rows` rows from row `row` on, whose sums will be in `w`, wait.
inline void amx_wait(AmxWaiting* w, const AmxRows& m, int64_t row, int rows, int sums) {
  const AmxLines& lines = m.lines;
  w->lacking = m.lacking ? m.lacking + row : nullptr;
  w->at = w->sums;
  w->rows = w->run = w->width = rows;
  w->gap = 0;
  row += m.first;
  w->result = row;
  if (lines.pitch == 0) return;
  const int64_t line = row / lines.pitch, x = row - line * lines.pitch;
  const int64_t dropped = x < lines.width ? 0 : lines.pitch - x, run = dropped > 0 ? lines.width : lines.width - x;
  w->result = dropped > 0 ? (line + 1) * lines.width : line * lines.width + x;
  w->at += dropped * sums;
  if (w->lacking) w->lacking += dropped;
  w->rows = rows - static_cast<int>(dropped);
  w->run = run < w->rows ? static_cast<int>(run) : w->rows;
  w->width = static_cast<int>(lines.width);
  w->gap = static_cast<int>(lines.pitch - lines.width);
}

// Blocks of few steps, bound by their results, are 16 rows high and 64 columns wide: a row of results is one store.
constexpr int64_t AMX_WIDE_STEPS = 4;

// All rows with one tile of W vectors of 16 columns. Whole blocks of 32 rows, or fewer than 32 rows: then the shapes of
// the tiles are those that are set here anyway. Bias: of activations as they are. Sums may still be in tiles, or wait,
// when this returns.
template <AmxProduct PRODUCT, int W>
__attribute__((noinline)) void amx_tile(AmxTiles* tiles, const AmxRows& m, const char* tile, const AmxSink& sink) {
  const char* bias = PRODUCT == AMX_S8 ? tile + 128 * W : tile;
  const char* weights = tile + vnni_header_bytes * W;
  const int groups = m.steps.groups;
  const int64_t steps = m.steps_of_k();
  AmxAhead ahead = AmxAhead::make(m.next, m.next_bytes, (m.rows + 31) / 32 * steps * (W > 2 ? 2 : 1));
  int64_t row = 0;
  const AmxPlace place = amx_place(sink, m, W);
  const char* begin = place.c ? amx_constants(bias, W, 64) : nullptr;
  const auto part = [&](auto r, auto v, int64_t first_row, int first) SINTER_VNNI_LAMBDA {
    constexpr int R = decltype(r)::value, V = decltype(v)::value;
    const AmxWeights of = {begin ? begin + 64 * first : nullptr, weights + 64 * first, 64 * W, 64};
    const int64_t left = m.rows - row - first_row, rows = left < 16 * R ? left : 16 * R;
    if (place.c) {
      char* to = place.c + (row + first_row) * place.stride + 64 * first;
      char* next = first + V < W ? to + 64 * V : left > rows ? to - 64 * first + rows * place.stride : place.then;
      amx_sums<PRODUCT, R, V>(tiles, m, row + first_row, of, to, place.stride, steps >= AMX_LATER_STEPS, &ahead,
                              AmxWritten::make(to, next, place.stride, rows, steps, R * V));
    } else {
      AmxWaiting* waiting = tiles->waiting();
      amx_sums_that_wait<PRODUCT, R, V>(tiles, m, row + first_row, of.groups, of.group_stride, &ahead);
      waiting->results = sink.results[V - 1];
      waiting->c = sink.c + 16 * sink.bytes * first;
      waiting->ldc = sink.ldc;
      waiting->columns = sink.columns - 16 * first < 16 * V ? sink.columns - 16 * first : 16 * V;
      waiting->how = sink.how;
      waiting->more = sink.more ? sink.more + 16 * first : nullptr;
      waiting->bias = bias + 64 * first;
      waiting->header = tile + 64 * first;
      waiting->scales = tile + 64 * (W + first);
      waiting->together = AMX_ROWS_TOGETHER[V - 1];
      amx_wait(waiting, m, row + first_row, static_cast<int>(rows), 16 * V);
    }
  };
  constexpr VnniConstant<1> one;
  constexpr VnniConstant<2> two;
  constexpr VnniConstant<W> all;
  if (m.rows >= 32) {
    tiles->shape(16, 16, groups);
    if constexpr (W == 1) {
      for (; m.rows - row >= 64; row += 64) part(VnniConstant<4>(), one, 0, 0);
    }
    for (; m.rows - row >= 32; row += 32) {
      if constexpr (W == 4) {
        if (steps <= AMX_WIDE_STEPS && !place.c) {
          part(one, all, 0, 0), part(one, all, 16, 0);
        } else {
          part(two, two, 0, 0), part(two, two, 0, 2);
        }
      } else if constexpr (W == 3) {
        part(one, all, 0, 0), part(one, all, 16, 0);
      } else {
        part(two, all, 0, 0);
      }
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
}

// All rows with a tile of 1 to 64 columns.
template <AmxProduct PRODUCT>
inline void amx_any_tile(AmxTiles* tiles, const AmxRows& m, const char* tile, const AmxSink& sink) {
  with_vectors((sink.columns + 15) / 16, [&](auto v) { amx_tile<PRODUCT, decltype(v)::value>(tiles, m, tile, sink); });
}

// The same for 8-bit results.
template <AmxProduct PRODUCT>
inline void amx_tile_8(AmxTiles* tiles, const AmxRows& m, const char* tile, char* c, int64_t ldc, int columns,
                       const VnniEpilogue& e) {
  const bool small = vnni_scales_are_small(tile, columns);
  constexpr bool is_signed = PRODUCT == AMX_S8;
  const AmxResults* results =
      small ? amx_results_of<AmxStore8<true, is_signed>>() : amx_results_of<AmxStore8<false, is_signed>>();
  amx_any_tile<PRODUCT>(tiles, m, tile, {results, c, ldc, columns, 1, &e, nullptr, false});
}
// For sums as they are.
template <AmxProduct PRODUCT>
inline void amx_tile_32(AmxTiles* tiles, const AmxRows& m, const char* tile, void* c, int64_t ldc, int columns) {
  const AmxResults* results = amx_results_of<VnniStore32>();
  amx_any_tile<PRODUCT>(tiles, m, tile, {results, static_cast<char*>(c), ldc, columns, 4, nullptr, nullptr, true});
}

// Copies rows of one run to where no vector crosses a line.
inline AmxRows amx_copy_rows(const AmxRows& m, uint8_t* to) {
  AmxRows copy = m;
  copy.a = to;
  copy.stride = amx_copy_stride(m.steps.bytes);
  const uint8_t* from = m.a;
  for (int64_t r = 0; r < m.rows; r++, from += m.stride, to += copy.stride) {
    int64_t i = 0;
    for (; i + 64 <= m.steps.bytes; i += 64) _mm512_store_si512(to + i, _mm512_loadu_si512(from + i));
    if (i < m.steps.bytes) {
      _mm512_store_si512(to + i, _mm512_maskz_loadu_epi8(~__mmask64{0} >> (64 - (m.steps.bytes - i)), from + i));
    }
  }
  return copy;
}

// Calls f(rows, t) for all rows and packed tiles first .. end - 1, `one_tile` bytes each: of as many tiles as stay in
// L2, strips of rows one after the other. Blocks of 32 rows come before what is left, since the shapes of tiles change
// between the two. `own`: room for a strip's copy, or null; with it twice as many tiles come together, so that strips
// are copied less often.
template <class F>
inline void amx_each_strip(const AmxRows& m, const char* packed, int64_t one_tile, int64_t first, int64_t end,
                           int64_t most, uint8_t* own, const F& f) {
  const int64_t whole = m.rows / 32 * 32, fit_rows = amx_strip_rows(m.runs * m.steps.bytes);
  const int64_t chunk = amx_chunk(end - first, own ? one_tile / 2 : one_tile);
  const bool once = chunk * one_tile > AMX_STRIP_BYTES;
  const int64_t high = once ? 32 : fit_rows < most ? fit_rows : most;
  for (int64_t c = first; c < end; c += chunk) {
    const int64_t c_end = end - c < chunk ? end : c + chunk, tiles = c_end - c;
    const int64_t strip = tiles == 1 && !own ? m.rows : high;
    int64_t rows;
    for (int64_t from = 0; from < m.rows; from += rows) {
      const int64_t left = (from < whole ? whole : m.rows) - from;
      rows = left < strip ? left : strip;
      AmxRows part = amx_rows_from(m, from, rows);
      if (own && from < whole) part = amx_copy_rows(part, own);
      part.once = once;
      for (int64_t t = c; t < c_end; t++) {
        part.next = from == 0 && t + 1 < end ? packed + (t + 1) * one_tile : nullptr;
        part.next_bytes = one_tile;
        const bool last = t + 1 == c_end;
        part.then_rows = last ? rows : 0;
        part.then_columns = 64 * (last ? c - t : 1);
        f(part, t);
      }
    }
  }
}

// vnni_lacking for rows as AMX reads them, to lacking[m.first] and on. Tails have zeros where rows have no value.
inline void amx_lacking(AmxTiles* tiles, AmxRows m, int32_t factor, int32_t* lacking) {
  tiles->finish();  // what waits may read `lacking`
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
  const AmxSink sink = {
      amx_results_of<VnniStoreScaled>(), reinterpret_cast<char*>(lacking), 1, 1, 4, &times, nullptr, false};
  amx_tile<AMX_U8, 1>(tiles, m, ones, sink);
  tiles->finish();
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AMX_H_
