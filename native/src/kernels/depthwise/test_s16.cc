// depthwise of int16 activations and int8 weights: rows against the reference, one window by hand, refusals.
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

DepthwiseParams unit() {
  DepthwiseParams p = {};
  p.batch = p.in_h = p.in_w = p.in_c = p.multiplier = p.out_h = p.out_w = p.kernel_h = p.kernel_w = 1;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.out_min = -32768;
  p.out_max = 32767;
  return p;
}

TEST(DepthwiseS16, RandomShapes) {
  Random random(74);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 200; i++) {
    DepthwiseParams p = unit();
    p.in_h = any(1, 9);
    p.in_w = any(1, 12);
    p.in_c = any(1, 50);
    p.multiplier = any(1, 3);
    p.kernel_h = any(1, 5);
    p.kernel_w = any(1, 5);
    p.stride_h = any(1, 3);
    p.stride_w = any(1, 3);
    p.dilation_h = any(1, 2);
    p.pad_top = any(0, 4);
    p.pad_left = any(0, 4);
    p.out_h = any(0, 6);
    p.out_w = any(1, 9);
    p.requantization = i % 4;
    const int64_t channels = int64_t{p.in_c} * p.multiplier, taps = int64_t{p.kernel_h} * p.kernel_w;
    Case c;
    c.name = "case " + std::to_string(i);
    c.op = "depthwise";
    c.types = {S16, S8, S16};
    c.params = params_of(p);
    std::vector<double> scales(static_cast<size_t>(channels));
    for (auto& v : scales) v = random.real(0.001f, 0.01f);
    c.sources = {bytes_of(random.s8(taps * channels)), Bytes(), bytes_of(scales)};
    std::vector<int16_t> values(static_cast<size_t>(p.in_h * p.in_w * p.in_c));
    for (auto& v : values) v = static_cast<int16_t>(any(-32768, 32767));
    c.inputs = {bytes_of(values)};
    c.out_bytes = int64_t{2} * p.out_h * p.out_w * channels;
    run_differential(c);
    if (HasFailure()) return;
  }
}

// The columns that outputs of a 3x3 kernel share, at both strides; every kind of bias and of requantization.
TEST(DepthwiseS16, ThreeByThree) {
  Random random(76);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 240; i++) {
    DepthwiseParams p = unit();
    p.batch = any(1, 2);
    p.in_h = any(1, 9);
    p.in_w = any(1, 14);
    p.in_c = i % 3 == 0 ? 32 * any(1, 3) : any(1, 100);
    p.kernel_h = p.kernel_w = 3;
    p.stride_h = any(1, 2);
    p.stride_w = any(1, 3);
    p.dilation_h = any(1, 2);
    p.dilation_w = i % 10 == 0 ? 2 : 1;
    p.pad_top = any(0, 2);
    p.pad_left = any(0, 2);
    p.out_h = any(1, 5);
    p.out_w = any(1, 12);
    p.requantization = i % 4;
    p.out_min = any(-32768, 0);
    p.out_max = any(0, 32767);
    const int64_t channels = p.in_c;
    const bool extreme = i % 7 == 0;
    Case c;
    c.name = "case " + std::to_string(i);
    c.op = "depthwise";
    c.types = {S16, S8, S16};
    c.params = params_of(p);
    std::vector<double> scales(static_cast<size_t>(channels));
    for (auto& v : scales) v = extreme ? random.real(0.0f, 9000.0f) + 1e-12 : random.real(0.0001f, 0.01f);
    Bytes bias;
    if (i % 3 != 0 && p.requantization % 2 == 1) {
      bias = bytes_of(random.s32(channels, INT32_MIN, INT32_MAX));
    } else if (i % 3 != 0) {
      std::vector<int64_t> wide(static_cast<size_t>(channels));
      const int64_t most = extreme ? int64_t{1} << 46 : 1 << 24;
      for (auto& v : wide) v = random.integer(-most, most);
      bias = bytes_of(wide);
    }
    c.sources = {bytes_of(random.s8(9 * channels, extreme ? -128 : -127, extreme ? -127 : 127)), bias,
                 bytes_of(scales)};
    std::vector<int16_t> values(static_cast<size_t>(int64_t{p.batch} * p.in_h * p.in_w * channels));
    for (auto& v : values) v = static_cast<int16_t>(extreme ? -32768 : any(-32768, 32767));
    c.inputs = {bytes_of(values)};
    c.out_bytes = int64_t{2} * p.batch * p.out_h * p.out_w * channels;
    run_differential(c);
    if (HasFailure()) return;
  }
}

TEST(DepthwiseS16, OneWindowByHand) {
  DepthwiseParams p = unit();
  p.in_w = p.kernel_w = 3;
  const int8_t weights[] = {1, -2, 100};
  const int64_t bias = 50;
  const double scale = 0.25;
  const Source sources[] = {{weights, 3}, {&bias, 8}, {&scale, 8}};
  int16_t in[] = {1000, -300, 20};
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (std::string(row->op->name) != "depthwise" || row->types[0] != S16 || !row_runs_here(row)) continue;
    alignas(64) char packed[2048] = {};
    const int64_t bytes = row->packing->bytes(&p, sources);
    ASSERT_LE(bytes, 2048);
    ASSERT_EQ(row->packing->pack(&p, sources, packed, bytes), SINTER_OK);
    int16_t out = 0;
    void* slots[] = {in, packed, &out};
    Workers alone = {1, nullptr};
    const Call call = {&p, slots, nullptr, &alone};
    row->run(&call);
    EXPECT_EQ(out, (1000 + 600 + 2000 + 50 + 2) / 4) << row->name;  // 912.5 goes up
  }
}

TEST(DepthwiseS16, RefusesHostileParameters) {
  auto refuse = [&](auto change) {
    DepthwiseParams p = unit();
    change(p);
    expect_refused("depthwise", params_of(p), {S16, S8, S16});
  };
  refuse([](DepthwiseParams& p) { p.in_zero_point = 1; });
  refuse([](DepthwiseParams& p) { p.out_zero_point = -1; });
  refuse([](DepthwiseParams& p) { p.w_zero_point = 1; });
  refuse([](DepthwiseParams& p) { p.requantization = 4; });
  refuse([](DepthwiseParams& p) { p.out_max = 32768; });
}

}  // namespace
}  // namespace sinter
