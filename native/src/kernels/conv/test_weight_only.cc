// conv of floats by weights of int8, int4 and half precision: every row against the plain one, exactly where sums are
// whole numbers; one window by hand; refusals.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/conv/test_shapes.h"
#include "kernels/gemm/dynamic.h"

namespace sinter {
namespace {

Case make_case(Random& random, ConvParams p, DataType type, bool bias, bool whole) {
  const int64_t k = conv_k(p), weights = k * p.out_c;
  p.dynamic = type == F16 ? 0 : WEIGHT_ONLY;
  Case c;
  c.name = "type " + std::to_string(type) + " " + std::to_string(p.in_h) + "x" + std::to_string(p.in_w) + "x" +
           std::to_string(p.in_c) + " to " + std::to_string(p.out_h) + "x" + std::to_string(p.out_w) + "x" +
           std::to_string(p.out_c) + ", kernel " + std::to_string(p.kernel_h) + "x" + std::to_string(p.kernel_w) +
           ", groups " + std::to_string(p.groups);
  c.op = "conv";
  c.types = {F32, type, F32};
  c.params = params_of(p);
  double largest = 1;
  Bytes stored, scale;
  if (type == F16) {
    std::vector<uint16_t> halves(static_cast<size_t>(weights));
    const uint16_t some[] = {0, 0x3800, 0x3c00, 0x3e00, 0x4000, 0xb800, 0xbc00, 0x8000};  // -1 .. 2 in halves
    for (auto& v : halves) {
      v = whole ? some[random.integer(0, 7)]
                : static_cast<uint16_t>(random.integer(0, 0x3c00) | random.integer(0, 1) << 15);
    }
    stored = bytes_of(halves);
  } else {
    largest = (type == S4 ? 8 : 128) * 0.02;
    std::vector<float> scales = random.f32(p.out_c, -0.02f, 0.02f);
    for (float& v : scales) v = whole ? ldexpf(1.0f, -static_cast<int>(random.integer(1, 8))) : v;
    stored = bytes_of(random.s8(type == S4 ? (weights + 1) / 2 : weights));
    scale = bytes_of(scales);
  }
  c.sources = {stored, bias ? float_values(random, p.out_c, whole) : Bytes(), scale};
  c.inputs = {float_values(random, int64_t{p.batch} * p.in_h * p.in_w * p.in_c, whole)};
  c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * p.out_c * 4;
  c.tolerance = {whole ? 0.0f : 2 * float_bound(k, static_cast<double>(k + 1) * largest)};
  return c;
}

TEST(ConvWeightOnly, RandomShapes) {
  Random random(91);
  for (int i = 0; i < 300; i++) {
    run_differential(make_case(random, conv_random_shape(random, i),
                               i % 3 == 0   ? S8
                               : i % 3 == 1 ? S4
                                            : F16,
                               i % 7 != 0, i % 2));
    if (HasFailure()) return;
  }
}

// More rows of the image than a block has, and more columns than a strip.
TEST(ConvWeightOnly, ManyBlocks) {
  Random random(92);
  for (const DataType type : {S8, S4, F16}) {
    ConvParams p = {};
    p.batch = p.groups = p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = p.pad_top = p.pad_left = 1;
    p.in_h = p.in_w = p.out_h = p.out_w = 40;
    p.in_c = 64;
    p.out_c = 100;
    p.kernel_h = p.kernel_w = 3;
    p.act_min = -INFINITY;
    p.act_max = INFINITY;
    run_differential(make_case(random, p, type, true, true));
  }
}

TEST(ConvWeightOnly, OneWindowByHand) {
  ConvParams p = {};
  p.batch = p.groups = p.in_h = p.out_h = p.out_w = p.in_c = p.kernel_h = 1;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.in_w = p.kernel_w = 3;
  p.out_c = 2;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  Case c;
  c.name = "by hand";
  c.op = "conv";
  c.inputs = {bytes_of(std::vector<float>{1, -2, 4})};
  c.out_bytes = 8;
  c.tolerance = {0.0f};
  const auto results = [&](DataType type, const Bytes& weights, const Bytes& scales) {
    p.dynamic = type == F16 ? 0 : WEIGHT_ONLY;
    c.params = params_of(p);
    c.types = {F32, type, F32};
    c.sources = {weights, bytes_of(std::vector<float>{0.5f, -1}), scales};
    const Bytes bytes = run_reference(c);
    std::vector<float> out(2);
    memcpy(out.data(), bytes.data(), 8);
    run_differential(c);
    return out;
  };
  const Bytes scales = bytes_of(std::vector<float>{0.5f, 2});
  EXPECT_EQ(results(S8, bytes_of(std::vector<int8_t>{1, 2, 3, -128, 0, 127}), scales),
            (std::vector<float>{0.5f + 0.5f * 9, -1 + 2.0f * (-128 + 508)}));
  // 1, 2, 3, -8, 0, 7, the lower four bits first.
  EXPECT_EQ(results(S4, bytes_of(std::vector<uint8_t>{0x21, 0x83, 0x70}), scales),
            (std::vector<float>{0.5f + 0.5f * 9, -1 + 2.0f * 20}));
  EXPECT_EQ(results(F16, bytes_of(std::vector<uint16_t>{0x3c00, 0x3800, 0x4000, 0xbc00, 0, 0}), Bytes()),
            (std::vector<float>{0.5f + 1 - 1 + 8, -1 - 1}));
}

TEST(ConvWeightOnly, RefusesHostileParameters) {
  const auto refuse = [](int32_t dynamic, const std::vector<DataType>& types) {
    ConvParams p = {};
    p.batch = p.groups = p.in_h = p.in_w = p.in_c = p.out_h = p.out_w = p.out_c = p.kernel_h = p.kernel_w = 1;
    p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
    p.dynamic = dynamic;
    expect_refused("conv", params_of(p), types);
  };
  refuse(7, {F32, S8, F32});
  refuse(5, {F32, F16, F32});
  refuse(1, {F32, S4, F32});
}

}  // namespace
}  // namespace sinter
