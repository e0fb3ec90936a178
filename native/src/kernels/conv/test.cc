// conv in int8: every row against the reference over kernels, strides, dilations, groups and paddings.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {
namespace {

Case make_case(Random& random, ConvParams p) {
  p.in_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_min = static_cast<int32_t>(random.integer(-128, 0));
  p.out_max = static_cast<int32_t>(random.integer(p.out_min, 127));
  Case c;
  c.name = "conv " + std::to_string(p.batch) + "x" + std::to_string(p.in_h) + "x" + std::to_string(p.in_w) + "x" +
           std::to_string(p.in_c) + " kernel " + std::to_string(p.kernel_h) + "x" + std::to_string(p.kernel_w) +
           " -> " + std::to_string(p.out_h) + "x" + std::to_string(p.out_w) + "x" + std::to_string(p.out_c) +
           " groups " + std::to_string(p.groups);
  c.op = "conv";
  c.types = {S8, S8, S8};
  c.params = params_of(p);
  const int64_t k = conv_k(p);
  c.sources = {bytes_of(random.s8(p.out_c * k)),
               random.integer(0, 3) == 0 ? Bytes() : bytes_of(random.s32(p.out_c, -9999, 9999)),
               bytes_of(random.f32(p.out_c, 0.002f / static_cast<float>(k), 0.02f / static_cast<float>(k)))};
  c.inputs = {bytes_of(random.s8(int64_t{p.batch} * p.in_h * p.in_w * p.in_c))};
  c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * p.out_c;
  return c;
}

// Output size when padding below and right equals padding above and left, plus `more` rows of nothing
// but padding.
int out_size(int in, int kernel, int stride, int dilation, int pad, int more) {
  const int span = (kernel - 1) * dilation + 1;
  const int size = in + 2 * pad - span;
  return (size < 0 ? 0 : size / stride + 1) + more;
}

ConvParams params(int batch, int h, int w, int c, int kh, int kw, int stride, int dilation, int pad, int out_c,
                  int groups, int more = 0) {
  ConvParams p = {};
  p.batch = batch;
  p.in_h = h;
  p.in_w = w;
  p.in_c = c;
  p.kernel_h = kh;
  p.kernel_w = kw;
  p.stride_h = p.stride_w = stride;
  p.dilation_h = p.dilation_w = dilation;
  p.pad_top = p.pad_left = pad;
  p.out_c = out_c;
  p.groups = groups;
  p.out_h = out_size(h, kh, stride, dilation, pad, more);
  p.out_w = out_size(w, kw, stride, dilation, pad, more);
  return p;
}

TEST(ConvS8, SmallShapes) {
  Random random(11);
  for (int c : {1, 2, 3, 4, 5, 8, 16, 17}) {
    for (int out_c : {1, 3, 8, 16, 20}) {
      for (int kernel : {1, 2, 3}) {
        for (int stride : {1, 2}) {
          run_differential(make_case(random, params(1, 6, 5, c, kernel, kernel, stride, 1, kernel / 2, out_c, 1)));
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(ConvS8, RandomShapes) {
  Random random(12);
  for (int i = 0; i < 200; i++) {
    const int groups = static_cast<int>(random.integer(1, 3));
    ConvParams p = params(static_cast<int>(random.integer(1, 2)), static_cast<int>(random.integer(1, 14)),
                          static_cast<int>(random.integer(1, 14)), groups * static_cast<int>(random.integer(1, 24)),
                          static_cast<int>(random.integer(1, 5)), static_cast<int>(random.integer(1, 5)),
                          static_cast<int>(random.integer(1, 3)), static_cast<int>(random.integer(1, 3)),
                          static_cast<int>(random.integer(0, 4)), groups * static_cast<int>(random.integer(1, 24)),
                          groups, static_cast<int>(random.integer(0, 2)));
    p.stride_h = static_cast<int32_t>(random.integer(1, 3));
    p.pad_top = static_cast<int32_t>(random.integer(0, 7));
    run_differential(make_case(random, p));
    if (HasFailure()) return;
  }
}

TEST(ConvS8, FewChannels) {
  Random random(14);
  for (int i = 0; i < 120; i++) {
    const auto any = [&](int from, int to) { return static_cast<int>(random.integer(from, to)); };
    ConvParams p = params(any(1, 2), any(1, 12), any(1, 100), any(1, 4), any(1, 5), any(1, 7), any(1, 2), 1, any(0, 4),
                          any(1, 8), 1, any(0, 2));
    p.stride_h = any(1, 3);
    p.dilation_h = any(1, 2);
    Case c = make_case(random, p);
    if (i % 4 == 0) c.sources[2] = bytes_of(random.f32(p.out_c, 0.001f, 1.5f));  // not all below 1
    run_differential(c);
    if (HasFailure()) return;
  }
}

// Few of the lines that a window reaches over are read.
TEST(ConvS8, FarDilatedWindows) {
  Random random(15);
  for (int i = 0; i < 120; i++) {
    const auto any = [&](int from, int to) { return static_cast<int>(random.integer(from, to)); };
    const int groups = i % 4 == 0 ? any(2, 3) : 1, most = i % 3 == 0 ? 4 : 20;
    ConvParams p = params(any(1, 2), any(20, 60), any(1, 40), groups * any(1, most), any(1, 5), any(1, 3), any(1, 2), 1,
                          any(0, 2), groups * any(1, 2 * most), groups);
    p.stride_h = any(1, 7);
    p.dilation_h = any(1, 20);
    p.pad_top = any(0, 30);
    p.out_h = any(1, 12);
    run_differential(make_case(random, p));
    if (HasFailure()) return;
  }
}

TEST(ConvS8, LayersOfRealNetworks) {
  Random random(13);
  run_differential(make_case(random, params(1, 32, 32, 3, 3, 3, 1, 1, 1, 16, 1)));
  run_differential(make_case(random, params(1, 49, 10, 1, 10, 4, 2, 1, 4, 64, 1)));
  run_differential(make_case(random, params(1, 8, 8, 64, 3, 3, 1, 1, 1, 64, 1)));
  run_differential(make_case(random, params(2, 7, 7, 48, 3, 3, 1, 1, 1, 80, 1)));    // lines share tiles
  run_differential(make_case(random, params(1, 28, 28, 32, 3, 3, 1, 1, 1, 33, 1)));  // several blocks of lines
  run_differential(make_case(random, params(1, 57, 57, 24, 3, 3, 2, 1, 0, 64, 1)));
  run_differential(make_case(random, params(1, 14, 14, 40, 5, 5, 1, 1, 2, 48, 1)));  // runs that steps do not divide
  run_differential(make_case(random, params(1, 12, 40, 16, 3, 3, 1, 2, 2, 16, 1)));
}

TEST(ConvS8, RefusesHostileParameters) {
  const ConvParams good = params(1, 5, 5, 4, 3, 3, 1, 1, 1, 6, 2);
  auto refuse = [&](auto change) {
    ConvParams p = good;
    p.out_max = 127;
    change(p);
    expect_refused("conv", params_of(p), {S8, S8, S8});
  };
  refuse([](ConvParams& p) { p.batch = -1; });
  refuse([](ConvParams& p) { p.in_c = 0; });
  refuse([](ConvParams& p) { p.groups = 3; });
  refuse([](ConvParams& p) { p.groups = 0; });
  refuse([](ConvParams& p) { p.kernel_h = 0; });
  refuse([](ConvParams& p) { p.stride_w = 0; });
  refuse([](ConvParams& p) { p.dilation_h = -1; });
  refuse([](ConvParams& p) { p.pad_left = -1; });
  refuse([](ConvParams& p) { p.in_zero_point = 200; });
  refuse([](ConvParams& p) { p.out_min = 3, p.out_max = 2; });
  refuse([](ConvParams& p) { p.kernel_h = p.kernel_w = INT32_MAX; });
  refuse([](ConvParams& p) { p.out_h = p.out_w = p.batch = INT32_MAX; });
  refuse([](ConvParams& p) { p.stride_h = INT32_MAX; });
}

}  // namespace
}  // namespace sinter
