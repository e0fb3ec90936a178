// Sparse int8 gemm: block patterns, strides, and the same bytes as the dense rows.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/status.h"
#include "device_rows.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/sparse.h"

namespace sinter {
namespace {

// Weights of which `density` percent of the blocks of `height` outputs x 4 hold something.
std::vector<int8_t> blocks(Random& random, int n, int k, int height, int density) {
  std::vector<int8_t> weights(static_cast<size_t>(n) * static_cast<size_t>(k));
  for (int r = 0; r < n; r += height) {
    for (int q = 0; q < k; q += 4) {
      if (random.integer(0, 99) >= density) continue;
      for (int o = r; o < r + height && o < n; o++) {
        for (int i = q; i < q + 4 && i < k; i++) {
          weights[static_cast<size_t>(o * k + i)] = static_cast<int8_t>(random.integer(-128, 127));
        }
      }
    }
  }
  return weights;
}

// Weights without a zero.
std::vector<int8_t> full(Random& random, int n, int k) {
  std::vector<int8_t> weights = random.s8(int64_t{n} * k);
  for (int8_t& w : weights) w = w == 0 ? int8_t{-128} : w;
  return weights;
}

// One of four keeps int8's own bounds, as most layers do.
Case make_case(Random& random, int m, int n, int k, std::vector<int8_t> weights, int gap = 0) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = k;
  p.lda = k + gap;
  p.ldc = n + gap;
  p.a_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_min = static_cast<int32_t>(random.integer(-128, 0));
  p.out_max = static_cast<int32_t>(random.integer(p.out_min, 127));
  if (random.integer(0, 3) == 0) p.out_min = -128, p.out_max = 127;
  Case c;
  c.name = "sparse m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k) + " gap " +
           std::to_string(gap);
  c.op = "gemm";
  c.types = {S8, S8, S8};
  c.params = params_of(p);
  c.sources = {bytes_of(weights), bytes_of(random.s32(n, -9999, 9999)),
               bytes_of(random.f32(n, 0.001f / static_cast<float>(k), 0.05f / static_cast<float>(k)))};
  c.inputs = {bytes_of(random.s8(m ? int64_t{m - 1} * p.lda + k : 0))};
  c.out_bytes = m ? int64_t{m - 1} * p.ldc + n : 0;
  return c;
}

// How many rows the case must reach: those of a block form that are tested here.
int block_rows() {
  bool skip;
  if (device_only(&skip)) return 0;
  int count = 0;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    count += row->packing && strstr(row->packing->name, "gemm_s8_block") && tested_here(row);
  }
  return count;
}

