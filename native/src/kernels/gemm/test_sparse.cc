// Sparse int8 gemm: block patterns, pitches, and the same bytes as the dense rows.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "core/arena.h"
#include "core/catalogue.h"
#include "core/status.h"
#include "core/workers.h"
#include "device_rows.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/sparse.h"

namespace sinter {
namespace {

// Weights of which `density` percent of the 4x4 blocks hold something.
std::vector<int8_t> blocks(Random& random, int n, int k, int density) {
  std::vector<int8_t> weights(static_cast<size_t>(n) * static_cast<size_t>(k));
  for (int r = 0; r < n; r += 4) {
    for (int q = 0; q < k; q += 4) {
      if (random.integer(0, 99) >= density) continue;
      for (int o = r; o < r + 4 && o < n; o++) {
        for (int i = q; i < q + 4 && i < k; i++) {
          weights[static_cast<size_t>(o * k + i)] = static_cast<int8_t>(random.integer(-128, 127));
        }
      }
    }
  }
  return weights;
}

Case make_case(Random& random, int m, int n, int k, int density, int gap = 0) {
  GemmParams p = {};
  p.m = m;
  p.n = n;
  p.k = p.lda = k;
  p.ldc = n;
  p.a_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_zero_point = static_cast<int32_t>(random.integer(-128, 127));
  p.out_min = static_cast<int32_t>(random.integer(-128, 0));
  p.out_max = static_cast<int32_t>(random.integer(p.out_min, 127));
  Case c;
  c.name = "sparse m" + std::to_string(m) + " n" + std::to_string(n) + " k" + std::to_string(k) + " density " +
           std::to_string(density) + " gap " + std::to_string(gap);
  c.op = "gemm";
  c.types = {S8, S8, S8};
  c.params = params_of(p);
  c.sources = {bytes_of(blocks(random, n, k, density)), bytes_of(random.s32(n, -9999, 9999)),
               bytes_of(random.f32(n, 0.001f / static_cast<float>(k), 0.05f / static_cast<float>(k)))};
  c.inputs = {bytes_of(random.s8(int64_t{m} * k))};
  c.out_bytes = int64_t{m} * n;
  c.width = m;
  c.in_channels = k;
  c.out_channels = n;
  c.in_fill = p.a_zero_point;
  c.to_quads = [](void* params, int64_t pitch) {
    GemmParams* q = static_cast<GemmParams*>(params);
    q->lda = q->ldc = static_cast<int32_t>(pitch);
  };
  return c;
}

// How many rows the case must reach: those of the block form that run here.
int block_rows() {
  bool skip;
  if (device_only(&skip)) return 0;
  int count = 0;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    count += row->packing && !strcmp(row->packing->name, "gemm_s8_block4x4") && row_runs_here(row);
  }
  return count;
}

TEST(GemmSparse, PatternsAndTails) {
  Random random(21);
  const int wanted = block_rows();
  for (int density : {0, 20, 100}) {
    for (int m : {1, 2, 7, 8, 9, 16, 17, 50, 65}) {
      for (int n : {1, 3, 4, 5, 8, 18}) {
        for (int k : {1, 3, 4, 17, 40}) {
          EXPECT_GE(run_differential(make_case(random, m, n, k, density)), wanted);
          if (HasFailure()) return;
        }
      }
    }
  }
}

TEST(GemmSparse, LargerShapes) {
  Random random(22);
  for (int i = 0; i < 12; i++) {
    const int m = static_cast<int>(random.integer(0, 1) ? 1 : random.integer(100, 300));
    run_differential(make_case(random, m, static_cast<int>(random.integer(1, 200)),
                               static_cast<int>(random.integer(1, 300)), static_cast<int>(random.integer(0, 100))));
    if (HasFailure()) return;
  }
  run_differential(make_case(random, 1, 256, 1024, 20));
}

// Pitches wider than the pixels: right results, gaps untouched, nothing read behind the last pixel.
TEST(GemmSparse, PitchesWiderThanThePixels) {
  Random random(23);
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (!row->packing || strcmp(row->packing->name, "gemm_s8_block4x4") || !row_runs_here(row)) continue;
    for (int m : {1, 2, 5, 8, 11, 20, 70, 130}) {
      const int n = 10, k = 13;
      const Case c = make_case(random, m, n, k, 60);
      GemmParams p;
      memcpy(&p, c.params.data(), sizeof p);
      p.lda = m + 3;
      p.ldc = m + 5;
      Source sources[3];
      for (int s = 0; s < 3; s++) sources[s] = {c.sources[s].data(), static_cast<int64_t>(c.sources[s].size())};
      int64_t needed[MAX_SLOTS];
      ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
      EXPECT_EQ(needed[GEMM_A], 3 * p.lda * 4 + m * 4);
      std::vector<int8_t> a = random.s8(needed[GEMM_A]), out(static_cast<size_t>(needed[GEMM_C]), 99);
      Arena packed, scratch;
      ASSERT_TRUE(packed.resize(row->packing->bytes(&p, sources)));
      ASSERT_EQ(row->packing->pack(&p, sources, packed.data(), packed.bytes()), SINTER_OK);
      ASSERT_TRUE(scratch.resize(row->scratch(&p, 1)));
      void* slots[] = {a.data(), packed.data(), out.data()};
      Workers alone = {1, nullptr};
      const Call call = {&p, slots, scratch.data(), &alone};
      row->run(&call);
      // The dense reference on the same pixels, row-major.
      const RowDef* dense = find_row("gemm_s8s8s8_reference");
      std::vector<int8_t> rows(static_cast<size_t>(m * k)), expected(static_cast<size_t>(m * n));
      for (int x = 0; x < m; x++) {
        for (int i2 = 0; i2 < k; i2++) {
          rows[static_cast<size_t>(x * k + i2)] = a[static_cast<size_t>((i2 / 4 * p.lda + x) * 4 + i2 % 4)];
        }
      }
      GemmParams d = p;
      d.lda = k;
      d.ldc = n;
      Arena plain;
      ASSERT_TRUE(plain.resize(dense->packing->bytes(&d, sources)));
      ASSERT_EQ(dense->packing->pack(&d, sources, plain.data(), plain.bytes()), SINTER_OK);
      void* dense_slots[] = {rows.data(), plain.data(), expected.data()};
      const Call dense_call = {&d, dense_slots, nullptr, &alone};
      dense->run(&dense_call);
      for (int r = 0; r < 3; r++) {
        for (int x = 0; x < p.ldc; x++) {
          for (int o = 0; o < 4; o++) {
            const size_t at = static_cast<size_t>((r * p.ldc + x) * 4 + o);
            if (x >= m) {
              if (at < out.size()) {
                ASSERT_EQ(out[at], 99) << row->name << " writes past the pixels";
              }
            } else if (r * 4 + o < n) {
              ASSERT_EQ(out[at], expected[static_cast<size_t>(x * n + r * 4 + o)]) << row->name << " m " << m;
            }
          }
        }
      }
    }
  }
}

TEST(GemmSparse, PackingKeepsOnlyWhatIsNotZero) {
  Random random(24);
  const RowDef* row = find_row("gemm_s8s8s8_block4x4_reference");
  ASSERT_NE(row, nullptr);
  GemmParams p = {};
  p.m = 1, p.n = 64, p.k = 64, p.lda = p.ldc = 1;
  auto bytes = [&](int density) {
    const std::vector<int8_t> weights = blocks(random, 64, 64, density);
    const std::vector<float> scale(64, 1.0f);
    const Source sources[] = {{weights.data(), 4096}, {nullptr, 0}, {scale.data(), 256}};
    return row->packing->bytes(&p, sources);
  };
  const int64_t empty = bytes(0), full = bytes(100);
  EXPECT_NEAR(static_cast<double>(full - empty), 256 * 18, 64);
  EXPECT_LT(bytes(20), empty + (full - empty) / 2);
}

TEST(GemmSparse, PackingRefusesWrongSources) {
  const RowDef* row = find_row("gemm_s8s8s8_block4x4_reference");
  GemmParams p = {};
  p.m = 1, p.n = 6, p.k = 5, p.lda = p.ldc = 1;
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
