// relu: differential tests of its rows, values worked out by hand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/relu/op.h"

namespace sinter {
namespace {

const std::vector<DataType> s8 = {S8, S8}, u8 = {U8, U8}, f32 = {F32, F32};

ReluParams relu(int32_t kind, int32_t count) {
  ReluParams p = {};
  p.kind = kind;
  p.count = count;
  p.alpha = 0.25f;
  p.in_scale = p.out_scale = 1.0f;
  p.out_min = -128;
  p.out_max = 127;
  p.act_min = 0.0f;
  p.act_max = INFINITY;
  return p;
}

ReluParams randomized(int32_t kind, int32_t count, const std::vector<DataType>& types, Random* random) {
  ReluParams p = relu(kind, count);
  const int64_t shape = random->integer(0, 3);
  p.in_scale = expf(random->real(-5.0f, 1.0f));
  p.out_scale = shape == 0 ? p.in_scale : p.in_scale * exp2f(random->real(-10.0f, 10.0f));
  p.in_zero_point = static_cast<int32_t>(random->integer(-128, 127));
  p.out_zero_point = shape == 0 ? p.in_zero_point : static_cast<int32_t>(random->integer(-128, 127));
  p.alpha = shape == 1 ? random->real(-0.001f, 0.001f) : random->real(-2.0f, 2.0f);
  p.out_min = static_cast<int32_t>(random->integer(-128, 50));
  p.out_max = static_cast<int32_t>(random->integer(p.out_min, 127));
  if (types == u8) {
    for (int32_t* value : {&p.in_zero_point, &p.out_zero_point, &p.out_min, &p.out_max}) *value += 128;
  }
  p.act_min = random->real(-2.0f, 0.0f);
  p.act_max = random->real(0.0f, 6.0f);
  return p;
}

void run(const ReluParams& p, const std::vector<DataType>& types, Random* random) {
  Case c;
  c.name = "relu";
  c.op = "relu";
  c.params = params_of(p);
  c.types = types;
  if (types[0] != F32) {
    c.inputs = {bytes_of(random->s8(p.count))};
    c.out_bytes = p.count;
  } else {
    c.inputs = {bytes_of(random->f32(p.count, -9.0f, 9.0f))};
    c.out_bytes = static_cast<int64_t>(p.count) * 4;
    c.tolerance = {0.0f};  // one multiplication: exact
  }
  run_differential(c);
}

TEST(Relu, EveryLength) {
  Random random(61);
  for (const auto& types : {s8, u8, f32}) {
    for (int32_t kind : {RELU_CLAMP, RELU_LEAKY}) {
      for (int32_t n = 0; n <= 150; n++) run(randomized(kind, n, types, &random), types, &random);
      run(randomized(kind, 50000, types, &random), types, &random);
    }
  }
}

TEST(Relu, ManyScales) {
  Random random(62);
  for (const auto& types : {s8, u8}) {
    for (int i = 0; i < 300; i++) run(randomized(i % 2, 300, types, &random), types, &random);
  }
}

TEST(Relu, WorkedOutByHand) {
  ReluParams p = relu(RELU_CLAMP, 5);
  std::vector<int8_t> in = {-100, -1, 0, 3, 100}, out(5);
  void* slots[] = {in.data(), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  p.out_min = 0;
  p.out_max = 6;
  find_row("relu_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{0, 0, 0, 3, 6}));
  p = relu(RELU_LEAKY, 5);
  find_row("relu_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{-25, 0, 0, 3, 100}));
  p.out_scale = 2.0f;
  p.out_zero_point = 10;
  find_row("relu_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{-2, 10, 10, 12, 60}));  // halves up: 1.5 + 10, -12.5 + 10
}

TEST(Relu, RefusesHostileParameters) {
  for (const auto& types : {s8, f32}) {
    const auto refused = [&](auto change) {
      ReluParams p = relu(RELU_CLAMP, 4);
      change(&p);
      expect_refused("relu", params_of(p), types);
    };
    refused([](ReluParams* p) { p->kind = 2; });
    refused([](ReluParams* p) { p->count = -1; });
    refused([](ReluParams* p) { p->kind = RELU_LEAKY, p->alpha = NAN; });
    if (types[0] == F32) {
      refused([](ReluParams* p) { p->act_min = NAN; });
      refused([](ReluParams* p) { p->act_min = INFINITY, p->act_max = 0.0f; });
      continue;
    }
    for (const float scale : {0.0f, -1.0f, NAN, INFINITY, 1e-42f}) {
      refused([&](ReluParams* p) { p->in_scale = scale; });
      refused([&](ReluParams* p) { p->out_scale = scale; });
    }
    refused([](ReluParams* p) { p->in_scale = 1e10f; });
    refused([](ReluParams* p) { p->kind = RELU_LEAKY, p->alpha = 1e30f; });
    refused([](ReluParams* p) { p->in_zero_point = -129; });
    refused([](ReluParams* p) { p->out_max = 128; });
    refused([](ReluParams* p) { p->out_min = 1, p->out_max = 0; });
  }
}

}  // namespace
}  // namespace sinter
