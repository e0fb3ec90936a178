// Results of a block of AMX's tiles, made of its sums piece by piece while products of the next block run. Only for
// files that are built for AMX; internal linkage. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_RESULTS_AMX_H_
#define SINTER_KERNELS_GEMM_RESULTS_AMX_H_

#include "kernels/gemm/tile_vnni.h"
#include "kernels/simd/amx.h"

namespace sinter {
namespace {

// A VnniEpilogue in registers. SIGNED: of signed results. int8's own bounds take nothing.
template <bool SIGNED>
struct AmxEpilogue8 {
  float highest;
  __m512i zero_point, out_min, out_max;
  bool bounded;

  SINTER_VNNI_INLINE explicit AmxEpilogue8(const VnniEpilogue& e)
      : highest(e.highest),
        zero_point(_mm512_set1_epi32(e.zero_point)),
        out_min(_mm512_set1_epi32(e.out_min)),
        out_max(_mm512_set1_epi32(e.out_max)),
        bounded(e.out_min != -0x7f7f7f80 || e.out_max != 0x7f7f7f7f) {}
  SINTER_VNNI_INLINE __m512i zero_points() const {
    return zero_point;
  }
  SINTER_VNNI_INLINE __m512i bounded_below(__m512i bytes) const {
    return bounded ? _mm512_max_epi8(bytes, out_min) : bytes;
  }
  SINTER_VNNI_INLINE __m512i bounded_above(__m512i bytes) const {
    return bounded ? _mm512_min_epi8(bytes, out_max) : bytes;
  }
  SINTER_VNNI_INLINE __m512i flipped(__m512i bytes) const {
    return SIGNED ? bytes : _mm512_xor_si512(bytes, _mm512_set1_epi8(-128));
  }
};

template <bool SMALL, bool SIGNED>
using AmxStore8 = VnniStore8<SMALL, AmxEpilogue8<SIGNED>>;

// A Store (tile_vnni.h) of what waits.
template <class Store>
struct AmxStoreOf;
template <bool SMALL, bool SIGNED>
struct AmxStoreOf<AmxStore8<SMALL, SIGNED>> {
  static SINTER_VNNI_INLINE AmxStore8<SMALL, SIGNED> make(const AmxWaiting& w) {
    const VnniEpilogue& e = *static_cast<const VnniEpilogue*>(w.how);
    return {w.c, w.ldc, static_cast<int>(w.columns), AmxEpilogue8<SIGNED>(e)};
  }
};
template <>
struct AmxStoreOf<VnniStore32> {
  static SINTER_VNNI_INLINE VnniStore32 make(const AmxWaiting& w) {
    return {w.c, w.ldc, static_cast<int>(w.columns)};
  }
};
template <>
struct AmxStoreOf<VnniStoreScaled> {
  static SINTER_VNNI_INLINE VnniStoreScaled make(const AmxWaiting& w) {
    return {reinterpret_cast<int32_t*>(w.c), *static_cast<const uint32_t*>(w.how)};
  }
};

// A piece: rows of 64 sums in all, or one of 48; one where fewer follow each other.
constexpr int AMX_ROWS_TOGETHER[4] = {4, 2, 1, 1};

// How far that is.
struct AmxProgress {
  const int32_t* at;
  const int32_t* lacking;
  int64_t result;
  int rows, run;

  // The rows behind a line.
  template <int V>
  SINTER_VNNI_INLINE void drop(const AmxWaiting& w) {
    at += 16 * V * w.gap;
    if (lacking) lacking += w.gap;
    rows -= w.gap;
    run = w.width < rows ? w.width : rows;
  }
};

// The next ROWS rows, all of which are results.
template <int V, int ROWS, class Store, class Constants>
SINTER_VNNI_INLINE void amx_some_results(AmxProgress* p, const Store& store, const Constants& constants,
                                         const __m512i (&bias)[V]) {
  __m512i s[V * ROWS];
  vnni_repeat<V * ROWS>(
      [&](auto i) SINTER_VNNI_LAMBDA { s[i] = _mm512_add_epi32(bias[i % V], _mm512_load_si512(p->at + 16 * i)); });
  if (p->lacking) {
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const __m512i more = _mm512_set1_epi32(p->lacking[r]);
      vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { s[V * r + v] = _mm512_add_epi32(s[V * r + v], more); });
    });
    p->lacking += ROWS;
  }
  store.template put<V, ROWS>(s, constants, p->result);
  p->at += 16 * V * ROWS;
  p->result += ROWS;
  p->rows -= ROWS;
  p->run -= ROWS;
}

