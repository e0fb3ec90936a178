// cumsum: each row of `inner` values is added to the one before, so that the compiler makes vectors of the additions.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves these loops scalar
#endif

#include <stdint.h>

#include "core/workers.h"
#include "kernels/cumsum/op.h"
#include "kernels/simd/lanes.h"

namespace sinter {
namespace {

// `rows` rows side by side in memory, whose sums stay in registers: one sum alone would wait for itself.
template <class T, class Sum, int rows, class A>
void run_rows(const CumsumParams& p, const A* in, A* out) {
  const int64_t depth = p.depth, first = p.reverse ? depth - 1 : 0, step = p.reverse ? -1 : 1;
  Sum sums[rows] = {};
  for (int64_t d = 0, at = first; d < depth; d++, at += step) {
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++) {
      const Sum before = sums[r], own = static_cast<Sum>(in[r * depth + at]);
      sums[r] = d == 0 && !p.exclusive ? own : before + own;  // -0 + 0 would be 0
      out[r * depth + at] = static_cast<T>(p.exclusive ? before : sums[r]);
    }
  }
}

// `vectors` of neighbours of the last dimension, whose sums stay in registers: read back from the output, they would
// wait for the stores.
template <class Sum, int bytes, int vectors>
void run_lanes(const CumsumParams& p, const char* in, char* out) {
  typedef Lanes<Sum, bytes> L;
  const int64_t row = p.inner * static_cast<int64_t>(sizeof(Sum)), step = p.reverse ? -row : row;
  const int64_t depth = p.depth;
  const bool exclusive = p.exclusive != 0;
  int64_t at = p.reverse ? (depth - 1) * row : 0;
  typename L::Vector sums[vectors] = {};
  for (int64_t d = 0; d < depth; d++, at += step) {
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) {
      const typename L::Vector own = L::load(in + at + v * bytes), before = sums[v];
      sums[v] = d == 0 && !exclusive ? own : before + own;  // -0 + 0 would be 0
      L::store(out + at + v * bytes, exclusive ? before : sums[v]);
    }
  }
}

// Sum: T, or an unsigned type of the same width, which wraps around.
template <class T, class Sum>
void run(const Call* call) {
  typedef T A __attribute__((aligned(1), may_alias));
  const CumsumParams& p = *static_cast<const CumsumParams*>(call->params);
  const int64_t inner = p.inner, plane = p.depth * inner;
  if (plane == 0) return;
  if (inner == 1) {
    const int64_t together = 8;
    parallel_for(call->workers, (p.outer + together - 1) / together, [&](int64_t task, int) {
      const A* in = static_cast<const A*>(call->slots[CUMSUM_IN]) + task * together * plane;
      A* out = static_cast<A*>(call->slots[CUMSUM_OUT]) + task * together * plane;
      int64_t left = p.outer - task * together;
      if (left >= together) return run_rows<T, Sum, together>(p, in, out);
      for (; left > 0; left--, in += plane, out += plane) run_rows<T, Sum, 1>(p, in, out);
    });
    return;
  }
  parallel_for(call->workers, p.outer, [&](int64_t outer, int) {
    const A* in = static_cast<const A*>(call->slots[CUMSUM_IN]) + outer * plane;
    A* out = static_cast<A*>(call->slots[CUMSUM_OUT]) + outer * plane;
    constexpr int64_t one = sizeof(Sum);
    const char* from = reinterpret_cast<const char*>(in);
    char* to = reinterpret_cast<char*>(out);
    int64_t i = 0;
    for (; i + 64 <= inner * one; i += 64) run_lanes<Sum, 16, 4>(p, from + i, to + i);
    for (; i + 16 <= inner * one; i += 16) run_lanes<Sum, 16, 1>(p, from + i, to + i);
    for (; i < inner * one; i += one) run_lanes<Sum, one, 1>(p, from + i, to + i);
  });
}

}  // namespace

void cumsum_f32f32_reference(const Call* call) {
  run<float, float>(call);
}
void cumsum_s32s32_reference(const Call* call) {
  run<int32_t, uint32_t>(call);
}
void cumsum_s64s64_reference(const Call* call) {
  run<int64_t, uint64_t>(call);
}

}  // namespace sinter
