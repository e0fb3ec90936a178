// relu of bytes by a table of all 256 results, which the row itself makes: where a look-up is faster than its
// arithmetic. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_RELU_BY_TABLE_H_
#define SINTER_KERNELS_RELU_BY_TABLE_H_

#include <stdint.h>

#include "core/workers.h"
#include "kernels/lookup/op.h"
#include "kernels/relu/op.h"
#include "kernels/relu/scaling.h"

namespace sinter {

// Whether more than bytes must be compared, of so many that a table pays.
static inline bool relu_gains_by_table(const ReluParams& p) {
  const bool unchanged = p.kind == RELU_CLAMP && p.in_scale == p.out_scale && p.in_zero_point == p.out_zero_point;
  return p.count >= 2048 && !unchanged;
}

static inline void relu_by_table(const Call* call, KernelFn row, KernelFn look_up) {
  uint8_t all[256], table[256];
  for (int i = 0; i < 256; i++) all[i] = static_cast<uint8_t>(i);
  ReluParams p = *static_cast<const ReluParams*>(call->params);
  const LookupParams q = {p.count, 256};
  p.count = 256;
  Workers alone = {1, nullptr};
  void* table_slots[] = {all, table};
  const Call make = {&p, table_slots, nullptr, &alone};
  row(&make);
  void* slots[] = {call->slots[RELU_IN], table, call->slots[RELU_OUT]};
  const Call find = {&q, slots, nullptr, call->workers};
  look_up(&find);
}

}  // namespace sinter

#endif  // SINTER_KERNELS_RELU_BY_TABLE_H_
