// pool: differential tests of its rows, windows worked out by hand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/pool/op.h"

namespace sinter {
namespace {

const std::vector<DataType> s8 = {S8, S8}, f32 = {F32, F32};

PoolParams pool(int32_t kind, int32_t h, int32_t w, int32_t c, int32_t kernel_h, int32_t kernel_w, int32_t stride,
                bool same) {
  PoolParams p = {};
  p.kind = kind;
  p.batch = 1;
  p.in_h = h;
  p.in_w = w;
  p.channels = c;
  p.kernel_h = kernel_h;
  p.kernel_w = kernel_w;
  p.stride_h = p.stride_w = stride;
  if (same) {
    p.out_h = (h + stride - 1) / stride;
    p.out_w = (w + stride - 1) / stride;
    const int32_t pad_h = (p.out_h - 1) * stride + kernel_h - h, pad_w = (p.out_w - 1) * stride + kernel_w - w;
    p.pad_top = pad_h > 0 ? pad_h / 2 : 0;
    p.pad_left = pad_w > 0 ? pad_w / 2 : 0;
  } else {
    p.out_h = (h - kernel_h) / stride + 1;
    p.out_w = (w - kernel_w) / stride + 1;
  }
  p.out_min = -128;
  p.out_max = 127;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  return p;
}

void run(const PoolParams& p, const std::vector<DataType>& types, Random* random, int low = -128, int high = 127) {
  Case c;
  c.name = "pool";
  c.op = "pool";
  c.params = params_of(p);
  c.types = types;
  const int64_t in = static_cast<int64_t>(p.batch) * p.in_h * p.in_w * p.channels;
  const int64_t out = static_cast<int64_t>(p.batch) * p.out_h * p.out_w * p.channels;
  if (types[0] == S8) {
    c.inputs = {bytes_of(random->s8(in, low, high))};
    c.out_bytes = out;
  } else {
    c.inputs = {bytes_of(random->f32(in, -3.0f, 3.0f))};
    c.out_bytes = out * 4;
    c.tolerance = {1e-6f * 3.0f * static_cast<float>(p.kernel_h * p.kernel_w)};
  }
  run_differential(c);
}

TEST(Pool, EveryChannelCount) {
  Random random(31);
  for (const auto& types : {s8, f32}) {
    for (int32_t kind : {POOL_AVERAGE, POOL_MAX}) {
      for (int32_t c = 0; c <= 100; c++) run(pool(kind, 3, 4, c, 2, 2, 1, c % 2 == 1), types, &random);
    }
  }
}

TEST(Pool, RandomWindows) {
  Random random(32);
  for (int i = 0; i < 200; i++) {
    const int32_t h = static_cast<int32_t>(random.integer(1, 9)), w = static_cast<int32_t>(random.integer(1, 9));
    const bool same = random.integer(0, 1) == 1;
    const int32_t kernel_h = static_cast<int32_t>(random.integer(1, same ? 5 : h));
    const int32_t kernel_w = static_cast<int32_t>(random.integer(1, same ? 5 : w));
    PoolParams p = pool(i % 2, h, w, static_cast<int32_t>(random.integer(1, 70)), kernel_h, kernel_w,
                        static_cast<int32_t>(random.integer(1, 3)), same);
    p.batch = static_cast<int32_t>(random.integer(0, 2));
    p.out_min = static_cast<int32_t>(random.integer(-128, 0));
    p.out_max = static_cast<int32_t>(random.integer(0, 127));
    p.act_min = random.real(-2.0f, 0.0f);
    p.act_max = random.real(0.0f, 2.0f);
    run(p, random.integer(0, 2) == 0 ? f32 : s8, &random);
  }
}

// Sums beyond 16 bits, and beyond what floats divide exactly.
TEST(Pool, LargeWindows) {
  Random random(33);
  for (int32_t side : {15, 16, 17, 40, 257}) {
    for (int32_t c : {1, 9, 35}) {
      if (side == 257 && c > 9) continue;
      run(pool(POOL_AVERAGE, side, side, c, side, side, 1, false), s8, &random, -128, -127);
      run(pool(POOL_AVERAGE, side, side, c, side, side, 1, false), s8, &random, 126, 127);
      run(pool(POOL_AVERAGE, side, side, c, side, side, 1, false), s8, &random);
      run(pool(POOL_MAX, side, side, c, side, side, 1, false), s8, &random);
    }
  }
}

TEST(Pool, WorkedOutByHand) {
  PoolParams p = pool(POOL_AVERAGE, 2, 2, 2, 2, 2, 1, false);
  std::vector<int8_t> in = {1, -1, 2, -2, 3, -3, 4, -4}, out(2);
  void* slots[] = {in.data(), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  find_row("pool_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{3, -3}));  // 10 / 4 = 2.5: away from zero
  p.kind = POOL_MAX;
  find_row("pool_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{4, -1}));
  // Padding does not count: one tap of the 2 x 2 window is inside.
  p = pool(POOL_AVERAGE, 1, 1, 2, 2, 2, 1, true);
  in = {7, -9};
  slots[0] = in.data();
  find_row("pool_s8s8_reference")->run(&call);
  EXPECT_EQ(out, (std::vector<int8_t>{7, -9}));
}

TEST(Pool, RefusesHostileParameters) {
  const PoolParams good = pool(POOL_AVERAGE, 4, 4, 3, 2, 2, 2, false);
  for (const auto& types : {s8, f32}) {
    const auto refused = [&](auto change) {
      PoolParams p = good;
      change(&p);
      expect_refused("pool", params_of(p), types);
    };
    refused([](PoolParams* p) { p->kind = 2; });
    refused([](PoolParams* p) { p->channels = -3; });
    refused([](PoolParams* p) { p->kernel_h = 0; });
    refused([](PoolParams* p) { p->stride_w = 0; });
    refused([](PoolParams* p) { p->pad_top = -1; });
    refused([](PoolParams* p) { p->pad_top = 2; });  // the first window sees padding alone
    refused([](PoolParams* p) { p->out_h = 9; });    // the last one lies below the input
    refused([](PoolParams* p) { p->kernel_h = p->kernel_w = 65536; });
    refused([](PoolParams* p) { p->batch = p->in_h = p->in_w = 0x7fffffff; });
    refused([](PoolParams* p) { p->out_h = p->stride_h = 0x7fffffff; });
  }
  PoolParams p = good;
  p.out_min = 3;
  p.out_max = 2;
  expect_refused("pool", params_of(p), s8);
  p = good;
  p.act_max = NAN;
  expect_refused("pool", params_of(p), f32);
}

}  // namespace
}  // namespace sinter
