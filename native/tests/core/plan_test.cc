// The plan's checker: valid plans run, everything else is refused or stays inside its memory.
// SPDX-License-Identifier: Apache-2.0
#include "core/plan.h"

#include <stddef.h>

#include "core/plan_builder.h"
#include "core/status.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/copy/op.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

std::vector<int8_t> run(const Example& example, const std::vector<char>& bytes, int threads) {
  const uint64_t plan = sinter_plan_create(example.weights, bytes.data(), static_cast<int64_t>(bytes.size()));
  EXPECT_NE(plan, 0u) << error_text();
  const uint64_t session = sinter_session_create(512, threads);
  const int32_t attached = sinter_session_attach(session, plan, 0);
  EXPECT_EQ(attached, 0) << error_text();
  std::vector<int8_t> in = example.input, out(Example::OUT_BYTES);
  EXPECT_EQ(sinter_session_bind(session, 0, 0, in.data(), Example::IN_BYTES), SINTER_OK) << error_text();
  EXPECT_EQ(sinter_session_bind(session, 0, 1, out.data(), Example::OUT_BYTES), SINTER_OK) << error_text();
  EXPECT_EQ(sinter_session_run(session, 0), SINTER_OK) << error_text();
  EXPECT_EQ(sinter_session_failed_step(session), -1);
  sinter_session_destroy(session);
  sinter_plan_destroy(plan);
  return out;
}

TEST(Plan, ValidPlanRuns) {
  Example example;
  EXPECT_EQ(run(example, example.plan.bytes(), 1), example.expected);
  EXPECT_EQ(run(example, example.plan.bytes(), 2), example.expected);
  EXPECT_TRUE(survive(example.weights, example.plan.bytes()));
}

TEST(Plan, BytesMayBeFreedAndWeightsDestroyed) {
  auto example = std::make_unique<Example>();
  std::vector<char> bytes = example->plan.bytes();
  const uint64_t plan = sinter_plan_create(example->weights, bytes.data(), static_cast<int64_t>(bytes.size()));
  ASSERT_NE(plan, 0u);
  bytes.assign(bytes.size(), 0);
  const std::vector<int8_t> input = example->input, expected = example->expected;
  example.reset();
  const uint64_t session = sinter_session_create(512, 1);
  ASSERT_EQ(sinter_session_attach(session, plan, 0), 0);
  sinter_plan_destroy(plan);  // the session keeps it
  char* arena = static_cast<char*>(sinter_session_arena(session));
  memcpy(arena, input.data(), input.size());
  EXPECT_EQ(sinter_session_run(session, 0), SINTER_OK) << error_text();
  EXPECT_EQ(memcmp(arena + 64, expected.data(), expected.size()), 0);
  sinter_session_destroy(session);
}

TEST(Plan, EmptyPlanRuns) {
  PlanBytes empty;
  const uint64_t weights = sinter_weights_create();
  EXPECT_TRUE(survive(weights, empty.bytes()));
  sinter_weights_destroy(weights);
}

TEST(Plan, TruncationsAndAdditionsAreRefused) {
  Example example;
  const std::vector<char> bytes = example.plan.bytes();
  for (size_t count = 0; count < bytes.size(); count++) {
    EXPECT_FALSE(survive(example.weights, std::vector<char>(bytes.begin(), bytes.begin() + static_cast<long>(count))));
    // The same with a header that tells the new size.
    if (count >= sizeof(PlanHeader)) {
      std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<long>(count));
      const uint64_t total = count;
      memcpy(cut.data() + offsetof(PlanHeader, total_bytes), &total, 8);
      EXPECT_FALSE(survive(example.weights, cut)) << count;
    }
  }
  std::vector<char> longer = bytes;
  longer.resize(bytes.size() + 4);
  EXPECT_FALSE(survive(example.weights, longer));
  const uint64_t total = longer.size();
  memcpy(longer.data() + offsetof(PlanHeader, total_bytes), &total, 8);
  EXPECT_FALSE(survive(example.weights, longer));
  EXPECT_EQ(sinter_plan_create(example.weights, nullptr, 4), 0u);
  EXPECT_EQ(sinter_plan_create(example.weights, bytes.data(), -1), 0u);
}

TEST(Plan, EveryFieldWithHostileValues) {
  Example example;
  const std::vector<char> bytes = example.plan.bytes();
  int refused = 0, accepted = 0;
  for (size_t at = 0; at + 4 <= bytes.size(); at += 4) {
    uint32_t original;
    memcpy(&original, &bytes[at], 4);
    for (uint32_t value : {0u, 1u, original + 1, original - 1, original + 8, original - 8, original * 2, 0x7fffffffu,
                           0x80000000u, 0xffffffffu, 0x10000u, original ^ 0x40000000u}) {
      if (value == original) continue;
      std::vector<char> changed = bytes;
      memcpy(&changed[at], &value, 4);
      (survive(example.weights, changed) ? accepted : refused)++;
    }
    if (at + 8 <= bytes.size()) {
      std::vector<char> changed = bytes;
      memset(&changed[at], 0xff, 8);
      (survive(example.weights, changed) ? accepted : refused)++;
    }
  }
  printf("%d changed plans refused, %d accepted and run\n", refused, accepted);
  EXPECT_GT(refused, accepted);
}

