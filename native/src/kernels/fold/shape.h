// The dimensions of a fold, joined, and where results begin. Internal linkage: ISA files include it.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_FOLD_SHAPE_H_
#define SINTER_KERNELS_FOLD_SHAPE_H_

#include <stdint.h>

#include "kernels/fold/op.h"

namespace sinter {
namespace {

// The dimensions without those of size 1, neighbours of one kind joined where they lie side by side.
struct FoldShape {
  int64_t kept[FOLD_RANK], kept_stride[FOLD_RANK], folded[FOLD_RANK], folded_stride[FOLD_RANK];
  int64_t results, values;  // products of kept and of folded

  explicit FoldShape(const FoldParams& p) {
    results = join(&p.kept0, &p.kept_stride0, kept, kept_stride);
    values = join(&p.folded0, &p.folded_stride0, folded, folded_stride);
  }
  static int64_t join(const int32_t* sizes, const int32_t* strides, int64_t* joined, int64_t* joined_strides) {
    int to = FOLD_RANK;
    int64_t product = 1;
    for (int k = FOLD_RANK - 1; k >= 0; k--) {
      product *= sizes[k];
      if (sizes[k] == 1) continue;
      if (to < FOLD_RANK && strides[k] == joined_strides[to] * joined[to]) {
        joined[to] *= sizes[k];
      } else {
        to--;
        joined[to] = sizes[k];
        joined_strides[to] = strides[k];
      }
    }
    while (--to >= 0) joined[to] = 1, joined_strides[to] = 0;
    return product;
  }
  // Where result `i` begins, i counting groups of `group` neighbours of the last dimension.
  int64_t begin(int64_t i, int64_t groups, int64_t group) const {
    int64_t from = i % groups * group * kept_stride[3];
    i /= groups;
    for (int k = FOLD_RANK - 2; k >= 0; k--) {
      from += i % kept[k] * kept_stride[k];
      i /= kept[k];
    }
    return from;
  }
  // The element after that of `from`, in the order of results; `at` are its indices.
  void next(int64_t (&at)[FOLD_RANK], int64_t* from) const {
    for (int k = FOLD_RANK - 1; k >= 0; k--) {
      *from += kept_stride[k];
      if (++at[k] < kept[k]) return;
      at[k] = 0;
      *from -= kept[k] * kept_stride[k];
    }
  }
  // Calls row(offset) for each folded row, whose elements are the last dimension.
  template <class Row>
  void rows(const Row& row) const {
    for (int64_t i = 0; i < folded[0]; i++) {
      for (int64_t j = 0; j < folded[1]; j++) {
        for (int64_t k = 0; k < folded[2]; k++) {
          row(i * folded_stride[0] + j * folded_stride[1] + k * folded_stride[2]);
        }
      }
    }
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_FOLD_SHAPE_H_
