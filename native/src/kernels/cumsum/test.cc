// cumsum against sums written down here, all options.
// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/cumsum/op.h"

namespace sinter {
namespace {

template <class T>
void test(const char* name) {
  const RowDef* row = find_row(name);
  ASSERT_NE(row, nullptr) << name;
  Random random(3);
  for (int trial = 0; trial < 80; trial++) {
    CumsumParams p = {};
    p.outer = static_cast<int32_t>(random.integer(0, 20));
    p.depth = static_cast<int32_t>(random.integer(0, 9));
    p.inner = static_cast<int32_t>(random.integer(1, 20));
    p.exclusive = trial & 1;
    p.reverse = trial >> 1 & 1;
    int64_t needed[MAX_SLOTS];
    ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
    std::vector<T> in(static_cast<size_t>(p.outer * p.depth * p.inner)), out(in.size());
    ASSERT_EQ(needed[CUMSUM_OUT], static_cast<int64_t>(in.size() * sizeof(T)));
    for (T& x : in) x = static_cast<T>(random.integer(-1000, 1000));
    void* slots[] = {in.data(), out.data()};
    Workers alone = {1, nullptr};
    const Call call = {&p, slots, nullptr, &alone};
    row->run(&call);
    Case c;
    c.name = name;
    c.op = "cumsum";
    c.params = params_of(p);
    c.types = {row->types[CUMSUM_IN], row->types[CUMSUM_OUT]};
    c.inputs = {bytes_of(in)};
    c.out_bytes = needed[CUMSUM_OUT];
    run_differential(c);
    for (int o = 0; o < p.outer; o++) {
      for (int i = 0; i < p.inner; i++) {
        T sum = 0;
        for (int k = 0; k < p.depth; k++) {
          const int d = p.reverse ? p.depth - 1 - k : k;
          const size_t at = static_cast<size_t>((o * p.depth + d) * p.inner + i);
          if (!p.exclusive) sum = static_cast<T>(sum + in[at]);
          ASSERT_EQ(out[at], sum) << name;
          if (p.exclusive) sum = static_cast<T>(sum + in[at]);
        }
      }
    }
  }
}

TEST(Cumsum, AllTypes) {
  test<float>("cumsum_f32f32_reference");
  test<int32_t>("cumsum_s32s32_reference");
  test<int64_t>("cumsum_s64s64_reference");
}

TEST(Cumsum, RefusesHostileParameters) {
  CumsumParams p = {1, 2, -3, 0, 0};
  expect_refused("cumsum", params_of(p), {F32, F32});
  p.inner = 3;
  p.reverse = 2;
  expect_refused("cumsum", params_of(p), {F32, F32});
  p.reverse = 0;
  p.outer = p.depth = p.inner = 0x7fffffff;
  expect_refused("cumsum", params_of(p), {S64, S64});
}

}  // namespace
}  // namespace sinter
