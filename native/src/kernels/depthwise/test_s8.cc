// int8 depthwise: every row against the reference, the reference against the definition, refusals.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <algorithm>

#include "core/catalogue.h"
#include "core/status.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

DepthwiseParams shape(int batch, int height, int width, int channels, int multiplier, int kernel_h, int kernel_w,
                      int stride, int dilation) {
  DepthwiseParams p = {};
  p.batch = batch;
  p.in_h = height;
  p.in_w = width;
  p.in_c = channels;
  p.multiplier = multiplier;
  p.kernel_h = kernel_h;
  p.kernel_w = kernel_w;
  p.stride_h = p.stride_w = stride;
  p.dilation_h = p.dilation_w = dilation;
  p.pad_top = (kernel_h - 1) * dilation / 2;
  p.pad_left = (kernel_w - 1) * dilation / 2;
  p.out_h = (height + stride - 1) / stride;
  p.out_w = (width + stride - 1) / stride;
  p.in_zero_point = -3;
  p.out_zero_point = 5;
  p.out_min = -128;
  p.out_max = 127;
  return p;
}

// low..high: the range of activations and weights; extremes find saturation.
Case make_case(const DepthwiseParams& p, Random& random, int low = -128, int high = 127) {
  const int64_t channels = int64_t{p.in_c} * p.multiplier, taps = int64_t{p.kernel_h} * p.kernel_w;
  Case c;
  c.name = "in " + std::to_string(p.in_h) + "x" + std::to_string(p.in_w) + "x" + std::to_string(p.in_c) + "*" +
           std::to_string(p.multiplier) + " kernel " + std::to_string(p.kernel_h) + "x" + std::to_string(p.kernel_w) +
           " stride " + std::to_string(p.stride_h) + "," + std::to_string(p.stride_w) + " dilation " +
           std::to_string(p.dilation_h) + "," + std::to_string(p.dilation_w) + " pad " + std::to_string(p.pad_top) +
           "," + std::to_string(p.pad_left) + " out " + std::to_string(p.out_h) + "x" + std::to_string(p.out_w);
  c.op = "depthwise";
  c.params = params_of(p);
  c.types = {S8, S8, S8};
  const float typical = 60.0f / (5000.0f * sqrtf(static_cast<float>(taps)));
  c.sources = {bytes_of(random.s8(taps * channels, low, high)), bytes_of(random.s32(channels, -20000, 20000)),
               bytes_of(random.f32(channels, typical / 4, typical * 2))};
  c.inputs = {bytes_of(random.s8(int64_t{p.batch} * p.in_h * p.in_w * p.in_c, low, high))};
  c.out_bytes = int64_t{p.batch} * p.out_h * p.out_w * channels;
  return c;
}

TEST(DepthwiseS8, EveryChannelCount) {
  Random random(1);
  for (int channels = 1; channels <= 70; channels++) {
    for (int stride = 1; stride <= 2; stride++) {
      run_differential(make_case(shape(1, 4, 5, channels, 1, 3, 3, stride, 1), random));
    }
  }
  for (int channels : {95, 96, 97, 127, 128, 129, 144, 160, 192}) {
    run_differential(make_case(shape(1, 3, 6, channels, 1, 3, 3, 1, 1), random));
  }
}

TEST(DepthwiseS8, EveryWidthAndPadding) {
  Random random(2);
  for (int channels : {3, 16, 24, 64}) {
    for (int stride = 1; stride <= 3; stride++) {
      for (int width = 1; width <= 12; width++) {
        for (int pad = 0; pad <= 3; pad++) {
          DepthwiseParams p = shape(1, 3, width, channels, 1, 3, 3, stride, 1);
          p.pad_left = pad;
          p.pad_top = pad / 2;
          run_differential(make_case(p, random));
        }
      }
    }
  }
}

TEST(DepthwiseS8, EveryKernelSize) {
  Random random(3);
  for (int kernel_h = 1; kernel_h <= 5; kernel_h++) {
    for (int kernel_w = 1; kernel_w <= 5; kernel_w++) {
      for (int dilation = 1; dilation <= 2; dilation++) {
        for (int channels : {5, 20}) {
          run_differential(make_case(shape(1, 6, 7, channels, 1, kernel_h, kernel_w, 1, dilation), random));
        }
      }
    }
  }
}

