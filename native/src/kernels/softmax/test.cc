// softmax: differential tests of its rows, the exponential against the C library's, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/softmax/exponential.h"
#include "kernels/softmax/op.h"

namespace sinter {
namespace {

const std::vector<DataType> s8 = {S8, S8}, f32 = {F32, F32};

SoftmaxParams softmax(int32_t rows, int32_t depth) {
  return {rows, depth, 1.0f, 0.1f, 1.0f / 256.0f, -128};
}

void run(const SoftmaxParams& p, const std::vector<DataType>& types, Random* random) {
  Case c;
  c.name = "softmax";
  c.op = "softmax";
  c.params = params_of(p);
  c.types = types;
  const int64_t count = static_cast<int64_t>(p.rows) * p.depth;
  if (types[0] == S8) {
    const int low = static_cast<int>(random->integer(-128, 100));
    c.inputs = {bytes_of(random->s8(count, low, static_cast<int>(random->integer(low, 127))))};
    c.out_bytes = count;
  } else {
    const float range = random->real(0.1f, 60.0f);
    c.inputs = {bytes_of(random->f32(count, -range, range))};
    c.out_bytes = count * 4;
    // The exponential is off by 2 units of the last place, the sum by one for each addition of a lane.
    c.tolerance = {1.2e-7f * (6.0f + static_cast<float>(p.depth) / 8.0f)};
  }
  run_differential(c);
}

TEST(Softmax, EveryDepth) {
  Random random(51);
  for (const auto& types : {s8, f32}) {
    for (int32_t depth = 0; depth <= 140; depth++) {
      for (int32_t rows : {1, 3}) {
        SoftmaxParams p = softmax(rows, depth);
        p.in_scale = expf(random.real(-6.0f, 1.0f));
        p.beta = depth % 3 == 0 ? random.real(0.2f, 3.0f) : 1.0f;
        run(p, types, &random);
      }
    }
    for (int32_t depth : {255, 256, 257, 1000, 5000}) run(softmax(7, depth), types, &random);
    run(softmax(2000, 10), types, &random);
    run(softmax(0, 10), types, &random);
  }
}

TEST(Softmax, ExponentialIsTheLibrarys) {
  Random random(52);
  EXPECT_EQ(exp_of(0.0f), 1.0f);
  EXPECT_EQ(exp_of(-100.0f), 0.0f);
  for (int i = 0; i < 100000; i++) {
    const float x = random.real(-87.0f, 0.0f);
    EXPECT_EQ(exp_of(x), static_cast<float>(exp(static_cast<double>(x)))) << x;
  }
}

TEST(Softmax, WorkedOutByHand) {
  // Equal values: 256 / 4 steps each; one value far above the rest takes all 255 steps there are.
  SoftmaxParams p = softmax(2, 4);
  p.in_scale = 1.0f;
  std::vector<int8_t> in = {5, 5, 5, 5, -128, 127, -128, -128}, out(8);
  void* slots[] = {in.data(), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  find_row("softmax_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{-64, -64, -64, -64, -128, 127, -128, -128}));
}

// 16 bits are what 8 bits are cut from.
TEST(Softmax, FineResult) {
  Random random(53);
  for (int32_t depth = 0; depth < 80; depth++) {
    SoftmaxParams p = softmax(3, depth);
    p.out_scale = 1.0f / 65536.0f;
    p.out_zero_point = -32768;
    const std::vector<int8_t> in = random.s8(3 * depth);
    Case c;
    c.name = "softmax to 16 bits";
    c.op = "softmax";
    c.params = params_of(p);
    c.types = {S8, S16};
    c.inputs = {bytes_of(in)};
    c.out_bytes = 6 * depth;
    const Bytes out = run_reference(c);
    for (int32_t r = 0; r < 3; r++) {
      double sum = 0;
      for (int32_t i = 0; i < depth; i++) sum += exp(0.1 * in[static_cast<size_t>(r * depth + i)]);
      for (int32_t i = 0; i < depth; i++) {
        const size_t at = static_cast<size_t>(r * depth + i);
        int16_t y;
        memcpy(&y, &out[2 * at], 2);
        ASSERT_NEAR(y, fmin(65536 * exp(0.1 * in[at]) / sum - 32768, 32767), 0.6) << depth;
      }
    }
  }
}

TEST(Softmax, RefusesHostileParameters) {
  for (const auto& types : {s8, f32}) {
    const auto refused = [&](auto change) {
      SoftmaxParams p = softmax(2, 3);
      change(&p);
      expect_refused("softmax", params_of(p), types);
    };
    refused([](SoftmaxParams* p) { p->rows = -1; });
    refused([](SoftmaxParams* p) { p->depth = -1; });
    for (const float beta : {0.0f, -1.0f, NAN, INFINITY}) {
      refused([&](SoftmaxParams* p) { p->beta = beta; });
    }
    if (types[0] == F32) continue;
    for (const float scale : {0.0f, -1.0f, NAN, INFINITY, 3e38f}) {
      refused([&](SoftmaxParams* p) { p->in_scale = scale; });
    }
    refused([](SoftmaxParams* p) { p->out_scale = 0.01f; });
    refused([](SoftmaxParams* p) { p->out_zero_point = 0; });
  }
}

}  // namespace
}  // namespace sinter
