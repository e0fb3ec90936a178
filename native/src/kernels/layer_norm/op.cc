// The contract of layer_norm: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/layer_norm/op.h"

#include <math.h>

#include "core/checked.h"
#include "core/status.h"

namespace sinter {
namespace {

typedef LayerNormParams P;
const Field fields[] = {SINTER_LAYER_NORM_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"gamma", SLOT_IN}, {"beta", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const int64_t bytes = checked_product<3>({p.rows, p.depth, 4});
  if (bytes < 0) return fail(SINTER_INVALID_ARGUMENT, "layer_norm: rows and depth must not be negative");
  if (p.form < 0 || p.form >= LAYER_NORM_FORMS) {
    return fail(SINTER_INVALID_ARGUMENT, "layer_norm: there is no form %d", p.form);
  }
  if (!(isfinite(p.epsilon) && p.epsilon >= 0.0f)) {
    return fail(SINTER_INVALID_ARGUMENT, "layer_norm: epsilon must be finite and not negative");
  }
  slot_bytes[LAYER_NORM_IN] = slot_bytes[LAYER_NORM_OUT] = bytes;
  slot_bytes[LAYER_NORM_GAMMA] = int64_t{p.depth} * 4;
  slot_bytes[LAYER_NORM_BETA] = p.form == LAYER_NORM_RMS ? 0 : int64_t{p.depth} * 4;
  return SINTER_OK;
}

}  // namespace

extern const OpDef layer_norm_op;
const OpDef layer_norm_op = {"layer_norm",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                             LAYER_NORM_SLOTS, check};

}  // namespace sinter
