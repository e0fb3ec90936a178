// The contract of softmax16: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/softmax16/op.h"

#include <math.h>

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef Softmax16Params P;
const Field fields[] = {SINTER_SOFTMAX16_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"table", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const int64_t bytes = checked_product<3>({p.rows, p.depth, 2});
  if (bytes < 0) return fail(SINTER_INVALID_ARGUMENT, "softmax16: rows and depth must not be negative");
  if (p.depth > 65535) return fail(SINTER_INVALID_ARGUMENT, "softmax16: sums of %d exponentials pass 31 bits", p.depth);
  const float factor = p.in_scale * p.beta;
  if (!isnormal(p.in_scale) || p.in_scale < 0.0f || !isnormal(factor) || factor < 0.0f || !(factor < 65536.0f)) {
    return fail(SINTER_INVALID_ARGUMENT, "softmax16: scale %g times beta %g is out of range",
                static_cast<double>(p.in_scale), static_cast<double>(p.beta));
  }
  slot_bytes[SOFTMAX16_IN] = slot_bytes[SOFTMAX16_OUT] = bytes;
  slot_bytes[SOFTMAX16_TABLE] = int64_t{2} * SOFTMAX16_ENTRIES * 4;
  return SINTER_OK;
}

}  // namespace

extern const OpDef softmax16_op;
const OpDef softmax16_op = {"softmax16",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                            SOFTMAX16_SLOTS, check};

}  // namespace sinter
