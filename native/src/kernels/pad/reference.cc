// pad: the one row; borders by fill, the inside by memcpy, in the longest runs there are.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/pad/op.h"

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

// Dimensions in bytes: the unpadded inner ones are merged into one run.
struct Shape {
  int dimensions;
  int64_t d[6], before[6], after[6];  // outermost first; the last counts bytes
  int64_t in_bytes[7], out_bytes[7];  // bytes of one index of dimension i - 1; [0]: the whole tensor
};

Shape shape_of(const PadParams& p) {
  const int64_t d[6] = {p.d0, p.d1, p.d2, p.d3, p.d4, p.d5};
  const int64_t before[6] = {p.before0, p.before1, p.before2, p.before3, p.before4, p.before5};
  const int64_t after[6] = {p.after0, p.after1, p.after2, p.after3, p.after4, p.after5};
  // From the inside out; dimension `last` takes in all that is unpadded below it.
  int64_t inner = p.element_bytes;
  int i = 5;
  while (i > 0 && before[i] == 0 && after[i] == 0) inner *= d[i--];
  Shape s = {};
  s.dimensions = i + 1;
  for (int k = 0; k <= i; k++) {
    s.d[k] = d[k];
    s.before[k] = before[k];
    s.after[k] = after[k];
  }
  s.d[i] *= inner;
  s.before[i] *= inner;
  s.after[i] *= inner;
  s.in_bytes[i + 1] = s.out_bytes[i + 1] = 1;
  for (int k = i; k >= 0; k--) {
    s.in_bytes[k] = s.in_bytes[k + 1] * s.d[k];
    s.out_bytes[k] = s.out_bytes[k + 1] * (s.before[k] + s.d[k] + s.after[k]);
  }
  return s;
}

void pad_from(const Shape& s, int dimension, const char* in, char* out, const char* element, int32_t element_bytes) {
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
  const Shape s = shape_of(p);
  pad_from(s, 0, static_cast<const char*>(call->slots[PAD_IN]), static_cast<char*>(call->slots[PAD_OUT]), element,
           p.element_bytes);
}

}  // namespace sinter
