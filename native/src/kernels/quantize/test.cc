// quantize: differential tests of its rows, values worked out by hand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

const std::vector<std::vector<DataType>> all_types = {{F32, S8}, {F32, U8}, {S8, F32}, {U8, F32},
                                                      {S8, S8},  {U8, S8},  {S8, U8},  {U8, U8}};

int32_t zero_point(DataType type, Random* random) {
  return static_cast<int32_t>(type == U8 ? random->integer(0, 255) : random->integer(-128, 127));
}

void run(const std::vector<DataType>& types, const QuantizeParams& p, Random* random) {
  Case c;
  c.name = "quantize";
  c.op = "quantize";
  c.params = params_of(p);
  c.types = types;
  if (types[0] == F32) {
    std::vector<float> in = random->f32(p.count, -300.0f * p.out_scale, 300.0f * p.out_scale);
    const float odd[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, -0.0f, 0.5f * p.out_scale, -1.5f * p.out_scale};
    for (size_t i = 0; i < in.size() && i < 8; i++) in[in.size() - 1 - i] = odd[i];
    c.inputs = {bytes_of(in)};
  } else {
    c.inputs = {bytes_of(random->s8(p.count))};
  }
  c.out_bytes = static_cast<int64_t>(p.count) * (types[1] == F32 ? 4 : 1);
  c.tolerance = {0.0f};
  run_differential(c);
}

QuantizeParams random_params(const std::vector<DataType>& types, int32_t count, Random* random) {
  QuantizeParams p = {};
  p.count = count;
  p.in_scale = expf(random->real(-5.0f, 2.0f));
  const int64_t kind = random->integer(0, 4);
  // Ratios inside xnn.requantize's range, equal scales, and ratios outside of it.
  p.out_scale = kind == 0   ? p.in_scale
                : kind == 1 ? p.in_scale * exp2f(random->real(-12.0f, 12.0f))
                            : p.in_scale * exp2f(random->real(-6.0f, 6.0f));
  p.in_zero_point = zero_point(types[0], random);
  p.out_zero_point = zero_point(types[1], random);
  return p;
}

TEST(Quantize, EveryLength) {
  Random random(21);
  for (const auto& types : all_types) {
    for (int32_t n = 0; n <= 150; n++) run(types, random_params(types, n, &random), &random);
    run(types, random_params(types, 40000, &random), &random);
  }
}

TEST(Quantize, EveryInputWithManyScales) {
  Random random(22);
  std::vector<int8_t> in(256);
  for (int i = 0; i < 256; i++) in[static_cast<size_t>(i)] = static_cast<int8_t>(i);
  for (const auto& types : all_types) {
    if (types[0] == F32) continue;
    for (int i = 0; i < 100; i++) {
      Case c;
      c.name = "all 256 inputs";
      c.op = "quantize";
      c.params = params_of(random_params(types, 256, &random));
      c.types = types;
      c.inputs = {bytes_of(in)};
      c.out_bytes = types[1] == F32 ? 1024 : 256;
      c.tolerance = {0.0f};
      run_differential(c);
    }
  }
}

template <class In, class Out>
std::vector<Out> call_row(const char* row, QuantizeParams p, std::vector<In> in) {
  p.count = static_cast<int32_t>(in.size());
  std::vector<Out> out(in.size());
  void* slots[] = {in.data(), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  find_row(row)->run(&call);
  return out;
}

TEST(Quantize, WorkedOutByHand) {
  QuantizeParams p = {0, 0.5f, 3, 0.5f, 3};
  // Halves go to the even neighbour, then the zero point is added.
  EXPECT_EQ(
      (call_row<float, int8_t>("quantize_f32s8_reference", p, {0.0f, 0.25f, 0.75f, -0.25f, 100.0f, -100.0f, NAN})),
      (std::vector<int8_t>{3, 3, 5, 3, 127, -128, 127}));
  EXPECT_EQ((call_row<float, uint8_t>("quantize_f32u8_reference", p, {0.0f, -1.0f, -2.0f, 200.0f})),
            (std::vector<uint8_t>{3, 1, 0, 255}));
  EXPECT_EQ((call_row<int8_t, float>("quantize_s8f32_reference", p, {3, 4, -128})),
            (std::vector<float>{0.0f, 0.5f, -65.5f}));
  // 1/2: multiplier 128 of 256, halves up.
  p.out_scale = 1.0f;
  EXPECT_EQ((call_row<int8_t, int8_t>("quantize_s8s8_reference", p, {3, 4, 2, 6})), (std::vector<int8_t>{3, 4, 3, 5}));
  // u8 to s8 with equal scales and zero points 128 apart: the same reals.
  p = {0, 0.5f, 128, 0.5f, 0};
  EXPECT_EQ((call_row<uint8_t, int8_t>("quantize_u8s8_reference", p, {0, 128, 255})),
            (std::vector<int8_t>{-128, 0, 127}));
}

TEST(Quantize, RefusesHostileParameters) {
  for (const auto& types : all_types) {
    QuantizeParams p = {-1, 1.0f, 0, 1.0f, 0};
    expect_refused("quantize", params_of(p), types);
    for (const float scale : {0.0f, -1.0f, NAN, INFINITY, 1e-42f}) {
      p = {4, scale, 0, scale, 0};
      expect_refused("quantize", params_of(p), types);
    }
    p = {4, 1.0f, 300, 1.0f, -300};
    expect_refused("quantize", params_of(p), types);
  }
  QuantizeParams p = {4, 1e10f, 0, 1e-10f, 0};
  expect_refused("quantize", params_of(p), {S8, S8});
}

}  // namespace
}  // namespace sinter
