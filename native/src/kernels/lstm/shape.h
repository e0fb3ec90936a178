// What lstm's kernels and packings share: the packed blob's head, integer factors, scratch.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_LSTM_SHAPE_H_
#define SINTER_KERNELS_LSTM_SHAPE_H_

#include <stdint.h>

#include "kernels/gemm/op.h"
#include "kernels/lstm/op.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {

enum { LSTM_GATE_INPUT, LSTM_GATE_FORGET, LSTM_GATE_CELL, LSTM_GATE_OUTPUT };

// The integer form's scales; per gate in the order above, absent ones 0.
struct LstmFactors {
  FixedFactor input[4], recurrent[4], peephole[4], norm[4];
  int32_t guard[4];  // what a variance below 1 is taken for
  FixedFactor projection, hidden;
};

// The start of a packed blob: where its parts begin, in bytes.
struct LstmHead {
  int64_t recurrent, projection;  // as gemm's packing makes them
  int64_t peephole, norm, norm_bias, factors;
  int64_t unused[2];
};

static inline int64_t lstm_aligned(int64_t bytes) {
  return (bytes + 63) / 64 * 64;
}
static inline int32_t lstm_gates(const LstmParams& p) {
  return 4 - p.cifg;
}
// A gate's place among those that are there.
static inline int32_t lstm_place(const LstmParams& p, int32_t gate) {
  return gate - p.cifg;
}
// A gate's place among the peephole weights.
static inline int32_t lstm_peephole_place(const LstmParams& p, int32_t gate) {
  return (gate == LSTM_GATE_OUTPUT ? 2 : gate) - p.cifg;
}

// The products with the output state and of the projection, as gemm sees them.
static inline GemmParams lstm_gemm(int32_t m, int32_t n, int32_t k, int32_t a_zero_point, int32_t dynamic) {
  GemmParams g = {};
  g.m = m;
  g.n = g.ldc = n;
  g.k = g.lda = k;
  g.a_zero_point = a_zero_point;
  g.dynamic = dynamic;
  g.out_min = -128;
  g.out_max = 127;
  g.act_min = -__builtin_inff();
  g.act_max = __builtin_inff();
  return g;
}
static inline GemmParams lstm_recurrent(const LstmParams& p) {
  return lstm_gemm(p.batch, lstm_gates(p) * p.cell, p.output, p.state_zero_point, p.dynamic);
}
// TFLite's kernel takes the hidden values' zero point off twice with opposite signs; so does this.
static inline GemmParams lstm_projection(const LstmParams& p) {
  return lstm_gemm(p.batch, p.output, p.cell, -p.hidden_zero_point, p.dynamic);
}

// Scratch: products of one step, gates of one example, hidden values, the projection's sums, then gemm's own.
struct LstmScratch {
  int64_t products, gates, hidden, sums, gemm;
};
static inline LstmScratch lstm_scratch(const LstmParams& p) {
  LstmScratch s;
  s.products = 0;
  s.gates = lstm_aligned(int64_t{4} * p.batch * lstm_gates(p) * p.cell);
  s.hidden = s.gates + lstm_aligned(int64_t{4} * 4 * p.cell);
  s.sums = s.hidden + lstm_aligned(int64_t{4} * p.batch * p.cell);
  s.gemm = s.sums + lstm_aligned(int64_t{4} * p.batch * p.output);
  return s;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_LSTM_SHAPE_H_
