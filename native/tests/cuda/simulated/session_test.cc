// Sessions on a GPU without one: what is copied when and where, graphs and their addresses, memory, faults.
// SPDX-License-Identifier: Apache-2.0
#include "core/plan_builder.h"
#include "cuda/simulated/bump.h"
#include "cuda/simulated/runtime.h"
#include "gtest/gtest.h"
#include "plugin/plugin.h"

extern "C" const sinter_plugin* sinter_plugin_open(const sinter_plugin_host* host);

namespace sinter {
namespace {

std::string message;  // NOLINT: the host's function has no other place for it

sinter_status keep_message(sinter_status code, const char* text) {
  message = text;
  return code;
}

const sinter_plugin& gpu() {
  static const sinter_plugin_host host = {SINTER_PLUGIN_VERSION, 5, keep_message};
  static const sinter_plugin* const plugin = sinter_plugin_open(&host);
  return *plugin;
}

const uint64_t SIZE = 32;

// in -> bump -> (arena) -> bump -> out, bindings at `in` and `out` in the arena; NO_DEFAULT_PLACE: without places.
PlanBytes two_steps(uint64_t in, uint64_t out, const char* row = "bump_u8_cuda") {
  PlanBytes plan;
  plan.header.arena_bytes = 1024;
  const uint32_t a = plan.slot(SLOT_BINDING, plan.binding(BINDING_INPUT, SIZE, in), 0, SIZE);
  const uint32_t b = plan.slot(SLOT_ARENA, 0, 512, SIZE);
  const uint32_t c = plan.slot(SLOT_BINDING, plan.binding(BINDING_OUTPUT, SIZE, out), 0, SIZE);
  plan.step(row, {a, b}, BumpParams{SIZE});
  plan.step("bump_u8_cuda", {b, c}, BumpParams{SIZE});
  return plan;
}

class Simulated : public testing::Test {
 protected:
  void SetUp() override {
    before_ = simulated::counts();
    weights_ = gpu().weights_create();
    ASSERT_EQ(weights_ >> 56, 5u) << message;
  }
  void TearDown() override {
    for (uint64_t s : sessions_) gpu().session_destroy(s);
    for (uint64_t p : plans_) EXPECT_EQ(gpu().plan_destroy(p), SINTER_OK);
    EXPECT_EQ(gpu().weights_destroy(weights_), SINTER_OK);
    const simulated::Counts after = simulated::counts();
    EXPECT_EQ(after.device, before_.device);
    EXPECT_EQ(after.pinned, before_.pinned);
    EXPECT_EQ(after.streams, before_.streams);
    EXPECT_EQ(after.graphs, before_.graphs);
    EXPECT_EQ(after.events, before_.events);
  }
  uint64_t session(int64_t bytes = 1024) {
    sessions_.push_back(gpu().session_create(bytes));
    EXPECT_NE(sessions_.back(), 0u) << message;
    return sessions_.back();
  }
  int32_t attach(uint64_t session, const PlanBytes& plan, int64_t base = 0) {
    const std::vector<char> bytes = plan.bytes();
    plans_.push_back(gpu().plan_create(weights_, bytes.data(), static_cast<int64_t>(bytes.size())));
    EXPECT_NE(plans_.back(), 0u) << message;
    return gpu().session_attach(session, plans_.back(), base);
  }
  unsigned char* arena(uint64_t session) {
    return static_cast<unsigned char*>(gpu().session_arena(session));
  }
  static void fill(unsigned char* at, int start) {
    for (uint64_t i = 0; i < SIZE; i++) at[i] = static_cast<unsigned char>(start + static_cast<int>(i));
  }
  static bool holds(const unsigned char* at, int start) {
    for (uint64_t i = 0; i < SIZE; i++) {
      if (at[i] != static_cast<unsigned char>(start + static_cast<int>(i))) return false;
    }
    return true;
  }

