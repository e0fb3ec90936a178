// The dimensions of a reduction with neighbours of the same kind merged, so that kernels see few long runs.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_REDUCE_SHAPE_H_
#define SINTER_KERNELS_REDUCE_SHAPE_H_

#include <stdint.h>

#include "kernels/reduce/op.h"

namespace sinter {

// The input as [k0][r0][k1][r1][k2][r2][k3] with k kept and r reduced; absent ones are 1. Six dimensions fold into
// these seven, because kept and reduced ones alternate after merging.
struct ReduceShape {
  int64_t kept[4], reduced[3];
  int64_t count;           // product of reduced
  int64_t kept_stride[4];  // elements in the input
  int64_t reduced_stride[3];
  int64_t outputs;  // product of kept
};

static inline ReduceShape reduce_shape(const ReduceParams& p) {
  const int64_t d[6] = {p.d0, p.d1, p.d2, p.d3, p.d4, p.d5};
  ReduceShape s = {{1, 1, 1, 1}, {1, 1, 1}, 1, {0, 0, 0, 0}, {0, 0, 0}, 1};
  int place = 6;  // 6: k3, 5: r2, 4: k2, ... 0: k0; even places are kept
  int64_t stride = 1;
  s.kept_stride[3] = 1;
  for (int i = 5; i >= 0; i--) {
    if (d[i] == 1) continue;
    const bool reduce = p.axes >> i & 1;
    if (reduce != (place % 2 == 1)) {
      place--;
      (place % 2 ? s.reduced_stride[place / 2] : s.kept_stride[place / 2]) = stride;
    }
    (reduce ? s.reduced[place / 2] : s.kept[place / 2]) *= d[i];
    stride *= d[i];
  }
  for (int i = 0; i < 3; i++) s.count *= s.reduced[i];
  for (int i = 0; i < 4; i++) s.outputs *= s.kept[i];
  return s;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_REDUCE_SHAPE_H_
