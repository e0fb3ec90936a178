// argmax_pool: differential tests of its rows, places known beforehand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/argmax_pool/op.h"

namespace sinter {
namespace {

Case argmax_pool(const ArgmaxPoolParams& p, const std::vector<float>& in) {
  Case c;
  c.name = "argmax_pool of " + std::to_string(p.in_h) + " x " + std::to_string(p.in_w) + " x " +
           std::to_string(p.channels) + ", windows " + std::to_string(p.kernel_h) + " x " + std::to_string(p.kernel_w);
  c.op = "argmax_pool";
  c.params = params_of(p);
  c.types = {F32, F32, S32};
  c.inputs = {bytes_of(in)};
  const int64_t bytes = int64_t{4} * p.batch * p.out_h * p.out_w * p.channels;
  c.out_bytes_of = {bytes, bytes};
  return c;
}

TEST(ArgmaxPool, RowsAgree) {
  Random random(1);
  for (int trial = 0; trial < 100; trial++) {
    ArgmaxPoolParams p = {};
    p.batch = static_cast<int32_t>(random.integer(1, 2));
    p.in_h = static_cast<int32_t>(random.integer(1, 9));
    p.in_w = static_cast<int32_t>(random.integer(1, 9));
    p.channels = static_cast<int32_t>(random.integer(0, 20));
    p.kernel_h = static_cast<int32_t>(random.integer(1, 4));
    p.kernel_w = static_cast<int32_t>(random.integer(1, 4));
    p.out_h = (p.in_h + p.kernel_h - 1) / p.kernel_h;
    p.out_w = (p.in_w + p.kernel_w - 1) / p.kernel_w;
    p.pad_top = (p.out_h * p.kernel_h - p.in_h) / 2;
    p.pad_left = (p.out_w * p.kernel_w - p.in_w) / 2;
    // Few different values: many windows have equal ones.
    std::vector<float> in = random.f32(int64_t{p.batch} * p.in_h * p.in_w * p.channels, -3, 3);
    for (float& x : in) x = trial & 1 ? floorf(x) : x;
    run_differential(argmax_pool(p, in));
  }
}

TEST(ArgmaxPool, PlacesGoDownColumns) {
  const Bytes out = run_reference(argmax_pool({1, 2, 4, 1, 1, 2, 2, 2, 0, 0}, {0, 5, 7, 7,  //
                                                                               1, 2, 7, 3}));
  float values[2];
  int32_t places[2];
  memcpy(values, out.data(), sizeof values);
  memcpy(places, out.data() + sizeof values, sizeof places);
  EXPECT_EQ(values[0], 5.0f);
  EXPECT_EQ(places[0], 2);
  EXPECT_EQ(values[1], 7.0f);
  EXPECT_EQ(places[1], 0);
}

TEST(ArgmaxPool, HostileParameters) {
  const ArgmaxPoolParams good = {1, 4, 4, 3, 2, 2, 2, 2, 0, 0};
  for (int32_t ArgmaxPoolParams::* field :
       {&ArgmaxPoolParams::batch, &ArgmaxPoolParams::in_h, &ArgmaxPoolParams::in_w, &ArgmaxPoolParams::channels,
        &ArgmaxPoolParams::out_h, &ArgmaxPoolParams::out_w, &ArgmaxPoolParams::kernel_h, &ArgmaxPoolParams::kernel_w,
        &ArgmaxPoolParams::pad_top, &ArgmaxPoolParams::pad_left}) {
    for (const int32_t value : {-1, INT32_MIN}) {
      ArgmaxPoolParams p = good;
      p.*field = value;
      expect_refused("argmax_pool", params_of(p), {F32, F32, S32});
    }
  }
  ArgmaxPoolParams p = good;
  p.kernel_h = p.kernel_w = INT32_MAX;
  expect_refused("argmax_pool", params_of(p), {F32, F32, S32});
}

}  // namespace
}  // namespace sinter
