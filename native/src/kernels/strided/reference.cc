// strided: the plain row, one element after the other.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "kernels/strided/op.h"

namespace sinter {

void strided_u8_reference(const Call* call) {
  const StridedParams& p = *static_cast<const StridedParams*>(call->params);
  const char* in = static_cast<const char*>(call->slots[STRIDED_IN]);
  char* out = static_cast<char*>(call->slots[STRIDED_OUT]);
  const int32_t* d = &p.d0;
  int32_t i[STRIDED_RANK] = {};
  for (int k = 0; k < STRIDED_RANK; k++) {
    if (d[k] == 0) return;
  }
  for (;;) {
    int64_t from = p.in_offset, to = p.out_offset;
    for (int k = 0; k < STRIDED_RANK; k++) {
      from += int64_t{i[k]} * (&p.in_stride0)[k];
      to += int64_t{i[k]} * (&p.out_stride0)[k];
    }
    memcpy(out + to * p.element_bytes, in + from * p.element_bytes, static_cast<size_t>(p.element_bytes));
    int k = STRIDED_RANK - 1;
    while (k >= 0 && ++i[k] == d[k]) i[k--] = 0;
    if (k < 0) return;
  }
}

}  // namespace sinter
