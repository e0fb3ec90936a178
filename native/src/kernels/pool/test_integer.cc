// pool in uint8 and int16: every row against the reference, the rounding of averages, refusals.
// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/pool/op.h"

namespace sinter {
namespace {

void pool_u8u8_average(const std::vector<uint8_t>& taps, uint8_t* out) {
  PoolParams p = {};
  p.batch = p.in_h = p.channels = p.out_h = p.out_w = p.kernel_h = p.stride_h = p.stride_w = 1;
  p.in_w = p.kernel_w = static_cast<int32_t>(taps.size());
  p.out_max = 255;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (row->types[0] != U8 || std::string(row->op->name) != "pool" || !row_runs_here(row)) continue;
    void* slots[] = {const_cast<uint8_t*>(taps.data()), out};
    Workers alone = {1, nullptr};
    const Call call = {&p, slots, nullptr, &alone};
    row->run(&call);
  }
}

TEST(PoolInteger, HalvesOfAnAverageGoUp) {
  uint8_t out = 0;
  pool_u8u8_average({1, 2}, &out);
  EXPECT_EQ(out, 2);
  pool_u8u8_average({255, 254}, &out);
  EXPECT_EQ(out, 255);
  pool_u8u8_average({0, 0, 1}, &out);
  EXPECT_EQ(out, 0);
}

TEST(PoolInteger, RandomWindows) {
  Random random(65);
  auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
  for (int i = 0; i < 500; i++) {
    PoolParams p = {};
    p.kind = i % 2;
    p.batch = any(1, 2);
    p.in_h = any(1, 16);
    p.in_w = any(1, 16);
    p.channels = any(0, 70);
    p.kernel_h = any(1, p.in_h);
    p.kernel_w = any(1, p.in_w);
    p.stride_h = any(1, 3);
    p.stride_w = any(1, 3);
    p.pad_top = any(0, p.kernel_h - 1);
    p.pad_left = any(0, p.kernel_w - 1);
    p.out_h = (p.in_h - 1 + p.pad_top) / p.stride_h + 1;
    p.out_w = (p.in_w - 1 + p.pad_left) / p.stride_w + 1;
    const bool wide = i % 3 == 0;
    p.out_min = wide ? any(-32768, 0) : any(0, 99);
    p.out_max = wide ? any(p.out_min, 32767) : any(p.out_min, 255);
    Case c;
    c.name = "case " + std::to_string(i);
    c.op = "pool";
    c.types = wide ? std::vector<DataType>{S16, S16} : std::vector<DataType>{U8, U8};
    c.params = params_of(p);
    const int64_t size = wide ? 2 : 1;
    c.inputs = {bytes_of(random.s8(int64_t{p.batch} * p.in_h * p.in_w * p.channels * size, i % 5 == 0 ? -3 : -128,
                                   i % 5 == 0 ? -1 : 127))};
    c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * p.channels * size;
    run_differential(c);
    if (HasFailure()) return;
  }
}

TEST(PoolInteger, RefusesHostileParameters) {
  PoolParams p = {};
  p.batch = p.in_h = p.in_w = p.channels = p.out_h = p.out_w = p.kernel_h = p.kernel_w = p.stride_h = p.stride_w = 1;
  p.out_max = 256;
  expect_refused("pool", params_of(p), {U8, U8});
  p.out_max = 32768;
  expect_refused("pool", params_of(p), {S16, S16});
  p.out_max = 255;
  p.out_min = -1;
  expect_refused("pool", params_of(p), {U8, U8});
  p.kernel_h = p.kernel_w = 256;
  expect_refused("pool", params_of(p), {S16, S16});
}

}  // namespace
}  // namespace sinter
