// The contract of l2_pool: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/l2_pool/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef L2PoolParams P;
const Field fields[] = {SINTER_L2_POOL_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

// Every window must have a tap inside.
bool windows_fit(int32_t in, int32_t out, int32_t kernel, int32_t stride, int32_t pad) {
  if (kernel < 1 || stride < 1 || pad < 0 || pad >= kernel) return false;
  return out == 0 || (in > 0 && int64_t{out - 1} * stride - pad < in);
}

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  slot_bytes[L2_POOL_IN] = checked_product<5>({p.batch, p.in_h, p.in_w, p.channels, 4});
  slot_bytes[L2_POOL_OUT] = checked_product<5>({p.batch, p.out_h, p.out_w, p.channels, 4});
  if (slot_bytes[L2_POOL_IN] < 0 || slot_bytes[L2_POOL_OUT] < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "l2_pool: the dimensions are negative or too large");
  }
  if (!windows_fit(p.in_h, p.out_h, p.kernel_h, p.stride_h, p.pad_top) ||
      !windows_fit(p.in_w, p.out_w, p.kernel_w, p.stride_w, p.pad_left) || !(p.act_min <= p.act_max)) {
    return fail(SINTER_INVALID_ARGUMENT, "l2_pool: windows %d x %d by %d x %d, padding %d, %d do not fit", p.kernel_h,
                p.kernel_w, p.stride_h, p.stride_w, p.pad_top, p.pad_left);
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef l2_pool_op;
const OpDef l2_pool_op = {"l2_pool", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, L2_POOL_SLOTS, check};

}  // namespace sinter