// Header fields have one right value: any other is refused.
TEST(Plan, HeaderIsChecked) {
  Example example;
  auto refused = [&](size_t offset, size_t size) {
    for (size_t bit = 0; bit < size * 8; bit++) {
      std::vector<char> changed = example.plan.bytes();
      changed[offset + bit / 8] = static_cast<char>(changed[offset + bit / 8] ^ (1 << (bit % 8)));
      EXPECT_FALSE(survive(example.weights, changed)) << "offset " << offset << " bit " << bit;
      EXPECT_NE(error_text(), "");
    }
  };
  refused(offsetof(PlanHeader, magic), 4);
  refused(offsetof(PlanHeader, version), 4);
  refused(offsetof(PlanHeader, fingerprint), 8);
  refused(offsetof(PlanHeader, total_bytes), 8);
  refused(offsetof(PlanHeader, slot_count), 4);
  refused(offsetof(PlanHeader, binding_count), 4);
  refused(offsetof(PlanHeader, step_count), 4);
  refused(offsetof(PlanHeader, reserved), 4);
}

TEST(Plan, SlotsOutsideTheirMemoryAreRefused) {
  Example example;
  for (size_t s = 0; s < example.plan.slots.size(); s++) {
    for (auto change : {+[](PlanSlot& slot) { slot.offset = 1 << 20; }, +[](PlanSlot& slot) { slot.bytes = 1 << 20; },
                        +[](PlanSlot& slot) { slot.offset = ~uint64_t{7}; },
                        +[](PlanSlot& slot) { slot.bytes = ~uint64_t{0}; }, +[](PlanSlot& slot) { slot.kind = 3; },
                        +[](PlanSlot& slot) { slot.index += 100; }, +[](PlanSlot& slot) { slot.bytes = 1; }}) {
      PlanBytes plan = example.plan;
      change(plan.slots[s]);
      // A weights slot's own size does not matter: the packing's does.
      const bool weights = plan.slots[s].kind == SLOT_BLOB && plan.slots[s].bytes == 1 && s < 6;
      EXPECT_EQ(survive(example.weights, plan.bytes()), weights) << "slot " << s;
    }
  }
  for (size_t b = 0; b < example.plan.bindings.size(); b++) {
    for (uint64_t offset : {uint64_t{8}, uint64_t{512}, uint64_t{1} << 40, ~uint64_t{63}}) {
      PlanBytes plan = example.plan;
      plan.bindings[b].arena_offset = offset;
      EXPECT_FALSE(survive(example.weights, plan.bytes())) << "binding " << b << " at " << offset;
    }
  }
}

TEST(Plan, WeightsOfAnotherPackingOrSizeAreRefused) {
  Example example;
  PlanBytes plan = example.plan;
  std::swap(plan.steps[0].slots[1], plan.steps[1].slots[1]);
  EXPECT_FALSE(survive(example.weights, plan.bytes()));
  // The same packing, but another n, k or zero point than it was packed with.
  for (auto change : {+[](GemmParams& p) { p.n = 7; }, +[](GemmParams& p) { p.k = 7; },
                      +[](GemmParams& p) { p.a_zero_point = 1; }, +[](GemmParams& p) { p.n = 9, p.ldc = 9; }}) {
    plan = example.plan;
    GemmParams params;
    memcpy(&params, plan.steps[0].params.data(), sizeof params);
    change(params);
    memcpy(plan.steps[0].params.data(), &params, sizeof params);
    EXPECT_FALSE(survive(example.weights, plan.bytes()));
    EXPECT_NE(error_text().find("packed with another"), std::string::npos) << error_text();
  }
  // A constant as an output, an arena slot as weights.
  plan = example.plan;
  plan.steps[2].slots[1] = 6;
  plan.slots[6].bytes = 16;
  EXPECT_FALSE(survive(example.weights, plan.bytes()));
  plan = example.plan;
  plan.steps[0].slots[1] = 1;
  EXPECT_FALSE(survive(example.weights, plan.bytes()));
}

TEST(Plan, MessagesNameTheStep) {
  Example example;
  PlanBytes plan = example.plan;
  CopyParams params = {1, 1 << 20, 0, 0, 0, 0};
  memcpy(plan.steps[2].params.data(), &params, sizeof params);
  EXPECT_FALSE(survive(example.weights, plan.bytes()));
  EXPECT_NE(error_text().find("step 2, op 12, row copy_u8_reference"), std::string::npos) << error_text();
}

TEST(Plan, SeededMutationsStayInside) {
  Example example;
  const std::vector<char> bytes = example.plan.bytes();
  Random random(77);
  int accepted = 0;
  const int rounds = 12000;
  for (int i = 0; i < rounds; i++) {
    std::vector<char> changed = bytes;
    const int64_t changes = random.integer(1, 4);
    for (int64_t c = 0; c < changes; c++) {
      const size_t at = static_cast<size_t>(random.integer(0, static_cast<int64_t>(bytes.size()) - 4));
      switch (random.integer(0, 3)) {
        case 0:
          changed[at] = static_cast<char>(random.integer(0, 255));
          break;
        case 1: {  // a whole field
          const int32_t interesting[] = {0, 1, 2, 3, 4, 8, 16, 63, 64, 65, 127, 128, 255, 256, 511, 512, -1, -128};
          const int32_t value = interesting[random.integer(0, 17)];
          memcpy(&changed[at / 4 * 4], &value, 4);
          break;
        }
        case 2:
          changed[at] = static_cast<char>(changed[at] ^ (1 << random.integer(0, 7)));
          break;
        default: {  // another field's value
          const size_t from = static_cast<size_t>(random.integer(0, static_cast<int64_t>(bytes.size()) / 4 - 1)) * 4;
          memcpy(&changed[at / 4 * 4], &bytes[from], 4);
        }
      }
    }
    accepted += survive(example.weights, changed);
  }
  printf("%d of %d mutated plans accepted and run\n", accepted, rounds);
  EXPECT_GT(accepted, rounds / 50);  // else the mutations reach nothing but the header
}

}  // namespace
}  // namespace sinter
