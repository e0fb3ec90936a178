// conv in float: every row against the reference.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {
namespace {

TEST(ConvF32, RandomShapes) {
  Random random(41);
  for (int i = 0; i < 250; i++) {
    ConvParams p = {};
    p.groups = i % 4 == 0 ? static_cast<int32_t>(random.integer(2, 3)) : 1;
    p.batch = static_cast<int32_t>(random.integer(1, 2));
    p.in_h = static_cast<int32_t>(random.integer(1, 12));
    p.in_w = static_cast<int32_t>(random.integer(1, 12));
    p.in_c = p.groups * static_cast<int32_t>(random.integer(1, 20));
    p.out_c = p.groups * static_cast<int32_t>(random.integer(1, 36));
    p.kernel_h = static_cast<int32_t>(random.integer(1, 4));
    p.kernel_w = static_cast<int32_t>(random.integer(1, 4));
    p.stride_h = static_cast<int32_t>(random.integer(1, 3));
    p.stride_w = static_cast<int32_t>(random.integer(1, 3));
    p.dilation_h = i % 5 == 0 ? 2 : 1;
    p.dilation_w = i % 5 == 0 ? 2 : 1;
    p.pad_top = static_cast<int32_t>(random.integer(0, 3));
    p.pad_left = static_cast<int32_t>(random.integer(0, 3));
    p.out_h = static_cast<int32_t>(random.integer(1, 8));
    p.out_w = static_cast<int32_t>(random.integer(1, 8));
    p.act_min = i % 3 ? -INFINITY : 0.0f;
    p.act_max = i % 3 ? INFINITY : 6.0f;
    const int64_t k = conv_k(p);
    Case c;
    c.name = "conv f32 case " + std::to_string(i);
    c.op = "conv";
    c.types = {F32, F32, F32};
    c.params = params_of(p);
    c.sources = {bytes_of(random.f32(p.out_c * k, -1, 1)), i % 3 ? bytes_of(random.f32(p.out_c, -1, 1)) : Bytes(),
                 Bytes()};
    c.inputs = {bytes_of(random.f32(int64_t{p.batch} * p.in_h * p.in_w * p.in_c, -1, 1))};
    c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * p.out_c * 4;
    c.tolerance = {static_cast<float>(k + 1) * 3e-6f};
    run_differential(c);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace sinter
