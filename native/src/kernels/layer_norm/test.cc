// layer_norm: differential tests of its rows, a row worked out by hand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/layer_norm/op.h"

namespace sinter {
namespace {

const std::vector<DataType> f32 = {F32, F32, F32, F32};

void run(const LayerNormParams& p, float center, float range, Random* random) {
  Case c;
  c.name = "layer_norm of " + std::to_string(p.rows) + " x " + std::to_string(p.depth);
  c.op = "layer_norm";
  c.params = params_of(p);
  c.types = f32;
  const int64_t count = static_cast<int64_t>(p.rows) * p.depth;
  c.inputs = {bytes_of(random->f32(count, center - range, center + range)), bytes_of(random->f32(p.depth, -2.0f, 2.0f)),
              bytes_of(random->f32(p.form == LAYER_NORM_RMS ? 0 : p.depth, -1.0f, 1.0f))};
  c.out_bytes = count * 4;
  // Sums are off by a unit of the last place for each addition of a lane, which a center far from 0 makes large against
  // what is left of x; a deviation that small is all rounding errors, so the distance is kept within bounds here.
  const float most = fabsf(center) + range, deviations = most / range * 2.0f;
  c.tolerance = {1.2e-7f * (8.0f + static_cast<float>(p.depth) / 8.0f) * (1.0f + 8.0f * deviations)};
  run_differential(c);
}

TEST(LayerNorm, EveryDepth) {
  Random random(61);
  for (int32_t form = 0; form < LAYER_NORM_FORMS; form++) {
    for (int32_t depth = 0; depth <= 140; depth++) {
      for (int32_t rows : {1, 3}) run({form, rows, depth, 1e-3f}, 0.0f, random.real(0.5f, 8.0f), &random);
    }
    for (int32_t depth : {255, 384, 768, 1000, 5000}) run({form, 7, depth, 1e-12f}, 0.0f, 3.0f, &random);
    run({form, 300, 48, 1e-5f}, 2.0f, 3.0f, &random);
    run({form, 0, 10, 1e-5f}, 0.0f, 1.0f, &random);
  }
}

TEST(LayerNorm, WorkedOutByHand) {
  // Mean 2, variance 1: r = 1 / sqrt(1 + 3).
  const float in[] = {1, 3, 1, 3}, gamma[] = {2, 2, 4, 4}, beta[] = {10, 10, 0, 0};
  for (int32_t form = 0; form < LAYER_NORM_FORMS; form++) {
    // Mean square 5: r = 1 / sqrt(5 + 11).
    const LayerNormParams p = {form, 1, 4, form == LAYER_NORM_RMS ? 11.0f : 3.0f};
    float out[4];
    void* slots[] = {const_cast<float*>(in), const_cast<float*>(gamma), const_cast<float*>(beta), out};
    Workers alone = {1, nullptr};
    const Call call = {&p, slots, nullptr, &alone};
    find_row("layer_norm_f32_reference")->run(&call);
    EXPECT_EQ(std::vector<float>(out, out + 4),
              form == LAYER_NORM_RMS ? (std::vector<float>{0.5f, 1.5f, 1, 3}) : (std::vector<float>{9, 11, -2, 2}));
  }
}

TEST(LayerNorm, RefusesHostileParameters) {
  const auto refused = [&](auto change) {
    LayerNormParams p = {0, 2, 3, 1e-3f};
    change(&p);
    expect_refused("layer_norm", params_of(p), f32);
  };
  refused([](LayerNormParams* p) { p->rows = -1; });
  refused([](LayerNormParams* p) { p->depth = -1; });
  refused([](LayerNormParams* p) { p->form = LAYER_NORM_FORMS; });
  refused([](LayerNormParams* p) { p->form = -1; });
  for (const float epsilon : {-1.0f, NAN, INFINITY}) refused([&](LayerNormParams* p) { p->epsilon = epsilon; });
}

}  // namespace
}  // namespace sinter
