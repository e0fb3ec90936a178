// One step of one example, plainly: what the reference rows do, and vector rows where layers have peepholes or norms.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_LSTM_SCALAR_H_
#define SINTER_KERNELS_LSTM_SCALAR_H_

#include "kernels/lstm/fixed16.h"
#include "kernels/lstm/shape.h"
#include "kernels/softmax/exponential.h"

namespace sinter {

// What a step of one example works on. T: its sums, S: output state and hidden values, C: cell.
template <class T, class S, class C>
struct LstmExample {
  const T* x;         // products with the input, [G][cell]
  const T* products;  // with the output state, [G][cell]
  C* cell;
  S* hidden;    // [cell]
  void* gates;  // room for 4 x cell values
};

// ---- s8 -------------------------------------------------------------------------------------------

// 2^31 / sqrt(2 x) or so as a fixed-point factor: five steps of Newton's method from 1, as tfl.lstm8 has it.
static inline FixedFactor inverse_root(int32_t x) {
  if (x <= 1) return {INT32_MAX, 0};
  int32_t shift = 11;
  while (x >= (1 << 29)) {
    x /= 4;
    shift++;
  }
  const int32_t pairs = (__builtin_clz(static_cast<uint32_t>(x)) - 1) / 2 - 1;
  shift -= pairs;
  x <<= 2 * pairs;
  const auto product = [](int32_t a, int32_t b) {
    return static_cast<int32_t>((int64_t{a} * b + (int64_t{1} << 30)) >> 31);
  };
  const auto left = [](int32_t a, int32_t count) {
    const int32_t bound = static_cast<int32_t>((int64_t{1} << (31 - count)) - 1);
    return a > bound ? INT32_MAX : a < -bound ? INT32_MIN : a * (1 << count);
  };
  const int32_t in = x >> 1, half = rounding_shift(in, 1), half_three = (1 << 28) + (1 << 27);
  int32_t y = 1 << 28;
  for (int i = 0; i < 5; i++) {
    const int32_t cube = left(product(product(y, y), y), 6);
    y = left(product(half_three, y) - product(half, cube), 3);
  }
  y = product(y, 1518500250);
  if (shift < 0) {
    y = static_cast<int32_t>(static_cast<uint32_t>(y) << -shift);
    shift = 0;
  }
  return {y, -shift};
}

static inline void lstm_norm_s8(const LstmParams& p, const int16_t* weights, const int32_t* bias, FixedFactor scale,
                                int32_t guard, int16_t* gate) {
  int64_t sum = 0, squares = 0;
  for (int32_t j = 0; j < p.cell; j++) {
    sum += gate[j];
    squares += gate[j] * gate[j];
  }
  const int32_t mean = static_cast<int32_t>(sum * 1024 / p.cell);
  const int64_t spread = squares * ((1 << 20) / p.cell) - int64_t{mean} * mean;
  int32_t variance = static_cast<int32_t>(spread / (1 << 20));
  if (variance < 1) variance = guard;
  const FixedFactor inverse = inverse_root(variance);
  scale.shift += 12;
  for (int32_t j = 0; j < p.cell; j++) {
    const int32_t centred = 1024 * gate[j] - mean;
    const uint32_t weighed =
        static_cast<uint32_t>(scale_wrapping(centred, inverse)) * static_cast<uint32_t>(weights[j]);
    const int64_t y = static_cast<int32_t>(weighed + static_cast<uint32_t>(bias[j]));
    const int32_t rounded = static_cast<int32_t>((y > 0 ? y + 512 : y - 512) / 1024);
    gate[j] = static_cast<int16_t>(clamp16(scale_wrapping(rounded, scale)));
  }
}

// The constants of a layer in its packed blob. W: peephole and norm weights, B: norm bias.
template <class W, class B>
struct LstmConstants {
  const W* peephole;
  const W* norm;
  const B* norm_bias;
  const LstmFactors* factors;
};

typedef LstmExample<int32_t, int8_t, int16_t> LstmExampleS8;
typedef LstmConstants<int16_t, int32_t> LstmConstantsS8;

static inline int32_t add_wrapping(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

// A gate before its activation.
static inline void lstm_gate_s8(const LstmParams& p, const LstmConstantsS8& c, const LstmExampleS8& e, int32_t gate,
                                int16_t* out) {
  const LstmFactors& f = *c.factors;
  const int64_t at = int64_t{lstm_place(p, gate)} * p.cell;
  for (int32_t j = 0; j < p.cell; j++) {
    const int32_t x = clamp16(scale_wrapping(e.x[at + j], f.input[gate]));
    out[j] = static_cast<int16_t>(clamp16(add_wrapping(scale_wrapping(e.products[at + j], f.recurrent[gate]), x)));
  }
  if (p.peephole && gate != LSTM_GATE_CELL) {
    const int16_t* w = c.peephole + int64_t{lstm_peephole_place(p, gate)} * p.cell;
    const int32_t count = p.output < p.cell ? p.output : p.cell;
    for (int32_t j = 0; j < count; j++) {
      out[j] = static_cast<int16_t>(clamp16(add_wrapping(scale_wrapping(w[j] * e.cell[j], f.peephole[gate]), out[j])));
    }
  }
  if (p.layer_norm) {
    lstm_norm_s8(p, c.norm + at, c.norm_bias + at, f.norm[gate], f.guard[gate], out);
  }
}

static inline int16_t clip16(int32_t x, int32_t clip) {
  return static_cast<int16_t>(clip > 0 ? (x > clip ? clip : x < -clip ? -clip : x) : x);
}

static inline void lstm_step_s8(const LstmParams& p, const LstmConstantsS8& c, const LstmExampleS8& e) {
  int16_t* input = static_cast<int16_t*>(e.gates);
  int16_t *forget = input + p.cell, *fresh = forget + p.cell, *output = fresh + p.cell;
  if (!p.cifg) lstm_gate_s8(p, c, e, LSTM_GATE_INPUT, input);
  lstm_gate_s8(p, c, e, LSTM_GATE_FORGET, forget);
  lstm_gate_s8(p, c, e, LSTM_GATE_CELL, fresh);
  const int32_t clip = static_cast<int32_t>(p.cell_clip);
  for (int32_t j = 0; j < p.cell; j++) {
    const int16_t f = logistic16(forget[j]);
    const int16_t i = p.cifg ? static_cast<int16_t>(32767 - f) : logistic16(input[j]);
    const int32_t kept = rounding_shift(f * e.cell[j], 15);
    const int32_t added = rounding_shift(i * tanh16(fresh[j], 3), 30 + p.cell_shift);
    e.cell[j] = clip16(clamp16(kept + added), clip);
  }
  lstm_gate_s8(p, c, e, LSTM_GATE_OUTPUT, output);
  const int32_t zero_point = p.projection ? -p.hidden_zero_point : p.hidden_zero_point;
  for (int32_t j = 0; j < p.cell; j++) {
    const int32_t y = logistic16(output[j]) * tanh16(e.cell[j], 15 + p.cell_shift);
    const int32_t z = scale_wrapping(y, c.factors->hidden) + zero_point;
    e.hidden[j] = static_cast<int8_t>(z < -128 ? -128 : z > 127 ? 127 : z);
  }
}

// What the projection's sums become; the product that was -128 without a clip stays there.
static inline void lstm_project_s8(const LstmParams& p, FixedFactor factor, const int32_t* sums, int8_t* out,
                                   int64_t count) {
  const int32_t clip = static_cast<int32_t>(p.projection_clip);
  for (int64_t i = 0; i < count; i++) {
    const int32_t y = add_wrapping(scale_wrapping(sums[i], factor), p.state_zero_point);
    out[i] = static_cast<int8_t>(clip16(y < -128 ? -128 : y > 127 ? 127 : y, clip));
  }
}

// ---- f32 ------------------------------------------------------------------------------------------

static inline float logistic_of(float x) {
  const float e = exp_of(x < 0 ? x : -x);
  return x < 0 ? e / (1.0f + e) : x >= 0 ? 1.0f / (1.0f + e) : x;
}
static inline float tanh_of(float x) {
  const float e = exp_of(x < 0 ? 2 * x : -2 * x);
  const float y = (1.0f - e) / (1.0f + e);
  return x < 0 ? -y : x >= 0 ? y : x;
}
static inline float lstm_activate(int32_t activation, float x) {
  switch (activation) {
    case LSTM_RELU:
      return x < 0 ? 0 : x;
    case LSTM_RELU_N1_TO_1:
      return x < -1 ? -1 : x > 1 ? 1 : x;
    case LSTM_RELU6:
      return x < 0 ? 0 : x > 6 ? 6 : x;
    case LSTM_TANH:
      return tanh_of(x);
    default:
      return x;
  }
}
static inline float lstm_clip(float x, float clip) {
  return clip > 0 ? (x > clip ? clip : x < -clip ? -clip : x) : x;
}

typedef LstmExample<float, float, float> LstmExampleF32;
typedef LstmConstants<float, float> LstmConstantsF32;

static inline void lstm_gate_f32(const LstmParams& p, const LstmConstantsF32& c, const LstmExampleF32& e, int32_t gate,
                                 float* out) {
  const int64_t at = int64_t{lstm_place(p, gate)} * p.cell;
  for (int32_t j = 0; j < p.cell; j++) out[j] = e.x[at + j] + e.products[at + j];
  if (p.peephole && gate != LSTM_GATE_CELL) {
    const float* w = c.peephole + int64_t{lstm_peephole_place(p, gate)} * p.cell;
    for (int32_t j = 0; j < p.cell; j++) out[j] += w[j] * e.cell[j];
  }
  if (p.layer_norm) {
    double sum = 0, squares = 0;
    for (int32_t j = 0; j < p.cell; j++) sum += out[j];
    const double mean = sum / p.cell;
    for (int32_t j = 0; j < p.cell; j++) squares += (out[j] - mean) * (out[j] - mean);
    const double inverse = 1.0 / __builtin_sqrt(squares / p.cell + 1e-8);
    for (int32_t j = 0; j < p.cell; j++) {
      out[j] = static_cast<float>((out[j] - mean) * inverse) * c.norm[at + j] + c.norm_bias[at + j];
    }
  }
}

static inline void lstm_step_f32(const LstmParams& p, const LstmConstantsF32& c, const LstmExampleF32& e) {
  float* input = static_cast<float*>(e.gates);
  float *forget = input + p.cell, *fresh = forget + p.cell, *output = fresh + p.cell;
  if (!p.cifg) lstm_gate_f32(p, c, e, LSTM_GATE_INPUT, input);
  lstm_gate_f32(p, c, e, LSTM_GATE_FORGET, forget);
  lstm_gate_f32(p, c, e, LSTM_GATE_CELL, fresh);
  for (int32_t j = 0; j < p.cell; j++) {
    const float f = logistic_of(forget[j]);
    const float i = p.cifg ? 1.0f - f : logistic_of(input[j]);
    e.cell[j] = lstm_clip(f * e.cell[j] + i * lstm_activate(p.activation, fresh[j]), p.cell_clip);
  }
  lstm_gate_f32(p, c, e, LSTM_GATE_OUTPUT, output);
  for (int32_t j = 0; j < p.cell; j++) {
    e.hidden[j] = logistic_of(output[j]) * lstm_activate(p.activation, e.cell[j]);
  }
}

}  // namespace sinter

#endif  // SINTER_KERNELS_LSTM_SCALAR_H_