template <int V, class Store>
__attribute__((noinline)) void amx_results(AmxWaiting* w, int pieces) {
  constexpr int together = AMX_ROWS_TOGETHER[V - 1];
  const Store store = AmxStoreOf<Store>::make(*w);
  const auto constants = store.template constants<V>(w->header, w->scales);
  __m512i bias[V];
  vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { bias[v] = _mm512_loadu_si512(w->bias + 64 * v); });
  AmxProgress p = {w->at, w->lacking, w->result, w->rows, w->run};
  for (; pieces > 0 && p.rows > 0; pieces--) {
    if (p.run >= together) {
      amx_some_results<V, together>(&p, store, constants, bias);
    } else {
      amx_some_results<V, 1>(&p, store, constants, bias);
    }
    if (p.run == 0) p.drop<V>(*w);
  }
  w->at = p.at, w->lacking = p.lacking, w->result = p.result, w->rows = p.rows, w->run = p.run;
}

typedef void (*AmxResults)(AmxWaiting* self, int pieces);

template <class Store>
inline const AmxResults* amx_results_of() {
  static constexpr AmxResults by_vectors[4] = {amx_results<1, Store>, amx_results<2, Store>, amx_results<3, Store>,
                                               amx_results<4, Store>};
  return by_vectors;
}

// How many pieces of what waits come after each of `products` products that are to come.
SINTER_VNNI_INLINE int amx_pieces_each(int rows, int together, int64_t products) {
  if (products <= 0 || rows <= 0) return 0;
  const unsigned pieces = static_cast<unsigned>(rows + together - 1) / static_cast<unsigned>(together);
  return static_cast<int>((pieces + static_cast<unsigned>(products) - 1) / static_cast<unsigned>(products));
}

// Results of what waits, whatever it is.
struct AmxBesideAny {
  AmxWaiting* waiting;
  int each = 0;

  SINTER_AMX_INLINE void begin(int64_t products) {
    each = amx_pieces_each(waiting->rows, waiting->together, products);
  }
  template <int>
  SINTER_AMX_INLINE void product() {
    if (each > 0) make(each);
  }
  SINTER_AMX_INLINE void end() {
    make(waiting->rows);
  }

 private:
  SINTER_AMX_INLINE void make(int pieces) {
    if (waiting->rows > 0) waiting->results(waiting, pieces);
  }
};

// The same of 8-bit results of V vectors, without calls: their constants stay in registers.
template <int V, bool SIGNED>
struct AmxBeside8 {
  typedef AmxStore8<true, SIGNED> Store;
  static constexpr int together = AMX_ROWS_TOGETHER[V - 1];
  AmxWaiting* waiting;
  const Store store;
  typename Store::template Constants<V> constants;
  __m512i bias[V];
  AmxProgress p;
  int each = 0;

  SINTER_VNNI_INLINE explicit AmxBeside8(AmxWaiting* w)
      : waiting(w),
        store(AmxStoreOf<Store>::make(*w)),
        constants(store.template constants<V>(w->header, w->scales)),
        p{w->at, w->lacking, w->result, w->rows, w->run} {
    vnni_repeat<V>([&](auto v) SINTER_VNNI_LAMBDA { bias[v] = _mm512_loadu_si512(w->bias + 64 * v); });
  }
  SINTER_AMX_INLINE void begin(int64_t products) {
    each = amx_pieces_each(p.rows, together, products);
  }
  template <int>
  SINTER_AMX_INLINE void product() {
    for (int i = each; i > 0 && p.rows > 0; i--) {
      if (p.run >= together) {
        amx_some_results<V, together>(&p, store, constants, bias);
        if (p.run == 0) p.drop<V>(*waiting);
      } else {
        rest(1);
      }
    }
  }
  SINTER_AMX_INLINE void end() {
    if (p.rows > 0) rest(p.rows);
  }

 private:
  SINTER_AMX_INLINE void rest(int pieces) {
    waiting->at = p.at, waiting->lacking = p.lacking, waiting->result = p.result;
    waiting->rows = p.rows, waiting->run = p.run;
    amx_results<V, Store>(waiting, pieces);
    p = {waiting->at, waiting->lacking, waiting->result, waiting->rows, waiting->run};
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_RESULTS_AMX_H_
