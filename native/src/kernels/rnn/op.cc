// The contract of rnn, and its packings, which are gemm's.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rnn/op.h"

#include "core/checked.h"
#include "core/status.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/lstm/op.h"
#include "kernels/rnn/drive.h"

namespace sinter {

int64_t gemm_f32s8_avx2_scratch(const void* params, int threads);

namespace {

typedef RnnParams P;
const Field fields[] = {SINTER_RNN_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {
    {"x", SLOT_IN}, {"state_in", SLOT_IN}, {"weights", SLOT_WEIGHTS}, {"state_out", SLOT_OUT}, {"out", SLOT_OUT}};

bool is_flag(int32_t x) {
  return x == 0 || x == 1;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.steps < 0 || p.batch < 0 || p.units < 1 || p.units > 65536) {
    return fail(SINTER_INVALID_ARGUMENT, "rnn: steps %d, batch %d, units %d", p.steps, p.batch, p.units);
  }
  if (!is_flag(p.time_major) || !is_flag(p.backward) || p.activation < LSTM_NONE || p.activation > LSTM_TANH) {
    return fail(SINTER_INVALID_ARGUMENT, "rnn: time_major %d, backward %d, activation %d", p.time_major, p.backward,
                p.activation);
  }
  const bool hybrid = row->types[RNN_WEIGHTS] == S8;
  if (hybrid ? p.dynamic < DYNAMIC_SYMMETRIC_FOLDED || p.dynamic > DYNAMIC_ASYMMETRIC_FOLDED : p.dynamic != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "rnn: dynamic %d", p.dynamic);
  }
  slot_bytes[RNN_X] = slot_bytes[RNN_OUT] = checked_product<4>({p.steps, p.batch, p.units, 4});
  slot_bytes[RNN_STATE_IN] = slot_bytes[RNN_STATE_OUT] = checked_product<3>({p.batch, p.units, 4});
  slot_bytes[RNN_WEIGHTS] = 0;
  for (int i = 0; i < RNN_SLOTS; i++) {
    if (slot_bytes[i] < 0) return fail(SINTER_INVALID_ARGUMENT, "rnn: sizes overflow");
  }
  return SINTER_OK;
}

// What gemm's packings see.
struct GemmSources {
  Source of[GEMM_SOURCES] = {};
  explicit GemmSources(const Source* sources) {
    of[GEMM_SOURCE_WEIGHTS] = sources[RNN_SOURCE_RECURRENT];
    of[GEMM_SOURCE_SCALE] = sources[RNN_SOURCE_SCALES];
  }
};

template <const PackingDef& gemm>
int64_t bytes(const void* params, const Source* sources) {
  const GemmParams g = rnn_recurrent(*static_cast<const P*>(params));
  return gemm.bytes(&g, GemmSources(sources).of);
}

template <const PackingDef& gemm>
sinter_status pack(const void* params, const Source* sources, void* out, int64_t out_bytes) {
  const GemmParams g = rnn_recurrent(*static_cast<const P*>(params));
  return gemm.pack(&g, GemmSources(sources).of, out, out_bytes);
}

}  // namespace

extern const OpDef rnn_op;
const OpDef rnn_op = {"rnn", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, RNN_SLOTS, check};

extern const PackingDef gemm_f32_n16_packing, gemm_f32s8_plain_packing, gemm_f32s8_n16k2_packing;
extern const PackingDef rnn_f32_n16_packing, rnn_f32s8_plain_packing, rnn_f32s8_n16k2_packing;
const PackingDef rnn_f32_n16_packing = {
    "rnn_f32_n16", 1, &rnn_op, RNN_SOURCES, bytes<gemm_f32_n16_packing>, pack<gemm_f32_n16_packing>};
const PackingDef rnn_f32s8_plain_packing = {
    "rnn_f32s8_plain", 1, &rnn_op, RNN_SOURCES, bytes<gemm_f32s8_plain_packing>, pack<gemm_f32s8_plain_packing>};
const PackingDef rnn_f32s8_n16k2_packing = {
    "rnn_f32s8_n16k2", 1, &rnn_op, RNN_SOURCES, bytes<gemm_f32s8_n16k2_packing>, pack<gemm_f32s8_n16k2_packing>};

int64_t rnn_plain_scratch(const void* params, int) {
  return rnn_products_bytes(*static_cast<const P*>(params));
}
int64_t rnn_f32s8_avx2_scratch(const void* params, int) {
  const P& p = *static_cast<const P*>(params);
  const GemmParams g = rnn_recurrent(p);
  return rnn_products_bytes(p) + gemm_f32s8_avx2_scratch(&g, 1);
}

}  // namespace sinter
