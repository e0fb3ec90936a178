// top_k: each value is put where it belongs among the best so far.
// SPDX-License-Identifier: Apache-2.0
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
    for (int32_t i = 0; i < p.count; i++) {
      const Aligned value = in[i];
      if (held == p.k && !beats<Aligned>(value, values[held - 1])) continue;
      int32_t low = 0, high = held;  // the first one that it beats
      while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (beats<Aligned>(value, values[middle])) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      if (held < p.k) held++;
      const size_t behind = static_cast<size_t>(held - 1 - low);
      memmove(values + low + 1, values + low, behind * sizeof(T));
      memmove(places + low + 1, places + low, behind * sizeof(Place));
      values[low] = value;
      places[low] = i;
    }
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
