// fold's products of floats: kept in doubles and multiplied in the defined order, which decides what overflows on the
// way, so several results stand side by side instead of parts of one. FOLD_BYTES: as in vector.h.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_FOLD_PRODUCTS_H_
#define SINTER_KERNELS_FOLD_PRODUCTS_H_

#include "core/workers.h"
#include "kernels/fold/shape.h"
#include "kernels/simd/lanes.h"

namespace sinter {
namespace {

// Results of `vectors` neighbouring vectors. Long rows at a time: they are read from memory in order.
template <int vectors>
void product_block(const FoldShape& s, const float* in, float* out) {
  typedef Lanes<double, FOLD_BYTES> L;
  typedef Lanes<float, FOLD_BYTES / 2> Half;
  typename L::Vector kept[vectors];
#pragma GCC unroll 8
  for (auto& each : kept) each = L::all(1);
  s.rows([&](int64_t offset) {
    const float* row = in + offset;
    for (int64_t l = 0; l < s.folded[3]; l++, row += s.folded_stride[3]) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; v++) {
        kept[v] *= __builtin_convertvector(Half::load(row + v * L::count), typename L::Vector);
      }
    }
  });
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) {
    Half::store(out + v * L::count, __builtin_convertvector(kept[v], typename Half::Vector));
  }
}

// `results` results that begin at from[0], from[1], ...: one multiplication alone would wait for the one before.
template <int results>
void products_apart(const FoldShape& s, const float* in, const int64_t* from, float* out) {
  double kept[results];
  for (auto& each : kept) each = 1;
  s.rows([&](int64_t offset) {
    const float* row = in + offset;
    for (int64_t l = 0; l < s.folded[3]; l++, row += s.folded_stride[3]) {
#pragma GCC unroll 8
      for (int i = 0; i < results; i++) kept[i] *= static_cast<double>(row[from[i]]);
    }
  });
  for (int i = 0; i < results; i++) out[i] = static_cast<float>(kept[i]);
}

inline void product_columns(const Call* call, const FoldShape& s) {
  const float* in = static_cast<const float*>(call->slots[FOLD_IN]);
  float* out = static_cast<float*>(call->slots[FOLD_OUT]);
  constexpr int64_t count = Lanes<double, FOLD_BYTES>::count, wide = 8 * count;
  const int64_t last = s.kept[3], chunks = (last + wide - 1) / wide, blocks = s.results / last * chunks;
  const int64_t group =
      fair_rows(blocks, 16384 / (s.values * (last < wide ? last : wide) + 1) + 1, 1, call->workers->threads);
  parallel_for(call->workers, (blocks + group - 1) / group, [&](int64_t task, int) {
    for (int64_t i = task * group; i < (task + 1) * group && i < blocks; i++) {
      int64_t c = i % chunks * wide, from = s.begin(i, chunks, wide);
      const int64_t end = last - c < wide ? last : c + wide;
      float* to = out + i / chunks * last;
      if (end - c == wide) {
        product_block<8>(s, in + from, to + c);
        continue;
      }
      for (; c + count <= end; c += count, from += count) product_block<1>(s, in + from, to + c);
      for (; c < end; c++, from++) products_apart<1>(s, in, &from, to + c);
    }
  });
}

inline void product_f32(const Call* call, const FoldShape& s) {
  if (s.results == 0) return;
  if (s.kept_stride[3] == 1) return product_columns(call, s);
  const float* in = static_cast<const float*>(call->slots[FOLD_IN]);
  float* out = static_cast<float*>(call->slots[FOLD_OUT]);
  const int64_t blocks = (s.results + 7) / 8;
  const int64_t group = fair_rows(blocks, 2048 / (s.values + 1) + 1, 1, call->workers->threads);
  parallel_for(call->workers, (blocks + group - 1) / group, [&](int64_t task, int) {
    const int64_t end = (task + 1) * group * 8 < s.results ? (task + 1) * group * 8 : s.results;
    int64_t at[FOLD_RANK], from[8], rest = task * group * 8, next = s.begin(rest, s.kept[3], 1);
    for (int k = FOLD_RANK - 1; k >= 0; k--) {
      at[k] = rest % s.kept[k];
      rest /= s.kept[k];
    }
    for (int64_t i = task * group * 8; i < end; i += 8) {
      const int64_t some = end - i < 8 ? end - i : 8;
      for (int64_t k = 0; k < some; k++, s.next(at, &next)) from[k] = next;
      if (some == 8) {
        products_apart<8>(s, in, from, out + i);
      } else {
        for (int64_t k = 0; k < some; k++) products_apart<1>(s, in, from + k, out + i + k);
      }
    }
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_FOLD_PRODUCTS_H_
