// The contract of argmax_pool: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/argmax_pool/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef ArgmaxPoolParams P;
const Field fields[] = {SINTER_ARGMAX_POOL_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"values", SLOT_OUT}, {"places", SLOT_OUT}};

// The last window begins within 31 bits.
bool fits(int32_t out, int32_t kernel) {
  return kernel >= 1 && checked_product<2>({out, kernel}) >= 0 && checked_product<2>({out, kernel}) <= INT32_MAX / 2;
}

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.batch < 0 || p.channels < 0 || p.in_h < 1 || p.in_w < 1) {
    return fail(SINTER_INVALID_ARGUMENT, "argmax_pool: input %d x %d x %d x %d", p.batch, p.in_h, p.in_w, p.channels);
  }
  if (!fits(p.out_h, p.kernel_h) || !fits(p.out_w, p.kernel_w) || p.pad_top < 0 || p.pad_top >= p.kernel_h ||
      p.pad_left < 0 || p.pad_left >= p.kernel_w || checked_product<2>({p.kernel_h, p.kernel_w}) > INT32_MAX) {
    return fail(SINTER_INVALID_ARGUMENT, "argmax_pool: %d x %d windows of %d x %d, padding %d, %d", p.out_h, p.out_w,
                p.kernel_h, p.kernel_w, p.pad_top, p.pad_left);
  }
  slot_bytes[ARGMAX_POOL_IN] = checked_product<5>({p.batch, p.in_h, p.in_w, p.channels, 4});
  slot_bytes[ARGMAX_POOL_VALUES] = checked_product<5>({p.batch, p.out_h, p.out_w, p.channels, 4});
  slot_bytes[ARGMAX_POOL_PLACES] = slot_bytes[ARGMAX_POOL_VALUES];
  return slot_bytes[ARGMAX_POOL_IN] < 0 || slot_bytes[ARGMAX_POOL_VALUES] < 0
             ? fail(SINTER_INVALID_ARGUMENT, "argmax_pool: sizes overflow")
             : SINTER_OK;
}

}  // namespace

extern const OpDef argmax_pool_op;
const OpDef argmax_pool_op = {"argmax_pool",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                              ARGMAX_POOL_SLOTS, check};

}  // namespace sinter
