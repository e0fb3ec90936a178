// The contract of svdf: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/svdf/op.h"

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef SvdfParams P;
const Field fields[] = {SINTER_SVDF_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"x", SLOT_IN},    {"state_in", SLOT_IN},   {"time", SLOT_IN},
                         {"bias", SLOT_IN}, {"state_out", SLOT_OUT}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.batch < 0 || p.units < 1 || p.rank < 1 || p.memory < 1 || p.has_bias < 0 || p.has_bias > 1 ||
      p.activation < 0 || p.activation > 4) {
    return fail(SINTER_INVALID_ARGUMENT, "svdf: batch %d, units %d, rank %d, memory %d, has_bias %d, activation %d",
                p.batch, p.units, p.rank, p.memory, p.has_bias, p.activation);
  }
  const bool s8 = row->types[SVDF_OUT] == S8, bytes = row->types[SVDF_STATE_IN] == S8;
  if (bytes ? p.state_zero_point < -128 || p.state_zero_point > 127 : p.state_zero_point != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "svdf: state_zero_point %d", p.state_zero_point);
  }
  if (s8 && (p.feature_mantissa < 0 || p.feature_shift < -31 || p.feature_shift > 30 || p.time_mantissa < 0 ||
             p.time_shift < -31 || p.time_shift > 30 || p.out_zero_point < -128 || p.out_zero_point > 127)) {
    return fail(SINTER_INVALID_ARGUMENT, "svdf: factors %d x 2^%d, %d x 2^%d, out_zero_point %d", p.feature_mantissa,
                p.feature_shift, p.time_mantissa, p.time_shift, p.out_zero_point);
  }
  const int64_t element = !s8 ? 4 : bytes ? 1 : 2;
  slot_bytes[SVDF_X] = checked_product<4>({p.batch, p.units, p.rank, 4});
  slot_bytes[SVDF_STATE_IN] = slot_bytes[SVDF_STATE_OUT] =
      checked_product<5>({p.batch, p.units, p.rank, p.memory, element});
  slot_bytes[SVDF_TIME] = checked_product<4>({p.units, p.rank, p.memory, element});
  slot_bytes[SVDF_BIAS] = p.has_bias ? int64_t{4} * p.units : 0;
  slot_bytes[SVDF_OUT] = checked_product<3>({p.batch, p.units, s8 ? 1 : 4});
  for (int i = 0; i < SVDF_SLOTS; i++) {
    if (slot_bytes[i] < 0) return fail(SINTER_INVALID_ARGUMENT, "svdf: sizes overflow");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef svdf_op;
const OpDef svdf_op = {"svdf", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, SVDF_SLOTS, check};

}  // namespace sinter
