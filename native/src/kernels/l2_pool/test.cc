// l2_pool and lrn against their definitions in doubles.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/l2_pool/op.h"

#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/lrn/op.h"

namespace sinter {
namespace {

template <class P>
std::vector<float> run(const char* op, const P& p, const std::vector<float>& in, size_t count) {
  Case c;
  c.name = c.op = op;
  c.params = params_of(p);
  c.types = {F32, F32};
  c.inputs = {bytes_of(in)};
  c.out_bytes = static_cast<int64_t>(4 * count);
  c.tolerance = {2e-6f};
  const Bytes bytes = run_reference(c);
  std::vector<float> out(count);
  memcpy(out.data(), bytes.data(), 4 * count);
  return out;
}

TEST(L2Pool, IsTheRootOfTheMeanOfSquares) {
  for (uint64_t seed = 0; seed < 60; seed++) {
    Random random(seed);
    L2PoolParams p = {};
    p.batch = 2;
    p.in_h = p.in_w = static_cast<int32_t>(random.integer(1, 8));
    p.channels = static_cast<int32_t>(random.integer(1, 5));
    p.kernel_h = static_cast<int32_t>(random.integer(1, 4));
    p.kernel_w = static_cast<int32_t>(random.integer(1, 4));
    p.stride_h = p.stride_w = static_cast<int32_t>(random.integer(1, 3));
    p.out_h = p.out_w = (p.in_h - 1) / p.stride_h + 1;
    p.pad_top = (p.kernel_h - 1) / 2;
    p.pad_left = (p.kernel_w - 1) / 2;
    p.act_min = 0;
    p.act_max = 0.8f;
    const auto in = random.f32(int64_t{2} * p.in_h * p.in_w * p.channels, -1, 1);
    const auto out = run("l2_pool", p, in, static_cast<size_t>(2 * p.out_h * p.out_w * p.channels));
    for (size_t i = 0; i < out.size(); i++) {
      const int32_t at = static_cast<int32_t>(i), c = at % p.channels, x = at / p.channels % p.out_w;
      const int32_t y = at / p.channels / p.out_w % p.out_h, b = at / p.channels / p.out_w / p.out_h;
      double sum = 0, taps = 0;
      for (int32_t ky = 0; ky < p.kernel_h; ky++) {
        for (int32_t kx = 0; kx < p.kernel_w; kx++) {
          const int32_t iy = y * p.stride_h - p.pad_top + ky, ix = x * p.stride_w - p.pad_left + kx;
          if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
          const double v = in[static_cast<size_t>(((b * p.in_h + iy) * p.in_w + ix) * p.channels + c)];
          sum += v * v;
          taps++;
        }
      }
      ASSERT_NEAR(out[i], fmin(sqrt(sum / taps), double{p.act_max}), 1e-6) << seed;
    }
  }
}

TEST(Lrn, DividesByAPowerOfTheNeighboursSquares) {
  for (uint64_t seed = 0; seed < 60; seed++) {
    Random random(seed);
    LrnParams p = {3,
                   static_cast<int32_t>(random.integer(1, 12)),
                   static_cast<int32_t>(random.integer(0, 14)),
                   random.real(0.5f, 2),
                   random.real(0.1f, 1),
                   0.75f};
    if (seed % 3 != 0) p.beta = seed % 3 == 1 ? 1.0f : 0.5f;
    const auto in = random.f32(int64_t{3} * p.depth, -2, 2);
    const auto out = run("lrn", p, in, in.size());
    for (int32_t i = 0; i < 3 * p.depth; i++) {
      const int32_t row = i / p.depth, c = i % p.depth;
      double sum = 0;
      for (int32_t k = 0; k < p.depth; k++) {
        const double v = in[static_cast<size_t>(row * p.depth + k)];
        if (k >= c - p.radius && k <= c + p.radius) sum += v * v;
      }
      const double expected = in[static_cast<size_t>(i)] * pow(double{p.bias} + double{p.alpha} * sum, -double{p.beta});
      ASSERT_NEAR(out[static_cast<size_t>(i)], expected, 2e-6) << seed;
    }
  }
}

TEST(L2Pool, RefusesHostileParameters) {
  const auto refused = [](void (*change)(L2PoolParams*)) {
    L2PoolParams p = {};
    p.batch = p.channels = p.stride_h = p.stride_w = p.kernel_h = p.kernel_w = 1;
    p.in_h = p.in_w = p.out_h = p.out_w = 4;
    change(&p);
    expect_refused("l2_pool", params_of(p), {F32, F32});
  };
  refused([](L2PoolParams* p) { p->in_h = -1; });
  refused([](L2PoolParams* p) { p->in_h = 0; });
  refused([](L2PoolParams* p) { p->out_w = 5; });
  refused([](L2PoolParams* p) { p->kernel_h = 0; });
  refused([](L2PoolParams* p) { p->stride_w = 0; });
  refused([](L2PoolParams* p) { p->pad_top = 1; });
  refused([](L2PoolParams* p) { p->pad_left = -1; });
  refused([](L2PoolParams* p) { p->act_min = NAN; });
  refused([](L2PoolParams* p) { p->batch = p->channels = p->in_h = p->in_w = INT32_MAX; });
  expect_refused("lrn", params_of(LrnParams{-1, 1, 1, 1, 1, 1}), {F32, F32});
  expect_refused("lrn", params_of(LrnParams{1, 0, 1, 1, 1, 1}), {F32, F32});
  expect_refused("lrn", params_of(LrnParams{1, 1, -1, 1, 1, 1}), {F32, F32});
}

}  // namespace
}  // namespace sinter