// Outputs side by side in a vector, taps that move on, rows outside.
TEST(DepthwiseS8, LargeKernelsOverWideRows) {
  Random random(8);
  for (int channels : {3, 4, 8, 16, 24, 32, 48, 64, 72, 96, 130}) {
    for (int kernel : {5, 7}) {
      for (int stride = 1; stride <= 2; stride++) {
        for (int width : {6, 13, 29}) {
          run_differential(make_case(shape(2, 8, width, channels, 1, kernel, kernel, stride, 1), random));
        }
      }
    }
    run_differential(make_case(shape(1, 9, 22, channels, 1, 3, 3, 1, 2), random));
    run_differential(make_case(shape(1, 3, 40, channels, 1, 1, 9, 1, 1), random));
    run_differential(make_case(shape(1, 9, 12, channels, 2, 5, 5, 1, 1), random));
  }
}

TEST(DepthwiseS8, RandomShapes) {
  Random random(4);
  for (int i = 0; i < 300; i++) {
    auto pick = [&](int low, int high) { return static_cast<int>(random.integer(low, high)); };
    DepthwiseParams p = shape(pick(0, 2), pick(1, 9), pick(1, 11), pick(1, 40), pick(0, 3) == 0 ? pick(2, 9) : 1,
                              pick(1, 4), pick(1, 4), 1, 1);
    if (pick(0, 1)) p.kernel_h = p.kernel_w = 3;
    p.stride_h = pick(1, 3);
    p.stride_w = pick(1, 3);
    if (pick(0, 2) == 0) p.dilation_h = pick(1, 3), p.dilation_w = pick(1, 3);
    p.pad_top = pick(0, 4);
    p.pad_left = pick(0, 4);
    p.out_h = pick(0, 6);
    p.out_w = pick(0, 9);
    p.in_zero_point = pick(-128, 127);
    p.out_zero_point = pick(-128, 127);
    p.out_min = pick(-128, 127);
    p.out_max = pick(p.out_min, 127);
    Case c = make_case(p, random);
    if (pick(0, 3) == 0) c.sources[1].clear();
    run_differential(c);
    if (HasFailure()) return;
  }
}

TEST(DepthwiseS8, ExtremeValuesAndScales) {
  Random random(5);
  for (int channels : {8, 16, 40, 64}) {
    for (float scale : {1e-10f, 0.5f, 1.0f, 1e10f, 3e38f}) {
      for (int32_t bias : {INT32_MIN, -1, 0, INT32_MAX}) {
        const DepthwiseParams p = shape(1, 4, 5, channels, 1, 3, 3, 1, 1);
        Case c = make_case(p, random, -128, -127);
        c.sources[1] = bytes_of(std::vector<int32_t>(static_cast<size_t>(channels), bias));
        c.sources[2] = bytes_of(std::vector<float>(static_cast<size_t>(channels), scale));
        run_differential(c);
      }
    }
  }
}

// The reference itself, against sums and a rounding written in another way.
TEST(DepthwiseS8, ReferenceFollowsItsDefinition) {
  Random random(6);
  const RowDef* row = find_row("depthwise_s8s8s8_reference");
  for (int i = 0; i < 40; i++) {
    DepthwiseParams p = shape(1, 4, 5, 3, static_cast<int>(random.integer(1, 3)), 3, 2, 1, 1);
    p.out_min = -100;
    p.out_max = 90;
    Case c = make_case(p, random);
    const int channels = p.in_c * p.multiplier;
    Source sources[3];
    for (int s = 0; s < 3; s++) sources[s] = {c.sources[s].data(), static_cast<int64_t>(c.sources[s].size())};
    std::vector<int64_t> packed(static_cast<size_t>(row->packing->bytes(&p, sources)) / 8 + 8);
    ASSERT_EQ(row->packing->pack(&p, sources, packed.data(), 0), SINTER_OK);
    std::vector<int8_t> out(static_cast<size_t>(c.out_bytes));
    void* slots[] = {c.inputs[0].data(), packed.data(), out.data()};
    Workers alone = {1, nullptr};
    const Call call = {&p, slots, nullptr, &alone};
    row->run(&call);
    const int8_t* in = reinterpret_cast<const int8_t*>(c.inputs[0].data());
    const int8_t* weights = reinterpret_cast<const int8_t*>(c.sources[0].data());
    const int32_t* bias = reinterpret_cast<const int32_t*>(c.sources[1].data());
    const float* scale = reinterpret_cast<const float*>(c.sources[2].data());
    for (int y = 0; y < p.out_h; y++) {
      for (int x = 0; x < p.out_w; x++) {
        for (int o = 0; o < channels; o++) {
          int64_t sum = bias[o];
          for (int ky = 0; ky < 3; ky++) {
            for (int kx = 0; kx < 2; kx++) {
              const int iy = y + ky - p.pad_top, ix = x + kx - p.pad_left;
              if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
              sum += (in[(iy * p.in_w + ix) * p.in_c + o / p.multiplier] - p.in_zero_point) *
                     weights[(ky * 2 + kx) * channels + o];
            }
          }
          const float scaled = static_cast<float>(sum) * scale[o];
          const double expected = std::clamp(nearbyint(static_cast<double>(scaled)) + p.out_zero_point,
                                             static_cast<double>(p.out_min), static_cast<double>(p.out_max));
          ASSERT_EQ(out[static_cast<size_t>((y * p.out_w + x) * channels + o)], expected);
        }
      }
    }
  }
}

