// add: differential tests of its rows, sums worked out by hand, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/add/op.h"

namespace sinter {
namespace {

const std::vector<DataType> s8 = {S8, S8, S8}, f32 = {F32, F32, F32};

AddParams shaped(const std::vector<int32_t>& d, const std::vector<bool>& a_broadcast,
                 const std::vector<bool>& b_broadcast) {
  AddParams p = {};
  int32_t* dims = &p.d0;
  int32_t a = 1, b = 1;
  for (int i = 5; i >= 0; i--) {
    dims[i] = d[static_cast<size_t>(i)];
    const bool no_a = a_broadcast[static_cast<size_t>(i)], no_b = b_broadcast[static_cast<size_t>(i)];
    (&p.a_stride0)[i] = no_a ? 0 : a;
    (&p.b_stride0)[i] = no_b ? 0 : b;
    if (!no_a) a *= dims[i];
    if (!no_b) b *= dims[i];
  }
  p.a_scale = p.b_scale = p.out_scale = 1.0f;
  p.out_min = -128;
  p.out_max = 127;
  p.act_min = -INFINITY;
  p.act_max = INFINITY;
  return p;
}

int64_t elements(const int32_t* d, const int32_t* strides) {
  int64_t last = 0;
  for (int i = 0; i < 6; i++) {
    if (d[i] == 0) return 0;
    last += static_cast<int64_t>(d[i] - 1) * strides[i];
  }
  return last + 1;
}

int run(const char* name, const AddParams& p, const std::vector<DataType>& types, Random* random) {
  Case c;
  c.name = name;
  c.op = "add";
  c.params = params_of(p);
  c.types = types;
  int64_t count = 1;
  for (int i = 0; i < 6; i++) count *= (&p.d0)[i];
  const int64_t a = elements(&p.d0, &p.a_stride0), b = elements(&p.d0, &p.b_stride0);
  if (types[0] == S8) {
    c.inputs = {bytes_of(random->s8(a)), bytes_of(random->s8(b))};
    c.out_bytes = count;
  } else {
    c.inputs = {bytes_of(random->f32(a, -5.0f, 5.0f)), bytes_of(random->f32(b, -5.0f, 5.0f))};
    c.out_bytes = count * 4;
    c.tolerance = {0.0f};  // one addition: exact
  }
  return run_differential(c);
}

void randomize(AddParams* p, Random* random) {
  p->out_scale = expf(random->real(-5.0f, 2.0f));
  p->a_scale = p->out_scale * exp2f(random->real(-9.9f, 7.9f));
  p->b_scale = random->integer(0, 2) == 0 ? p->a_scale : p->out_scale * exp2f(random->real(-9.9f, 7.9f));
  if (random->integer(0, 5) == 0) {  // tfl.add
    (random->integer(0, 1) ? p->a_scale : p->b_scale) = p->out_scale * exp2f(random->real(-24.0f, -10.1f));
  } else if (random->integer(0, 5) == 0) {
    (random->integer(0, 1) ? p->a_scale : p->b_scale) = p->out_scale * exp2f(random->real(8.1f, 17.9f));
  }
  p->a_zero_point = static_cast<int32_t>(random->integer(-128, 127));
  p->b_zero_point = static_cast<int32_t>(random->integer(-128, 127));
  p->out_zero_point = static_cast<int32_t>(random->integer(-128, 127));
  p->out_min = static_cast<int32_t>(random->integer(-128, 20));
  p->out_max = static_cast<int32_t>(random->integer(p->out_min, 127));
  p->act_min = random->real(-9.0f, 0.0f);
  p->act_max = random->real(0.0f, 9.0f);
}

TEST(Add, RowsOfEveryLengthAndKind) {
  Random random(11);
  const std::vector<bool> none(6, false), inner = {false, false, false, false, false, true};
  for (const auto& types : {s8, f32}) {
    for (int32_t n = 0; n <= 140; n++) {
      AddParams p = shaped({1, 1, 1, 1, 1, n}, none, none);
      randomize(&p, &random);
      run("contiguous", p, types, &random);
      p = shaped({1, 1, 1, 1, 3, n}, none, inner);
      randomize(&p, &random);
      run("b is one value a row", p, types, &random);
      p = shaped({1, 1, 1, 1, 2, n}, inner, none);
      randomize(&p, &random);
      run("a is one value a row", p, types, &random);
    }
  }
}

TEST(Add, RandomBroadcasts) {
  Random random(12);
  for (int i = 0; i < 150; i++) {
    std::vector<int32_t> d;
    std::vector<bool> a, b;
    for (int k = 0; k < 6; k++) {
      d.push_back(static_cast<int32_t>(k == 5 ? random.integer(1, 90) : random.integer(1, 3)));
      const int64_t kind = random.integer(0, 4);
      a.push_back(kind == 0);
      b.push_back(kind == 1);
    }
    AddParams p = shaped(d, a, b);
    randomize(&p, &random);
    if (i % 10 == 0) p.a_scale = p.out_scale * 0.0005f;  // tfl.add
    run("broadcast", p, i % 3 == 0 ? f32 : s8, &random);
  }
}

TEST(Add, LongRunsAreSharedByThreads) {
  Random random(13);
  const std::vector<bool> none(6, false), inner = {false, false, false, false, false, true};
  for (const auto& types : {s8, f32}) {
    AddParams p = shaped({1, 1, 1, 1, 1, 50001}, none, none);
    randomize(&p, &random);
    run("long", p, types, &random);
    p = shaped({1, 1, 1, 1, 700, 65}, none, {true, true, true, true, true, false});
    randomize(&p, &random);
    run("rows", p, types, &random);
    p = shaped({1, 1, 1, 1, 2, 20000}, none, inner);
    randomize(&p, &random);
    run("long, one value", p, types, &random);
  }
}

std::vector<int8_t> add_s8(const AddParams& p, const std::vector<int8_t>& a, const std::vector<int8_t>& b) {
  std::vector<int8_t> out(a.size());
  void* slots[] = {const_cast<int8_t*>(a.data()), const_cast<int8_t*>(b.data()), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone};
  find_row("add_s8s8s8_reference")->run(&call);
  return out;
}

TEST(Add, WorkedOutByHand) {
  const std::vector<bool> none(6, false);
  AddParams p = shaped({1, 1, 1, 1, 1, 5}, none, none);
  // All scales 1: shift 20, multipliers 2^20, plain sums with saturation.
  EXPECT_EQ(add_s8(p, {1, -3, 100, -100, 0}, {2, 1, 100, -100, 0}), (std::vector<int8_t>{3, -2, 127, -128, 0}));
  // a steps of 0.5: 0.5 a + b, halves rounded up.
  p.a_scale = 0.5f;
  EXPECT_EQ(add_s8(p, {1, -1, 3, -3, 2}, {0, 0, 0, 0, 5}), (std::vector<int8_t>{1, 0, 2, -1, 6}));
  // Zero points and a clamp: 0.5 (a - 2) + (b + 1) + 10 in [8, 12].
  p.a_zero_point = 2;
  p.b_zero_point = -1;
  p.out_zero_point = 10;
  p.out_min = 8;
  p.out_max = 12;
  EXPECT_EQ(add_s8(p, {2, 4, 6, 0, 2}, {-1, -1, 0, -1, -20}), (std::vector<int8_t>{10, 11, 12, 9, 8}));
}

TEST(Add, RefusesHostileParameters) {
  const std::vector<bool> none(6, false);
  const AddParams good = shaped({1, 1, 1, 1, 2, 3}, none, none);
  const auto refused = [&](const std::vector<DataType>& types, auto change) {
    AddParams p = good;
    change(&p);
    expect_refused("add", params_of(p), types);
  };
  for (const auto& types : {s8, f32}) {
    refused(types, [](AddParams* p) { p->d2 = -1; });
    refused(types, [](AddParams* p) { p->d0 = p->d1 = p->d2 = p->d3 = 65536; });
    refused(types, [](AddParams* p) { p->a_stride5 = -1; });
    refused(types, [](AddParams* p) {
      p->d0 = p->d4 = 0x7fffffff;
      p->b_stride0 = p->b_stride4 = 0x7fffffff;
    });
  }
  for (const float scale : {0.0f, -1.0f, NAN, INFINITY, 1e-42f}) {
    refused(s8, [&](AddParams* p) { p->a_scale = scale; });
    refused(s8, [&](AddParams* p) { p->b_scale = scale; });
    refused(s8, [&](AddParams* p) { p->out_scale = scale; });
  }
  refused(s8, [](AddParams* p) { p->out_scale = 1e-30f; });
  refused(s8, [](AddParams* p) { p->a_zero_point = 128; });
  refused(s8, [](AddParams* p) { p->out_zero_point = -129; });
  refused(s8, [](AddParams* p) { p->out_min = 5, p->out_max = 4; });
  refused(s8, [](AddParams* p) { p->out_max = 200; });
  refused(f32, [](AddParams* p) { p->act_min = NAN; });
  refused(f32, [](AddParams* p) { p->act_min = 1.0f, p->act_max = 0.0f; });
}

}  // namespace
}  // namespace sinter