TEST(GemmSparse, PatternsAndTails) {
  Random random(21);
  const int wanted = block_rows();
  for (int height : {1, 4, 16}) {
    for (int m : {0, 1, 2, 7, 8, 9, 15, 16, 17, 33, 49, 65}) {
      for (int n : {1, 3, 4, 5, 16, 18, 40}) {
        for (int k : {1, 3, 4, 15, 16, 17, 40}) {
          EXPECT_GE(run_differential(make_case(random, m, n, k, blocks(random, n, k, height, 30))), wanted);
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(GemmSparse, AllZerosAndNoZeros) {
  Random random(22);
  for (int m : {1, 2, 16, 50, 130}) {
    for (int n : {1, 16, 35}) {
      for (int k : {4, 30, 64}) {
        run_differential(make_case(random, m, n, k, blocks(random, n, k, 1, 0)));
        run_differential(make_case(random, m, n, k, full(random, n, k)));
        if (HasFailure()) return;
      }
    }
  }
}

// Outputs and values of k without a single weight beside full ones.
TEST(GemmSparse, EmptyRowsAndColumns) {
  Random random(23);
  for (int m : {1, 5, 40, 100}) {
    const int n = 37, k = 70;
    std::vector<int8_t> weights = full(random, n, k);
    for (int o = 0; o < n; o++) {
      for (int i = 0; i < k; i++) {
        if (o % 5 == 2 || (o >= 16 && o < 32) || i % 9 == 4 || (i >= 20 && i < 44)) {
          weights[static_cast<size_t>(o * k + i)] = 0;
        }
      }
    }
    run_differential(make_case(random, m, n, k, weights));
  }
}

TEST(GemmSparse, LargerShapes) {
  Random random(24);
  for (int i = 0; i < 16; i++) {
    const int m = static_cast<int>(random.integer(0, 3) ? random.integer(100, 400) : 1);
    const int n = static_cast<int>(random.integer(1, 200)), k = static_cast<int>(random.integer(1, 300));
    const int height = static_cast<int>(std::vector<int>{1, 4, 16}[static_cast<size_t>(i % 3)]);
    run_differential(
        make_case(random, m, n, k, blocks(random, n, k, height, static_cast<int>(random.integer(0, 100)))));
    if (HasFailure()) return;
  }
  // Every number of outputs that a chunk may have, every number of pixels that a tile may have.
  for (int n : {17, 33, 47, 48, 49, 63, 64, 65, 79, 81, 97, 113, 127, 129}) {
    run_differential(make_case(random, 70, n, 24, blocks(random, n, 24, 1, 30)));
  }
  for (int m = 2; m < 70; m++) run_differential(make_case(random, m, 70, 20, blocks(random, 70, 20, 4, 30)));
  // Many values of k: few pixels fit the first cache at a time.
  for (int m : {1, 30, 200}) run_differential(make_case(random, m, 20, 3001, blocks(random, 20, 3001, 1, 20)));
}

// Rows further apart than they are long: gaps untouched, nothing read behind the last row.
TEST(GemmSparse, Strides) {
  Random random(25);
  for (int m : {1, 2, 5, 16, 20, 70, 130}) {
    for (int gap : {1, 5, 64}) run_differential(make_case(random, m, 26, 21, blocks(random, 26, 21, 1, 50), gap));
  }
}

// Scales that bring sums beyond int32, where conversions saturate.
TEST(GemmSparse, ExtremeScales) {
  Random random(26);
  for (int m : {1, 3, 40}) {
    Case c = make_case(random, m, 20, 32, blocks(random, 20, 32, 4, 60));
    for (float scale : {3e38f, 1e6f, 1.0f, 1e-30f}) {
      c.sources[2] = bytes_of(std::vector<float>(20, scale));
      run_differential(c);
    }
  }
}

TEST(GemmSparse, PackingKeepsOnlyWhatIsNotZero) {
  Random random(27);
  for (int height : {1, 4, 16}) {
    const std::string name = "gemm_s8s8s8_block" + std::to_string(height) + "x4_reference";
    const RowDef* row = find_row(name.c_str());
    ASSERT_NE(row, nullptr);
    GemmParams p = {};
    p.m = 1, p.n = p.ldc = 64, p.k = p.lda = 64;
    auto bytes = [&](int density) {
      const std::vector<int8_t> weights =
          density == 100 ? full(random, 64, 64) : blocks(random, 64, 64, height, density);
      const std::vector<float> scale(64, 1.0f);
      const Source sources[] = {{weights.data(), 4096}, {nullptr, 0}, {scale.data(), 256}};
      return row->packing->bytes(&p, sources);
    };
    const int64_t none = bytes(0), all = bytes(100);
    EXPECT_NEAR(static_cast<double>(all - none), 1024.0 / height * (height * 4 + 2), 64);
    EXPECT_LT(bytes(20), none + (all - none) / 2);
  }
}

TEST(GemmSparse, PackingRefusesWrongSources) {
  const RowDef* row = find_row("gemm_s8s8s8_block4x4_reference");
  GemmParams p = {};
  p.m = 1, p.n = p.ldc = 6, p.k = p.lda = 5;
  const std::vector<int8_t> weights(64);
  const std::vector<float> scale(16);
  auto bytes = [&](int64_t w, int64_t b, int64_t s) {
    const Source sources[] = {
        {w ? weights.data() : nullptr, w}, {b ? scale.data() : nullptr, b}, {s ? scale.data() : nullptr, s}};
    return row->packing->bytes(&p, sources);
  };
  EXPECT_GT(bytes(30, 24, 24), 0);
  EXPECT_GT(bytes(30, 0, 24), 0);
  EXPECT_EQ(bytes(29, 24, 24), -1);
  EXPECT_EQ(bytes(0, 24, 24), -1);
  EXPECT_EQ(bytes(30, 20, 24), -1);
  EXPECT_EQ(bytes(30, 24, 20), -1);
  EXPECT_EQ(bytes(30, 24, 0), -1);
}

}  // namespace
}  // namespace sinter