  uint64_t weights_ = 0;
  std::vector<uint64_t> sessions_, plans_;
  simulated::Counts before_;
};

TEST_F(Simulated, PlacesAreCopiedAroundARun) {
  const uint64_t s = session();
  ASSERT_EQ(attach(s, two_steps(64, 192)), 0) << message;
  unsigned char* memory = arena(s);
  for (int start : {1, 50}) {
    fill(memory + 64, start);
    ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
    EXPECT_TRUE(holds(memory + 192, start + 2));
    EXPECT_TRUE(holds(memory + 64, start));
  }
  EXPECT_EQ(simulated::counts().graphs, before_.graphs + 1) << "captured once";
}

TEST_F(Simulated, CallersMemoryIsStagedOrUsedDirectly) {
  const uint64_t s = session(), lender = session(256);
  ASSERT_EQ(attach(s, two_steps(0, 64)), 0) << message;
  unsigned char* lent = arena(lender);
  std::vector<unsigned char> in(SIZE), out(SIZE);
  for (int round = 0; round < 2; round++) {
    fill(in.data(), 3 + round);
    ASSERT_EQ(gpu().session_bind(s, 0, 0, in.data(), SIZE), SINTER_OK);
    ASSERT_EQ(gpu().session_bind(s, 0, 1, out.data(), SIZE), SINTER_OK);
    ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
    EXPECT_TRUE(holds(out.data(), 5 + round));
    // Page-locked memory: the mirror does not see it.
    fill(lent, 100 + round);
    fill(arena(s), 0);
    ASSERT_EQ(gpu().session_bind(s, 0, 0, lent, SIZE), SINTER_OK);
    ASSERT_EQ(gpu().session_bind(s, 0, 1, lent + 64, SIZE), SINTER_OK);
    ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
    EXPECT_TRUE(holds(lent + 64, 102 + round));
    EXPECT_TRUE(holds(arena(s), 0));
    EXPECT_TRUE(holds(out.data(), 5 + round));
  }
  // Back to the places.
  ASSERT_EQ(gpu().session_bind(s, 0, 0, nullptr, 0), SINTER_OK);
  ASSERT_EQ(gpu().session_bind(s, 0, 1, nullptr, 0), SINTER_OK);
  fill(arena(s), 20);
  ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
  EXPECT_TRUE(holds(arena(s) + 64, 22));
  EXPECT_EQ(gpu().session_bind(s, 0, 0, in.data(), SIZE - 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(gpu().session_bind(s, 0, 2, in.data(), SIZE), SINTER_INVALID_ARGUMENT);
}

TEST_F(Simulated, WithoutPlacesMemoryMustBeBound) {
  const uint64_t s = session();
  ASSERT_EQ(attach(s, two_steps(NO_DEFAULT_PLACE, NO_DEFAULT_PLACE)), 0) << message;
  EXPECT_EQ(gpu().session_run(s, 0), SINTER_INVALID_ARGUMENT);
  std::vector<unsigned char> in(SIZE), out(SIZE);
  fill(in.data(), 7);
  ASSERT_EQ(gpu().session_bind(s, 0, 0, in.data(), SIZE), SINTER_OK);
  EXPECT_EQ(gpu().session_run(s, 0), SINTER_INVALID_ARGUMENT);
  unsigned char* lent = arena(session(64));
  ASSERT_EQ(gpu().session_bind(s, 0, 1, lent, SIZE), SINTER_OK);
  ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
  EXPECT_TRUE(holds(lent, 9));
}

TEST_F(Simulated, PlansShareTheArenaAndTheMirrorGrows) {
  const uint64_t s = session();
  ASSERT_EQ(attach(s, two_steps(0, 64)), 0) << message;
  fill(arena(s), 1);
  ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
  // The second plan's places end further behind; it reads what the first one wrote.
  ASSERT_EQ(attach(s, two_steps(64, 320, "bump_u8_cuda_scratch")), 1) << message;
  unsigned char* memory = arena(s);
  EXPECT_TRUE(holds(memory, 1)) << "kept";
  EXPECT_TRUE(holds(memory + 64, 3)) << "kept";
  fill(memory, 11);
  ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
  ASSERT_EQ(gpu().session_run(s, 1), SINTER_OK) << message;
  EXPECT_TRUE(holds(memory + 320, 15));
  // A binding as input and output at one place keeps what no step writes.
  PlanBytes both;
  both.header.arena_bytes = 1024;
  both.binding(BINDING_INPUT, SIZE, 64);
  both.binding(BINDING_OUTPUT, SIZE, 64);
  ASSERT_EQ(attach(s, both), 2) << message;
  memory = arena(s);
  fill(memory + 64, 40);
  ASSERT_EQ(gpu().session_run(s, 2), SINTER_OK) << message;
  EXPECT_TRUE(holds(memory + 64, 40));
  EXPECT_EQ(attach(s, two_steps(0, 64), 64), -1) << "beyond the arena";
  EXPECT_EQ(gpu().session_run(s, 3), SINTER_INVALID_ARGUMENT);
}

TEST_F(Simulated, ConstantsAreResident) {
  std::vector<unsigned char> constant(SIZE);
  fill(constant.data(), 60);
  const int32_t blob = gpu().weights_add(weights_, constant.data(), SIZE);
  ASSERT_GE(blob, 0) << message;
  PlanBytes plan;
  plan.header.arena_bytes = 64;
  const uint32_t a = plan.slot(SLOT_BLOB, static_cast<uint32_t>(blob), 0, SIZE);
  const uint32_t b = plan.slot(SLOT_BINDING, plan.binding(BINDING_OUTPUT, SIZE, 0), 0, SIZE);
  plan.step("bump_u8_cuda", {a, b}, BumpParams{SIZE});
  const uint64_t s = session(64);
  ASSERT_EQ(attach(s, plan), 0) << message;
  ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
  EXPECT_TRUE(holds(arena(s), 61));
}

TEST_F(Simulated, FaultsCancelsAndTimes) {
  const uint64_t s = session();
  ASSERT_EQ(attach(s, two_steps(0, 64)), 0) << message;
  fill(arena(s), 255);
  EXPECT_EQ(gpu().session_run(s, 0), SINTER_INVALID_ARGUMENT);
  EXPECT_NE(message.find("the first byte 255 is not in 0 .. 254"), std::string::npos) << message;
  EXPECT_EQ(gpu().session_failed_step(s), 0);
  fill(arena(s), 254);  // the second step's input starts with it
  EXPECT_EQ(gpu().session_run(s, 0), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(gpu().session_failed_step(s), 1);
  fill(arena(s), 0);
  EXPECT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
  EXPECT_EQ(gpu().session_failed_step(s), -1);
  gpu().session_cancel(s);
  EXPECT_EQ(gpu().session_run(s, 0), SINTER_CANCELLED);
  EXPECT_EQ(gpu().session_run(s, 0), SINTER_OK);
  EXPECT_EQ(gpu().session_profile(s, 1), SINTER_OK);
  fill(arena(s), 5);
  EXPECT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
  EXPECT_TRUE(holds(arena(s) + 64, 7));
  int64_t nanos[2] = {};
  EXPECT_EQ(gpu().session_step_nanos(s, 0, nanos, 2), 2);
  EXPECT_EQ(nanos[1], 500000);
}

TEST_F(Simulated, FillAndMissingMemory) {
  const uint64_t s = session();
  PlanBytes plan;
  plan.header.arena_bytes = 1024;
  const uint32_t a = plan.slot(SLOT_ARENA, 0, 512, SIZE);
  const uint32_t b = plan.slot(SLOT_BINDING, plan.binding(BINDING_OUTPUT, SIZE, 0), 0, SIZE);
  plan.step("bump_u8_cuda", {a, b}, BumpParams{SIZE});
  ASSERT_EQ(attach(s, plan), 0) << message;
  EXPECT_EQ(gpu().session_fill(s, 512, SIZE, 41), SINTER_OK) << message;
  ASSERT_EQ(gpu().session_run(s, 0), SINTER_OK) << message;
  EXPECT_EQ(arena(s)[0], 42);
  EXPECT_EQ(arena(s)[SIZE - 1], 42);
  EXPECT_EQ(gpu().session_fill(s, 1024, 1, 0), SINTER_INVALID_ARGUMENT);

  const uint64_t poor = session();
  simulated::fail_next_allocation();
  EXPECT_EQ(attach(poor, two_steps(0, 64)), -1);
  EXPECT_NE(message.find("memory of the GPU"), std::string::npos) << message;
  simulated::fail_next_allocation();
  EXPECT_EQ(gpu().session_arena(session(64)), nullptr);
  EXPECT_EQ(attach(poor, two_steps(0, 64)), 0) << message;
  EXPECT_EQ(gpu().session_run(poor, 0), SINTER_OK) << message;
}

}  // namespace
}  // namespace sinter
