// update_slice: rows of the box, one after the other.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "kernels/update_slice/op.h"

namespace sinter {
namespace {

template <class T>
void run(const Call* call) {
  const UpdateSliceParams& p = *static_cast<const UpdateSliceParams*>(call->params);
  const char* from = static_cast<const char*>(call->slots[UPDATE_IN]);
  const char* start = static_cast<const char*>(call->slots[UPDATE_START]);
  const int32_t *d = &p.d0, *u = &p.u0;
  int64_t stride[UPDATE_RANK], offset = 0, step = p.element_bytes, rows = 1;
  for (int k = UPDATE_RANK - 1; k >= 0; k--) {
    if (u[k] == 0) return;
    if (k < UPDATE_RANK - 1) rows *= u[k];
    stride[k] = step;
    step *= d[k];
    const int axis = k - (UPDATE_RANK - p.rank);
    if (axis < 0) continue;
    T at;
    memcpy(&at, start + axis * static_cast<int64_t>(sizeof at), sizeof at);
    const T last = static_cast<T>(d[k] - u[k]);
    offset += stride[k] * (at < 0 ? 0 : at > last ? last : at);
  }
  char* out = static_cast<char*>(call->slots[UPDATE_OUT]) + offset;
  const int64_t row_bytes = u[UPDATE_RANK - 1] * int64_t{p.element_bytes};
  for (int64_t row = 0; row < rows; row++, from += row_bytes) {
    int64_t rest = row, to = 0;
    for (int k = UPDATE_RANK - 2; k >= 0; k--) {
      to += rest % u[k] * stride[k];
      rest /= u[k];
    }
    memcpy(out + to, from, static_cast<size_t>(row_bytes));
  }
}

}  // namespace

void update_slice_u8s32_reference(const Call* call) {
  run<int32_t>(call);
}

void update_slice_u8s64_reference(const Call* call) {
  run<int64_t>(call);
}

}  // namespace sinter