TEST(DepthwiseS8, RefusesHostileParameters) {
  const DepthwiseParams good = shape(1, 4, 5, 8, 1, 3, 3, 1, 1);
  auto refused = [&](int32_t DepthwiseParams::* field, std::initializer_list<int32_t> values) {
    for (int32_t value : values) {
      DepthwiseParams p = good;
      p.*field = value;
      expect_refused("depthwise", params_of(p), {S8, S8, S8});
    }
  };
  typedef DepthwiseParams P;
  for (auto field : {&P::batch, &P::in_h, &P::in_w, &P::out_h, &P::out_w, &P::pad_top, &P::pad_left}) {
    refused(field, {-1, INT32_MIN});
  }
  for (auto field : {&P::in_c, &P::multiplier, &P::kernel_h, &P::kernel_w, &P::stride_h, &P::stride_w, &P::dilation_h,
                     &P::dilation_w}) {
    refused(field, {0, -1, INT32_MIN});
  }
  for (auto field : {&P::kernel_h, &P::kernel_w, &P::in_c, &P::multiplier, &P::stride_w, &P::stride_h, &P::dilation_w,
                     &P::dilation_h, &P::pad_top, &P::pad_left, &P::in_zero_point, &P::out_zero_point, &P::out_max}) {
    refused(field, {INT32_MAX});
  }
  refused(&P::in_zero_point, {-129, 128});
  refused(&P::out_zero_point, {-129, 128});
  refused(&P::out_min, {-129, 128});
  refused(&P::out_max, {-129, 128});
  DepthwiseParams p = good;
  p.out_min = 3;
  p.out_max = 2;
  expect_refused("depthwise", params_of(p), {S8, S8, S8});
  p = good;
  p.batch = p.in_h = p.in_w = INT32_MAX / 2;
  expect_refused("depthwise", params_of(p), {S8, S8, S8});
}

TEST(DepthwiseS8, PackingsRefuseWrongSources) {
  Random random(7);
  const DepthwiseParams p = shape(1, 4, 5, 8, 1, 3, 3, 1, 1);
  const Case good = make_case(p, random);
  for (int i = 0; i < packing_count(); i++) {
    const PackingDef* packing = packing_at(i);
    // Of tfl.gemm8 the scales are doubles: its sources are int16's.
    if (strncmp(packing->name, "depthwise_s8", 12) || !strcmp(packing->name, "depthwise_s8_fixed")) continue;
    auto bytes = [&](const std::vector<Bytes>& from) {
      Source sources[3];
      for (int s = 0; s < 3; s++) {
        sources[s] = {from[s].empty() ? nullptr : from[s].data(), static_cast<int64_t>(from[s].size())};
      }
      return packing->bytes(&p, sources);
    };
    EXPECT_GT(bytes(good.sources), 0) << packing->name;
    for (int s = 0; s < 3; s++) {
      std::vector<Bytes> sources = good.sources;
      sources[s].pop_back();
      EXPECT_EQ(bytes(sources), -1) << packing->name << " takes a short source " << s;
      sources[s].clear();
      EXPECT_EQ(bytes(sources) == -1, s != 1) << packing->name << ": only the bias is optional";
    }
    for (float bad : {0.0f, -1.0f, INFINITY, NAN}) {
      std::vector<Bytes> sources = good.sources;
      memcpy(sources[2].data() + 4, &bad, 4);
      EXPECT_EQ(bytes(sources), -1) << packing->name << " takes a scale of " << bad;
    }
  }
}

}  // namespace
}  // namespace sinter
