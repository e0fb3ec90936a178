// Where the largest or smallest of neighbouring bytes is, in vectors: each value with its place behind it is a 16-bit
// key, and the least key is the answer. An instruction finds the least of eight keys. Written once, built per ISA.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_FOLD_POSITIONS_H_
#define SINTER_KERNELS_FOLD_POSITIONS_H_

#ifndef SINTER_EMULATED
#include <immintrin.h>
#endif
#include <stdint.h>
#include <string.h>

#include "core/workers.h"
#include "kernels/fold/op.h"

namespace sinter {
namespace {

// A has LANES keys at a time: keys(bytes, count, place of the first), all ones behind `count`; least(a, b) lane by
// lane; lowest(a) of all lanes.
template <class A, class T>
inline __attribute__((always_inline)) int32_t position(const A& k, const uint8_t* in, int64_t n) {
  int32_t best = 256, place = 0;
  for (int64_t from = 0; from < n; from += 256) {  // places of 8 bits
    const int64_t count = n - from < 256 ? n - from : 256;
    typename A::Keys least = k.keys(in + from, count, 0);
    for (int64_t i = A::LANES; i < count; i += A::LANES) least = A::least(least, k.keys(in + from + i, count - i, i));
    const int32_t key = A::lowest(least);
    if (key >> 8 < best) {
      best = key >> 8;
      place = static_cast<int32_t>(from) + (key & 255);
    }
  }
  return place;
}

template <class A, class T>
void positions(const Call* call) {
  const FoldParams& p = *static_cast<const FoldParams*>(call->params);
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[FOLD_IN]);
  char* out = static_cast<char*>(call->slots[FOLD_OUT]);
  const int64_t count = int64_t{p.kept0} * p.kept1 * p.kept2 * p.kept3, n = p.folded3;
  const int64_t group = 16384 / (n + 1) + 1;
  // The least key wins: the largest byte's bits are all turned; signed bytes are counted from the smallest on.
  const A keys(static_cast<uint8_t>((p.function == FOLD_ARG_MAX ? 0xff : 0) ^ (static_cast<T>(-1) < 0 ? 0x80 : 0)));
  parallel_for(call->workers, (count + group - 1) / group, [&](int64_t task, int) {
    const int64_t last = (task + 1) * group < count ? (task + 1) * group : count;
    int64_t at[FOLD_RANK], from = 0, rest = task * group;
    for (int k = FOLD_RANK - 1; k >= 0; k--) {
      at[k] = rest % (&p.kept0)[k];
      from += at[k] * (&p.kept_stride0)[k];
      rest /= (&p.kept0)[k];
    }
    for (int64_t i = task * group; i < last; i++) {
      const int32_t place = position<A, T>(keys, in + from, n);
      memcpy(out + 4 * i, &place, 4);
      for (int k = FOLD_RANK - 1; k >= 0; k--) {
        from += (&p.kept_stride0)[k];
        if (++at[k] < (&p.kept0)[k]) break;
        at[k] = 0;
        from -= int64_t{(&p.kept0)[k]} * (&p.kept_stride0)[k];
      }
    }
  });
}

inline int32_t least_of_8(__m128i keys) {
  return _mm_cvtsi128_si32(_mm_minpos_epu16(keys)) & 0xffff;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_FOLD_POSITIONS_H_
