// Layout conversions, plainly.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/layout/walk.h"

namespace sinter {

void layout_s8_to_quads_reference(const Call* call) {
  const LayoutParams& p = *static_cast<const LayoutParams*>(call->params);
  const int8_t* in = static_cast<const int8_t*>(call->slots[LAYOUT_IN]);
  int8_t* out = static_cast<int8_t*>(call->slots[LAYOUT_OUT]);
  const int64_t quads = (int64_t{p.channels} + 3) / 4;
  if (p.pitch == 0) return;
  parallel_for(call->workers, p.height, [&](int64_t y, int) {
    int8_t* row = out + y * quads * p.pitch * 4;
    layout_part_to_quads(p, in + y * p.width * p.channels, row, {0, p.width, 0, quads});
    layout_fill_gap(p, row);
  });
}

void layout_s8_from_quads_reference(const Call* call) {
  const LayoutParams& p = *static_cast<const LayoutParams*>(call->params);
  const int8_t* in = static_cast<const int8_t*>(call->slots[LAYOUT_IN]);
  int8_t* out = static_cast<int8_t*>(call->slots[LAYOUT_OUT]);
  const int64_t quads = (int64_t{p.channels} + 3) / 4;
  if (p.width == 0) return;
  parallel_for(call->workers, p.height, [&](int64_t y, int) {
    layout_part_from_quads(p, in + y * quads * p.pitch * 4, out + y * p.width * p.channels, {0, p.width, 0, quads});
  });
}

}  // namespace sinter
