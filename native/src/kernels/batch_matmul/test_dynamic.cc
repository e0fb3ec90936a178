// batch_matmul of float rows and int8 matrices: against gemm's reference, one product at a time.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/batch_matmul/op.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

const std::vector<DataType> types = {F32, S8, F32};

template <class T>
std::vector<T> turned(const T* matrix, int64_t rows, int64_t columns) {
  std::vector<T> out(static_cast<size_t>(rows * columns));
  for (int64_t r = 0; r < rows; r++) {
    for (int64_t c = 0; c < columns; c++) out[static_cast<size_t>(c * rows + r)] = matrix[r * columns + c];
  }
  return out;
}

TEST(BatchMatmulDynamic, EachProductIsGemms) {
  for (uint64_t seed = 0; seed < 60; seed++) {
    Random random(seed);
    const auto any = [&](int low, int high) { return static_cast<int32_t>(random.integer(low, high)); };
    BatchMatmulParams p = {};
    p.batch0 = p.batch1 = 1;
    p.batch2 = any(1, 3);
    p.m = any(1, 6);
    p.n = any(1, 20);
    p.k = any(1, 40);
    p.transpose_a = any(0, 1);
    p.transpose_b = any(0, 1);
    p.a_batch2 = p.m * p.k;
    p.b_batch2 = any(0, 1) ? p.n * p.k : 0;
    p.dynamic = any(0, DYNAMIC_LAST);
    p.scale = 0.013f;
    const auto a = random.f32(int64_t{p.batch2} * p.m * p.k, -2, 3);
    const auto b = random.s8(int64_t{p.b_batch2 ? p.batch2 : 1} * p.n * p.k);
    Case c;
    c.name = "batch_matmul f32 s8 seed " + std::to_string(seed);
    c.op = "batch_matmul";
    c.params = params_of(p);
    c.types = types;
    c.inputs = {bytes_of(a), bytes_of(b)};
    c.out_bytes = int64_t{4} * p.batch2 * p.m * p.n;
    c.tolerance = {0.0f};
    run_differential(c);
    const Bytes result = run_reference(c);
    // The results of products that take turns, row by row.
    Case turns = c;
    BatchMatmulParams in_turns = p;
    in_turns.c_row = p.batch2 * p.n;
    in_turns.c_batch2 = p.n;
    turns.params = params_of(in_turns);
    run_differential(turns);
    const Bytes mixed = run_reference(turns);
    for (int32_t i = 0; i < p.batch2; i++) {
      for (int32_t m = 0; m < p.m; m++) {
        const size_t row = static_cast<size_t>(4 * p.n);
        ASSERT_EQ(0, memcmp(mixed.data() + static_cast<size_t>(m * p.batch2 + i) * row,
                            result.data() + static_cast<size_t>(i * p.m + m) * row, row));
      }
    }
    for (int32_t i = 0; i < p.batch2; i++) {
      const float* left = a.data() + int64_t{i} * p.a_batch2;
      const int8_t* right = b.data() + int64_t{i} * p.b_batch2;
      GemmParams g = {};
      g.m = p.m;
      g.n = g.ldc = p.n;
      g.k = g.lda = p.k;
      g.dynamic = p.dynamic;
      g.act_min = -INFINITY;
      g.act_max = INFINITY;
      Case one;
      one.name = c.name;
      one.op = "gemm";
      one.params = params_of(g);
      one.types = types;
      const std::vector<int8_t> columns =
          p.transpose_b ? std::vector<int8_t>(right, right + p.n * p.k) : turned(right, p.k, p.n);
      const std::vector<float> rows =
          p.transpose_a ? turned(left, p.k, p.m) : std::vector<float>(left, left + p.m * p.k);
      one.sources = {bytes_of(columns), Bytes(), bytes_of(std::vector<float>(static_cast<size_t>(p.n), p.scale))};
      one.inputs = {bytes_of(rows)};
      one.out_bytes = int64_t{4} * p.m * p.n;
      const Bytes expected = run_reference(one);
      ASSERT_EQ(0, memcmp(expected.data(), result.data() + static_cast<size_t>(i) * expected.size(), expected.size()))
          << c.name;
    }
  }
}

TEST(BatchMatmulDynamic, RefusesHostileParameters) {
  const auto refused = [](void (*change)(BatchMatmulParams*), const std::vector<DataType>& of) {
    BatchMatmulParams p = {};
    p.batch0 = p.batch1 = p.batch2 = 1;
    p.m = p.n = p.k = 4;
    p.scale = 1;
    p.out_max = 1;
    change(&p);
    expect_refused("batch_matmul", params_of(p), of);
  };
  refused([](BatchMatmulParams* p) { p->dynamic = DYNAMIC_LAST + 1; }, types);
  refused([](BatchMatmulParams* p) { p->dynamic = -1; }, types);
  refused([](BatchMatmulParams* p) { p->scale = NAN; }, types);
  refused([](BatchMatmulParams* p) { p->k = 65537; }, types);
  refused([](BatchMatmulParams* p) { p->dynamic = 1; }, {F32, F32, F32});
  refused([](BatchMatmulParams* p) { p->dynamic = 1; }, {S8, S8, S8});
}

}  // namespace
}  // namespace sinter
