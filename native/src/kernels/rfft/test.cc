// rfft: differential tests of its rows, transforms known beforehand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/rfft/op.h"

namespace sinter {
namespace {

std::vector<double> roots(int n) {
  std::vector<double> out;
  for (int k = 0; k < n; k++) {
    out.push_back(cos(2 * M_PI * k / n));
    out.push_back(-sin(2 * M_PI * k / n));
  }
  return out;
}

Case rfft(const RfftParams& p, const std::vector<float>& in) {
  Case c;
  c.name = "rfft of " + std::to_string(p.batch) + " x " + std::to_string(p.in_h) + " x " + std::to_string(p.in_w) +
           " as " + std::to_string(p.fft_h) + " x " + std::to_string(p.fft_w);
  c.op = "rfft";
  c.params = params_of(p);
  c.types = {F32, S64, F32};
  std::vector<double> both = roots(p.fft_w);
  for (const double x : roots(p.fft_h)) both.push_back(x);
  c.inputs = {bytes_of(in), bytes_of(both)};
  c.out_bytes = int64_t{8} * p.batch * p.fft_h * (p.fft_w / 2 + 1);
  // Sums in doubles: what differs is the rounding to floats, of values up to the number of terms.
  c.tolerance = {6e-8f * static_cast<float>(p.fft_h * p.fft_w)};
  return c;
}

TEST(Rfft, RowsAgree) {
  Random random(1);
  for (const int32_t width : {1, 2, 4, 8, 16, 32, 64, 128, 512, 1024}) {
    for (const int32_t batch : {0, 1, 2, 3, 7, 8, 9, 17}) {
      const RfftParams p = {batch, 1, width, 1, width};
      run_differential(rfft(p, random.f32(int64_t{batch} * width, -1, 1)));
    }
  }
}

TEST(Rfft, PlanesAgree) {
  Random random(2);
  for (int trial = 0; trial < 60; trial++) {
    RfftParams p = {};
    p.batch = static_cast<int32_t>(random.integer(1, 5));
    p.fft_h = 1 << random.integer(0, 5);
    p.fft_w = 1 << random.integer(0, 6);
    // Cut, exact, or filled up.
    p.in_h = static_cast<int32_t>(random.integer(0, 2 * p.fft_h));
    p.in_w = static_cast<int32_t>(random.integer(0, 2 * p.fft_w));
    run_differential(rfft(p, random.f32(int64_t{p.batch} * p.in_h * p.in_w, -1, 1)));
  }
}

TEST(Rfft, KnownValues) {
  // One wave of a cosine: half of the 4 samples' sum at frequency 1, nothing elsewhere.
  const Bytes out = run_reference(rfft({1, 1, 4, 1, 4}, {1, 0, -1, 0}));
  float y[6];
  memcpy(y, out.data(), sizeof y);
  const float expected[] = {0, 0, 2, 0, 0, 0};
  for (int i = 0; i < 6; i++) EXPECT_NEAR(y[i], expected[i], 1e-7f) << i;
}

TEST(Rfft, HostileParameters) {
  const RfftParams good = {1, 1, 8, 1, 8};
  for (int32_t RfftParams::* field :
       {&RfftParams::batch, &RfftParams::in_h, &RfftParams::in_w, &RfftParams::fft_h, &RfftParams::fft_w}) {
    RfftParams p = good;
    p.*field = -1;
    expect_refused("rfft", params_of(p), {F32, S64, F32});
  }
  for (const int32_t length : {0, 3, 1 << 21}) {
    RfftParams p = good;
    p.fft_w = length;
    expect_refused("rfft", params_of(p), {F32, S64, F32});
  }
  expect_refused("rfft", params_of(RfftParams{1 << 30, 1 << 30, 1 << 30, 8, 8}), {F32, S64, F32});
}

}  // namespace
}  // namespace sinter
