// pad: the one row; borders by fill, the inside by memcpy, in the longest runs there are.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/pad/op.h"
#include "kernels/pad/shape.h"

namespace sinter {
namespace {

void fill(char* out, int64_t bytes, const char* element, int32_t element_bytes) {
  if (bytes <= 0) return;
  bool uniform = true;
  for (int32_t i = 1; i < element_bytes; i++) uniform = uniform && element[i] == element[0];
  if (uniform) {
    memset(out, element[0], static_cast<size_t>(bytes));
    return;
  }
  int64_t done = element_bytes;
  memcpy(out, element, static_cast<size_t>(element_bytes));
  while (done < bytes) {  // doubling
    const int64_t step = done < bytes - done ? done : bytes - done;
    memcpy(out + done, out, static_cast<size_t>(step));
    done += step;
  }
}

void pad_from(const PadShape& s, int dimension, const char* in, char* out, const char* element, int32_t element_bytes) {
  const int64_t step = s.out_bytes[dimension + 1];
  const int64_t before = s.before[dimension] * step, inside = s.d[dimension];
  fill(out, before, element, element_bytes);
  out += before;
  if (dimension == s.dimensions - 1) {
    if (inside > 0) memcpy(out, in, static_cast<size_t>(inside));
  } else {
    for (int64_t i = 0; i < inside; i++) {
      pad_from(s, dimension + 1, in + i * s.in_bytes[dimension + 1], out + i * step, element, element_bytes);
    }
  }
  fill(out + inside * step, s.after[dimension] * step, element, element_bytes);
}

}  // namespace

void pad_u8u8_reference(const Call* call) {
  const PadParams& p = *static_cast<const PadParams*>(call->params);
  const int64_t value = p.value;  // sign extension for 8-byte elements; the low bytes come first
  char element[8];
  memcpy(element, &value, 8);
  const PadShape s = pad_shape(p);
  pad_from(s, 0, static_cast<const char*>(call->slots[PAD_IN]), static_cast<char*>(call->slots[PAD_OUT]), element,
           p.element_bytes);
}

}  // namespace sinter
