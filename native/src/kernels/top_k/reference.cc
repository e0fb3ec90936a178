// top_k: each value is put where it belongs among the best so far.
// SPDX-License-Identifier: Apache-2.0
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O3")  // -O2 leaves the comparisons scalar
#endif

#include <string.h>

#include "core/workers.h"
#include "kernels/top_k/op.h"

namespace sinter {
namespace {

// Whether a stands before b although it came later.
template <class T>
bool beats(T a, T b) {
  return a > b || (b != b && a == a);
}

enum { BLOCK = 16, FEW = 32 };

// Whether a block may hold a value that stands before `least`; compared in vectors.
template <class T, class A>
bool may_beat(const A* block, T least) {
  if (least != least) return true;
  T above = 0;
  for (int i = 0; i < BLOCK; i++) above = block[i] > least ? T{1} : above;
  return above != 0;
}

template <class Aligned>
void run(const Call* call) {
  typedef Aligned T __attribute__((aligned(1), may_alias));  // tensors of the caller stand where they like
  typedef int32_t Place __attribute__((aligned(1), may_alias));
  const TopKParams& p = *static_cast<const TopKParams*>(call->params);
  if (p.k == 0) return;
  parallel_for(call->workers, p.rows, [&](int64_t row, int) {
    const T* in = static_cast<const T*>(call->slots[TOP_K_IN]) + row * p.count;
    T* values = static_cast<T*>(call->slots[TOP_K_VALUES]) + row * p.k;
    Place* places = static_cast<Place*>(call->slots[TOP_K_PLACES]) + row * p.k;
    int32_t held = 0;
    const auto take = [&](int32_t i) {
      const Aligned value = in[i];
      if (held == p.k && !beats<Aligned>(value, values[held - 1])) return;
      if (held < p.k) held++;
      // Those of few that it beats move on one by one: calls and jumps that nobody foresees would take longer.
      int32_t low = held - 1;
      if (held <= FEW) {
        for (; low > 0 && beats<Aligned>(value, values[low - 1]); low--) {
          values[low] = values[low - 1];
          places[low] = places[low - 1];
        }
      } else {
        int32_t high = low;  // the first one that it beats
        for (low = 0; low < high;) {
          const int32_t middle = low + (high - low) / 2;
          if (beats<Aligned>(value, values[middle])) {
            high = middle;
          } else {
            low = middle + 1;
          }
        }
        const size_t behind = static_cast<size_t>(held - 1 - low);
        memmove(values + low + 1, values + low, behind * sizeof(T));
        memmove(places + low + 1, places + low, behind * sizeof(Place));
      }
      values[low] = value;
      places[low] = i;
    };
    int32_t i = 0;
    for (; i < p.count && held < p.k; i++) take(i);
    for (; p.count - i >= BLOCK; i += BLOCK) {
      if (!may_beat<Aligned>(in + i, values[p.k - 1])) continue;
      for (int32_t j = i; j < i + BLOCK; j++) take(j);
    }
    for (; i < p.count; i++) take(i);
  });
}

}  // namespace

void top_k_f32_reference(const Call* call) {
  run<float>(call);
}

void top_k_s8_reference(const Call* call) {
  run<int8_t>(call);
}

void top_k_u8_reference(const Call* call) {
  run<uint8_t>(call);
}

void top_k_s16_reference(const Call* call) {
  run<int16_t>(call);
}

void top_k_s32_reference(const Call* call) {
  run<int32_t>(call);
}

void top_k_s64_reference(const Call* call) {
  run<int64_t>(call);
}

}  // namespace sinter
