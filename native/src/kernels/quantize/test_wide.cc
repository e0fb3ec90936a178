// quantize with 16 and 32 bits: values by hand, bounds, both rounding ways, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "core/catalogue.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/quantize/op.h"

namespace sinter {
namespace {

template <class Out, class In>
std::vector<Out> run(const std::vector<DataType>& types, const std::vector<In>& in, float in_scale,
                     int32_t in_zero_point, float out_scale, int32_t out_zero_point) {
  Case c;
  c.name = "quantize";
  c.op = "quantize";
  c.params =
      params_of(QuantizeParams{static_cast<int32_t>(in.size()), in_scale, in_zero_point, out_scale, out_zero_point});
  c.types = types;
  c.inputs = {bytes_of(in)};
  c.out_bytes = static_cast<int64_t>(in.size() * sizeof(Out));
  run_differential(c);
  const Bytes bytes = run_reference(c);
  std::vector<Out> out(in.size());
  if (!out.empty()) memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

TEST(QuantizeWide, FloatsToInt16) {
  const std::vector<float> in = {0, 0.24f, 0.25f, -0.25f, -0.26f, 1e9f, -1e9f, INFINITY, NAN};
  EXPECT_EQ((run<int16_t>({F32, S16}, in, 1, 0, 0.5f, 3)),
            (std::vector<int16_t>{3, 3, 4, 2, 2, 32767, -32768, -32768, -32768}));
}

TEST(QuantizeWide, BackToFloats) {
  EXPECT_EQ((run<float>({S16, F32}, std::vector<int16_t>{-32768, 0, 32767}, 0.5f, -2, 1, 0)),
            (std::vector<float>{-16383, 1, 16384.5f}));
  EXPECT_EQ((run<float>({S32, F32}, std::vector<int32_t>{-5, 0, 1 << 20}, 0.5f, 0, 1, 0)),
            (std::vector<float>{-2.5f, 0, 524288}));
}

TEST(QuantizeWide, VectorsAndTails) {
  Random random(7);
  for (const int count : {0, 1, 7, 8, 9, 1000, 16391, 40000}) {
    for (const float scale : {0.5f, 0.013f, 1e-7f}) {
      std::vector<float> in = random.f32(count, -400.0f, 400.0f);
      for (size_t i = 0; i < in.size(); i += 3) in[i] = 0.5f * static_cast<float>(random.integer(-9, 9)) * scale;
      for (size_t i = 1; i < in.size(); i += 50) in[i] = i % 100 == 1 ? NAN : i % 3 == 0 ? INFINITY : -3e38f;
      run<int16_t>({F32, S16}, in, 1, 0, scale, count % 3 == 0 ? 0 : -32768);
      std::vector<int16_t> back(in.size());
      for (auto& v : back) v = static_cast<int16_t>(random.integer(-32768, 32767));
      run<float>({S16, F32}, back, scale, count % 3 == 0 ? 0 : 9, 1, 0);
      for (const float out : {1.7f * scale, 0.03f, 40.0f}) {
        run<int8_t>({S16, S8}, back, scale, count % 3 == 0 ? 0 : -77, out, count % 4 - 100);
        run<int16_t>({S16, S16}, back, scale, count % 3 == 0 ? 0 : 32767, out, count % 4 * 9000);
        run<int16_t>({S8, S16}, random.s8(count), scale, 5, out, count % 4 * -9000);
      }
      if (HasFailure()) return;
    }
  }
}

TEST(QuantizeWide, FromOneQuantizationToAnother) {
  EXPECT_EQ((run<int16_t>({S8, S16}, std::vector<int8_t>{-128, -1, 0, 127}, 0.5f, -1, 0.25f, 0)),
            (std::vector<int16_t>{-254, 0, 2, 256}));
  EXPECT_EQ((run<int8_t>({S16, S8}, std::vector<int16_t>{-1000, -3, -2, 1, 2, 3, 1000}, 0.5f, 0, 1, 5)),
            (std::vector<int8_t>{-128, 4, 4, 6, 6, 7, 127}));  // halves go up
  EXPECT_EQ((run<int16_t>({S16, S16}, std::vector<int16_t>{-20000, 4, 20000}, 2, 0, 1, 0)),
            (std::vector<int16_t>{-32768, 8, 32767}));
  EXPECT_EQ((run<int32_t>({S16, S32}, std::vector<int16_t>{-20000, 4, 20000}, 2, 0, 1, 7)),
            (std::vector<int32_t>{-39993, 15, 40007}));
  EXPECT_EQ((run<int8_t>({S32, S8}, std::vector<int32_t>{-2147483647, -8, 8, 2147483647}, 0.25f, 0, 1, 0)),
            (std::vector<int8_t>{-128, -2, 2, 127}));
  EXPECT_EQ((run<int16_t>({S32, S16}, std::vector<int32_t>{-80000, 8, 80000}, 0.25f, 4, 1, 0)),
            (std::vector<int16_t>{-20001, 1, 19999}));
}

TEST(QuantizeWide, RefusesHostileParameters) {
  expect_refused("quantize", params_of(QuantizeParams{-1, 1, 0, 1, 0}), {S16, S8});
  expect_refused("quantize", params_of(QuantizeParams{1, 1, 32768, 1, 0}), {S16, S8});
  expect_refused("quantize", params_of(QuantizeParams{1, NAN, 0, 1, 0}), {S32, S16});
  expect_refused("quantize", params_of(QuantizeParams{1, 1e9f, 0, 1, 0}), {S32, S16});
}

}  // namespace
}  // namespace sinter
