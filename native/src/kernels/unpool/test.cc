// unpool: differential tests of its rows, also with places outside, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/unpool/op.h"

namespace sinter {
namespace {

Case unpool(const UnpoolParams& p, const std::vector<float>& values, const std::vector<int32_t>& places) {
  Case c;
  c.name = "unpool of " + std::to_string(p.in_h) + " x " + std::to_string(p.in_w) + " x " + std::to_string(p.channels) +
           ", windows " + std::to_string(p.kernel_h) + " x " + std::to_string(p.kernel_w);
  c.op = "unpool";
  c.params = params_of(p);
  c.types = {F32, S32, F32};
  c.inputs = {bytes_of(values), bytes_of(places)};
  c.out_bytes = static_cast<int64_t>(bytes_of(values).size()) * p.kernel_h * p.kernel_w;
  c.tolerance = {0.0f};
  return c;
}

TEST(Unpool, RowsAgree) {
  Random random(1);
  for (int trial = 0; trial < 100; trial++) {
    UnpoolParams p = {};
    p.batch = static_cast<int32_t>(random.integer(1, 2));
    p.in_h = static_cast<int32_t>(random.integer(1, 5));
    p.in_w = static_cast<int32_t>(random.integer(1, 5));
    p.channels = static_cast<int32_t>(random.integer(0, 20));
    p.kernel_h = static_cast<int32_t>(random.integer(1, 4));
    p.kernel_w = static_cast<int32_t>(random.integer(1, 4));
    const int64_t count = int64_t{p.batch} * p.in_h * p.in_w * p.channels;
    run_differential(unpool(p, random.f32(count, -3, 3), random.s32(count, -1, p.kernel_h * p.kernel_w)));
  }
}

TEST(Unpool, KnownValues) {
  const Bytes out = run_reference(unpool({1, 1, 2, 1, 2, 2}, {5, 7}, {2, 1}));
  float y[8];
  memcpy(y, out.data(), sizeof y);
  const float expected[] = {0, 5, 0, 0,  //
                            0, 0, 7, 0};
  for (int i = 0; i < 8; i++) EXPECT_EQ(y[i], expected[i]) << i;
}

TEST(Unpool, HostileParameters) {
  const UnpoolParams good = {1, 2, 2, 3, 2, 2};
  for (int32_t UnpoolParams::* field : {&UnpoolParams::batch, &UnpoolParams::in_h, &UnpoolParams::in_w,
                                        &UnpoolParams::channels, &UnpoolParams::kernel_h, &UnpoolParams::kernel_w}) {
    UnpoolParams p = good;
    p.*field = -1;
    expect_refused("unpool", params_of(p), {F32, S32, F32});
  }
  expect_refused("unpool", params_of(UnpoolParams{1, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 2}), {F32, S32, F32});
}

}  // namespace
}  // namespace sinter
