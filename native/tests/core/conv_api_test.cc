// The direct convolutions: against a plain loop and the reference rows, from several threads, with hostile arguments.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <string>
#include <thread>
#include <vector>

#include "differential.h"
#include "float_bound.h"
#include "gtest/gtest.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/requantize.h"
#include "sinter.h"

namespace sinter {
namespace {

struct Problem {
  sinter_conv_options o;
  bool depthwise;
  int batch, in_h, in_w;
  int out_h, out_w;
  std::vector<uint8_t> bytes, byte_weights;  // 8 bits; as int8 where the type says so
  std::vector<float> floats, float_weights, float_bias, scale;
  std::vector<uint16_t> bf16_weights;
  std::vector<int32_t> bias;

  bool is_float() const {
    return o.type == SINTER_CONV_F32 || o.type == SINTER_CONV_F32BF16;
  }
  int group_channels() const {
    return depthwise ? 1 : o.in_c / o.groups;
  }
  size_t outputs() const {
    return static_cast<size_t>(batch * out_h * out_w * o.out_c);
  }
  const void* in() const {
    return is_float() ? static_cast<const void*>(floats.data()) : bytes.data();
  }
};

int out_size(int in, int padding, int kernel, int stride, int dilation) {
  return (in + padding - ((kernel - 1) * dilation + 1)) / stride + 1;
}

Problem make_problem(Random& random, int32_t type, bool depthwise) {
  Problem p;
  const auto pick = [&](int low, int high) { return static_cast<int>(random.integer(low, high)); };
  sinter_conv_init(&p.o, type);
  p.depthwise = depthwise;
  const int groups = depthwise ? 1 : pick(1, 3);
  p.o.groups = groups;
  p.o.in_c = groups * pick(1, 19);
  p.o.out_c = depthwise ? p.o.in_c * pick(1, 2) : groups * pick(1, 20);
  p.o.kernel_h = pick(1, 4);
  p.o.kernel_w = pick(1, 4);
  p.o.stride_h = pick(1, 3);
  p.o.stride_w = pick(1, 3);
  p.o.dilation_h = pick(1, 2);
  p.o.dilation_w = pick(1, 2);
  p.o.pad_top = pick(0, 2);
  p.o.pad_bottom = pick(0, 3);
  p.o.pad_left = pick(0, 2);
  p.o.pad_right = pick(0, 3);
  p.batch = pick(1, 2);
  p.in_h = pick(7, 13);
  p.in_w = pick(7, 13);
  p.out_h = out_size(p.in_h, p.o.pad_top + p.o.pad_bottom, p.o.kernel_h, p.o.stride_h, p.o.dilation_h);
  p.out_w = out_size(p.in_w, p.o.pad_left + p.o.pad_right, p.o.kernel_w, p.o.stride_w, p.o.dilation_w);
  const int64_t inputs = int64_t{p.batch} * p.in_h * p.in_w * p.o.in_c;
  const int64_t weights = int64_t{p.o.out_c} * p.o.kernel_h * p.o.kernel_w * p.group_channels();
  if (p.is_float()) {
    p.floats = random.f32(inputs, -1, 1);
    p.float_weights = random.f32(weights, -1, 1);
    p.float_bias = random.f32(p.o.out_c, -1, 1);
    p.o.bias = p.float_bias.data();
    p.o.weights = p.float_weights.data();
    if (type == SINTER_CONV_F32BF16) {
      p.bf16_weights.resize(p.float_weights.size());
      sinter_bf16_from_float(p.float_weights.data(), p.bf16_weights.data(), weights);
      sinter_bf16_to_float(p.bf16_weights.data(), p.float_weights.data(), weights);
      p.o.weights = p.bf16_weights.data();
    }
    p.o.act_min = -0.5f;
    return p;
  }
  const bool is_signed = type == SINTER_CONV_S8;
  for (int64_t i = 0; i < inputs; i++) p.bytes.push_back(static_cast<uint8_t>(random.integer(0, 255)));
  for (int64_t i = 0; i < weights; i++) p.byte_weights.push_back(static_cast<uint8_t>(random.integer(0, 255)));
  p.bias = random.s32(p.o.out_c, -2000, 2000);
  p.scale = random.f32(p.o.out_c, 0.0005f, 0.005f);
  p.o.weights = p.byte_weights.data();
  p.o.bias = p.bias.data();
  p.o.scale = p.scale.data();
  const int low = is_signed ? -128 : 0;
  p.o.in_zero_point = pick(low, low + 255);
  p.o.w_zero_point = is_signed ? 0 : pick(0, 255);
  p.o.out_zero_point = pick(low, low + 255);
  p.o.out_min = pick(low, low + 100);
  p.o.out_max = pick(low + 150, low + 255);
  return p;
}

// Calls f(output index, output channel, sum of f_product over the taps inside).
template <class Product, class Store>
void plain_loop(const Problem& p, const Product& product, const Store& store) {
  const sinter_conv_options& o = p.o;
  const int group = p.group_channels(), per_group = p.depthwise ? o.out_c / o.in_c : o.out_c / o.groups;
  size_t at = 0;
  for (int b = 0; b < p.batch; b++) {
    for (int y = 0; y < p.out_h; y++) {
      for (int x = 0; x < p.out_w; x++) {
        for (int n = 0; n < o.out_c; n++, at++) {
          double sum = 0;
          for (int i = 0; i < o.kernel_h; i++) {
            for (int j = 0; j < o.kernel_w; j++) {
              const int iy = y * o.stride_h + i * o.dilation_h - o.pad_top;
              const int ix = x * o.stride_w + j * o.dilation_w - o.pad_left;
              if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
              for (int c = 0; c < group; c++) {
                const int in = ((b * p.in_h + iy) * p.in_w + ix) * o.in_c + n / per_group * group + c;
                const int w = p.depthwise ? (i * o.kernel_w + j) * o.out_c + n
                                          : ((n * o.kernel_h + i) * o.kernel_w + j) * group + c;
                sum += product(static_cast<size_t>(in), static_cast<size_t>(w));
              }
            }
          }
          store(at, static_cast<size_t>(n), sum);
        }
      }
    }
  }
}

uint64_t create(const Problem& p, uint64_t isa_mask) {
  sinter_conv_options o = p.o;
  o.isa_mask = isa_mask;
  return p.depthwise ? sinter_depthwise_create(&o) : sinter_conv_create(&o);
}

const uint64_t no_isa = uint64_t{1} << 63;  // no row needs that bit: only the reference is left

void check_8_bits(const Problem& p) {
  const bool is_signed = p.o.type == SINTER_CONV_S8;
  const auto value = [&](uint8_t byte) { return is_signed ? static_cast<int8_t>(byte) : static_cast<int>(byte); };
  std::vector<uint8_t> expected(p.outputs());
  plain_loop(
      p,
      [&](size_t in, size_t w) {
        return (value(p.bytes[in]) - p.o.in_zero_point) * (value(p.byte_weights[w]) - p.o.w_zero_point);
      },
      [&](size_t at, size_t n, double sum) {
        expected[at] =
            static_cast<uint8_t>(requantize_8(static_cast<int32_t>(sum) + p.bias[n], p.scale[n], p.o.out_zero_point,
                                              p.o.out_min, p.o.out_max, is_signed ? -128 : 0));
      });
  for (uint64_t mask : {uint64_t{0}, no_isa}) {
    const uint64_t conv = create(p, mask);
    ASSERT_NE(conv, 0u);
    for (int threads : {1, 2}) {
      std::vector<uint8_t> out(p.outputs(), 0x5a);
      ASSERT_EQ(sinter_conv_run(conv, p.batch, p.in_h, p.in_w, p.bytes.data(), out.data(), threads), SINTER_OK);
      ASSERT_EQ(out, expected) << sinter_conv_row(conv);
    }
    sinter_conv_destroy(conv);
  }
}

void check_floats(const Problem& p) {
  const bool bf16 = p.o.type == SINTER_CONV_F32BF16;
  std::vector<double> expected(p.outputs());
  plain_loop(
      p,
      [&](size_t in, size_t w) {
        const float x = bf16 ? bf16_rounded(p.floats[in]) : p.floats[in];
        return static_cast<double>(x) * p.float_weights[w];
      },
      [&](size_t at, size_t n, double sum) { expected[at] = fmax(sum + p.float_bias[n], p.o.act_min); });
  const int64_t k = int64_t{p.o.kernel_h} * p.o.kernel_w * p.group_channels();
  for (uint64_t mask : {uint64_t{0}, no_isa}) {
    const uint64_t conv = create(p, mask);
    ASSERT_NE(conv, 0u);
    for (int threads : {1, 2}) {
      std::vector<float> out(p.outputs(), 77);
      ASSERT_EQ(sinter_conv_run(conv, p.batch, p.in_h, p.in_w, p.floats.data(), out.data(), threads), SINTER_OK);
      for (size_t i = 0; i < out.size(); i++) {
        ASSERT_NEAR(out[i], expected[i], float_bound(k, static_cast<double>(k + 1))) << sinter_conv_row(conv) << i;
      }
    }
    sinter_conv_destroy(conv);
  }
}

TEST(ConvApi, EqualsAPlainLoop) {
  Random random(91);
  for (int i = 0; i < 40; i++) {
    for (int32_t type : {SINTER_CONV_F32, SINTER_CONV_S8, SINTER_CONV_U8, SINTER_CONV_F32BF16}) {
      const Problem p = make_problem(random, type, false);
      if (p.is_float()) {
        check_floats(p);
      } else {
        check_8_bits(p);
      }
      if (HasFailure()) return;
    }
  }
}

TEST(ConvApi, DepthwiseEqualsAPlainLoop) {
  Random random(92);
  for (int i = 0; i < 40; i++) {
    for (int32_t type : {SINTER_CONV_F32, SINTER_CONV_S8, SINTER_CONV_U8}) {
      const Problem p = make_problem(random, type, true);
      if (p.is_float()) {
        check_floats(p);
      } else {
        check_8_bits(p);
      }
      if (HasFailure()) return;
    }
  }
}

// One handle, many threads, images of several sizes.
TEST(ConvApi, ServesThreadsAndSizes) {
  Random random(93);
  Problem p = make_problem(random, SINTER_CONV_S8, false);
  const uint64_t conv = create(p, 0);
  ASSERT_NE(conv, 0u);
  int32_t out_h = 0, out_w = 0;
  ASSERT_EQ(sinter_conv_out_size(conv, p.in_h, p.in_w, &out_h, &out_w), SINTER_OK);
  EXPECT_EQ(out_h, p.out_h);
  EXPECT_EQ(out_w, p.out_w);
  ASSERT_EQ(sinter_conv_reserve(conv, p.batch, p.in_h, p.in_w, 2, 4), SINTER_OK);
  std::vector<uint8_t> expected(p.outputs());
  ASSERT_EQ(sinter_conv_run(conv, p.batch, p.in_h, p.in_w, p.in(), expected.data(), 1), SINTER_OK);
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; t++) {
    threads.emplace_back([&, t] {
      std::vector<uint8_t> out(p.outputs()), one(p.outputs());
      for (int round = 0; round < 30; round++) {
        ASSERT_EQ(sinter_conv_run(conv, p.batch, p.in_h, p.in_w, p.in(), out.data(), 1 + t % 2), SINTER_OK);
        ASSERT_EQ(out, expected);
        ASSERT_EQ(sinter_conv_run(conv, 1, p.in_h, p.in_w, p.in(), one.data(), 1), SINTER_OK);
        ASSERT_FALSE(memcmp(one.data(), expected.data(), p.outputs() / static_cast<size_t>(p.batch)));
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(sinter_conv_destroy(conv), SINTER_OK);
  EXPECT_EQ(sinter_conv_destroy(conv), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_conv_run(conv, 1, 8, 8, p.in(), expected.data(), 1), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_conv_out_size(conv, 8, 8, &out_h, &out_w), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_conv_row(conv), nullptr);
}

TEST(ConvApi, RefusesNonsenseWithAMessage) {
  float weights[64] = {};
  const auto refused = [&](auto change, bool depthwise = false) {
    sinter_conv_options o;
    sinter_conv_init(&o, SINTER_CONV_F32);
    o.in_c = o.out_c = 4;
    o.weights = weights;
    if (depthwise) {
      const uint64_t fine = sinter_depthwise_create(&o);
      EXPECT_NE(fine, 0u);
      sinter_conv_destroy(fine);
    }
    change(o);
    const uint64_t conv = depthwise ? sinter_depthwise_create(&o) : sinter_conv_create(&o);
    EXPECT_EQ(conv, 0u);
    char text[256] = "";
    EXPECT_GT(sinter_last_error(text, sizeof text), 0);
    EXPECT_NE(std::string(text).find(depthwise ? "depthwise: " : "conv: "), std::string::npos) << text;
  };
  typedef sinter_conv_options O;
  EXPECT_EQ(sinter_conv_create(nullptr), 0u);
  EXPECT_EQ(sinter_depthwise_create(nullptr), 0u);
  sinter_conv_init(nullptr, 0);
  refused([](O& o) { o.type = 4; });
  refused([](O& o) { o.type = -1; });
  refused([](O& o) { o.type = SINTER_CONV_F32BF16; }, true);
  refused([](O& o) { o.weights = nullptr; });
  refused([](O& o) { o.type = SINTER_CONV_S8; });  // no scale
  refused([](O& o) { o.scale = static_cast<const float*>(o.weights); });
  refused([](O& o) { o.in_c = 0; });
  refused([](O& o) { o.out_c = -4; });
  refused([](O& o) { o.groups = 0; });
  refused([](O& o) { o.groups = 3; });
  refused([](O& o) { o.groups = 2; }, true);
  refused([](O& o) { o.out_c = 5; }, true);
  refused([](O& o) { o.kernel_h = 0; });
  refused([](O& o) { o.stride_w = 0; });
  refused([](O& o) { o.dilation_h = INT32_MAX; });
  refused([](O& o) { o.pad_bottom = -1; });
  refused([](O& o) { o.pad_right = INT32_MAX; });
  refused([](O& o) { o.act_min = NAN; });
  refused([](O& o) { o.in_c = o.out_c = INT32_MAX; });
  refused([](O& o) { o.in_c = o.out_c = INT32_MAX; }, true);
  sinter_conv_options o;
  sinter_conv_init(&o, SINTER_CONV_F32);
  o.in_c = o.out_c = 4;
  o.kernel_h = o.kernel_w = 2;
  o.weights = weights;
  const uint64_t conv = sinter_conv_create(&o);
  ASSERT_NE(conv, 0u);
  float in[64] = {}, out[64];
  int32_t h, w;
  EXPECT_EQ(sinter_conv_run(conv, 1, 1, 4, in, out, 1), SINTER_INVALID_ARGUMENT);  // the kernel is larger
  EXPECT_EQ(sinter_conv_run(conv, -1, 4, 4, in, out, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_run(conv, 1, 4, -4, in, out, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_run(conv, 1, 4, 4, nullptr, out, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_run(conv, 1, 4, 4, in, nullptr, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_run(conv, 1, 4, 4, in, out, -1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_run(conv, INT32_MAX, INT32_MAX, INT32_MAX, in, out, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_out_size(conv, 0, 4, &h, &w), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_out_size(conv, 4, 4, nullptr, &w), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_reserve(conv, 1, 4, 4, 1, 0), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_reserve(conv, 1, 4, 4, -1, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_reserve(conv, 1, 1, 1, 1, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_conv_run(conv, 0, 4, 4, nullptr, nullptr, 1), SINTER_OK);  // no images, nothing to do
  // A handle of a product is none of a convolution.
  sinter_gemm_options g;
  sinter_gemm_init(&g, SINTER_GEMM_F32);
  g.n = g.k = 4;
  g.weights = weights;
  const uint64_t gemm = sinter_gemm_create(&g);
  ASSERT_NE(gemm, 0u);
  EXPECT_EQ(sinter_conv_run(gemm, 1, 4, 4, in, out, 1), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_gemm_run(conv, 1, in, 4, out, 4, 1), SINTER_INVALID_HANDLE);
  sinter_gemm_destroy(gemm);
  sinter_conv_destroy(conv);
}

}  // namespace
}  // namespace sinter
