// The contract of copy: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/copy/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef CopyParams P;
const Field fields[] = {SINTER_COPY_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.rows < 0 || p.row_bytes < 0 || p.in_offset < 0 || p.in_stride < 0 || p.out_offset < 0 || p.out_stride < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "copy: rows, row_bytes, offsets and strides must not be negative");
  }
  if (p.rows > 1 && p.out_stride < p.row_bytes) {
    return fail(SINTER_INVALID_ARGUMENT, "copy: out_stride %d is less than row_bytes %d: rows would overlap",
                p.out_stride, p.row_bytes);
  }
  if (p.rows == 0 || p.row_bytes == 0) {
    slot_bytes[COPY_IN] = slot_bytes[COPY_OUT] = 0;
    return SINTER_OK;
  }
  const int64_t last = p.rows - 1;  // 31-bit factors: the products cannot overflow 64 bits
  slot_bytes[COPY_IN] = p.in_offset + last * p.in_stride + p.row_bytes;
  slot_bytes[COPY_OUT] = p.out_offset + last * p.out_stride + p.row_bytes;
  return SINTER_OK;
}

}  // namespace

extern const OpDef copy_op;
const OpDef copy_op = {"copy", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, COPY_SLOTS, check};

}  // namespace sinter
