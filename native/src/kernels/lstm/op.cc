// The contract of lstm: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/lstm/op.h"

#include "core/checked.h"
#include "core/status.h"
#include "kernels/gemm/dynamic.h"

namespace sinter {
namespace {

typedef LstmParams P;
const Field fields[] = {SINTER_LSTM_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {
    {"x", SLOT_IN},          {"state_in", SLOT_IN},  {"cell_in", SLOT_IN}, {"weights", SLOT_WEIGHTS},
    {"state_out", SLOT_OUT}, {"cell_out", SLOT_OUT}, {"out", SLOT_OUT}};

bool is_flag(int32_t x) {
  return x == 0 || x == 1;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  const int32_t most = 1 << 20;
  if (p.steps < 0 || p.batch < 0 || p.cell < 1 || p.cell > most || p.output < 1 || p.output > most) {
    return fail(SINTER_INVALID_ARGUMENT, "lstm: steps %d, batch %d, cell %d, output %d", p.steps, p.batch, p.cell,
                p.output);
  }
  if (!is_flag(p.time_major) || !is_flag(p.backward) || !is_flag(p.cifg) || !is_flag(p.peephole) ||
      !is_flag(p.layer_norm) || !is_flag(p.projection)) {
    return fail(SINTER_INVALID_ARGUMENT,
                "lstm: time_major %d, backward %d, cifg %d, peephole %d, layer_norm %d, projection %d", p.time_major,
                p.backward, p.cifg, p.peephole, p.layer_norm, p.projection);
  }
  if (!p.projection && p.output != p.cell) {
    return fail(SINTER_INVALID_ARGUMENT, "lstm: %d outputs of %d cells without a projection", p.output, p.cell);
  }
  if (p.activation < LSTM_NONE || p.activation > LSTM_TANH || !(p.cell_clip >= 0) || !(p.projection_clip >= 0)) {
    return fail(SINTER_INVALID_ARGUMENT, "lstm: activation %d, cell_clip %g, projection_clip %g", p.activation,
                p.cell_clip, p.projection_clip);
  }
  const bool s8 = row->types[LSTM_STATE_IN] == S8, hybrid = !s8 && row->types[LSTM_WEIGHTS] == S8;
  if (hybrid ? p.dynamic < DYNAMIC_SYMMETRIC_FOLDED || p.dynamic > DYNAMIC_ASYMMETRIC_FOLDED : p.dynamic != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "lstm: dynamic %d", p.dynamic);
  }
  if (hybrid && (p.output > 65536 || p.cell > 65536)) {
    return fail(SINTER_INVALID_ARGUMENT, "lstm: %d outputs, %d cells: int32 sums might overflow", p.output, p.cell);
  }
  if (s8) {
    if (p.output > 65536 || p.cell > 65536) {
      return fail(SINTER_INVALID_ARGUMENT, "lstm: %d outputs, %d cells: int32 sums might overflow", p.output, p.cell);
    }
    if (p.cell_shift < -15 || p.cell_shift > -9 || p.activation != LSTM_TANH || p.cell_clip > 32767 ||
        p.projection_clip > 127) {
      return fail(SINTER_INVALID_ARGUMENT, "lstm: cell_shift %d, activation %d, cell_clip %g, projection_clip %g",
                  p.cell_shift, p.activation, p.cell_clip, p.projection_clip);
    }
    if (p.state_zero_point < -128 || p.state_zero_point > 127 || p.hidden_zero_point < -128 ||
        p.hidden_zero_point > 127) {
      return fail(SINTER_INVALID_ARGUMENT, "lstm: state_zero_point %d, hidden_zero_point %d", p.state_zero_point,
                  p.hidden_zero_point);
    }
    // TFLite's kernel walks these by `output` instead of by `cell`.
    if (p.peephole && (p.output > p.cell || (p.output < p.cell && p.time_major && p.batch > 1))) {
      return fail(SINTER_INVALID_ARGUMENT, "lstm: peephole weights with %d outputs of %d cells", p.output, p.cell);
    }
  }
  const int64_t gates = 4 - p.cifg;
  const int64_t state = checked_product<3>({p.batch, p.output, s8 ? 1 : 4});
  const int64_t cell = checked_product<3>({p.batch, p.cell, s8 ? 2 : 4});
  slot_bytes[LSTM_X] = checked_product<5>({p.steps, p.batch, gates, p.cell, 4});
  slot_bytes[LSTM_STATE_IN] = slot_bytes[LSTM_STATE_OUT] = state;
  slot_bytes[LSTM_CELL_IN] = slot_bytes[LSTM_CELL_OUT] = cell;
  slot_bytes[LSTM_WEIGHTS] = 0;
  slot_bytes[LSTM_OUT] = checked_product<4>({p.steps, p.batch, p.output, s8 ? 1 : 4});
  // The scratch holds some of these once more.
  const int64_t work = checked_product<4>({p.batch, int64_t{8} + 4, p.cell, 4});
  for (int i = 0; i < LSTM_SLOTS; i++) {
    if (slot_bytes[i] < 0 || work < 0) return fail(SINTER_INVALID_ARGUMENT, "lstm: sizes overflow");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef lstm_op;
const OpDef lstm_op = {"lstm", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, LSTM_SLOTS, check};

}  // namespace sinter
