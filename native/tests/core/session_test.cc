// Sessions: binding, what is refused, busy and cancelled runs, times per step, ends while running.
// SPDX-License-Identifier: Apache-2.0
#include "core/session.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "core/plan_builder.h"
#include "gtest/gtest.h"
#include "kernels/copy/op.h"
#include "kernels/gather/op.h"

namespace sinter {
namespace {

// A plan and a session of it.
struct Open {
  Example example;
  uint64_t plan, session;
  explicit Open(int threads = 1, int64_t arena = 512) {
    const std::vector<char> bytes = example.plan.bytes();
    plan = sinter_plan_create(example.weights, bytes.data(), static_cast<int64_t>(bytes.size()));
    session = sinter_session_create(arena, threads);
  }
  ~Open() {
    sinter_session_destroy(session);
    sinter_plan_destroy(plan);
  }
};

TEST(Session, RunsOnTheArenaOrOnBoundMemory) {
  Open open(1, 1024);
  ASSERT_EQ(sinter_session_attach(open.session, open.plan, 0), 0);
  ASSERT_EQ(sinter_session_attach(open.session, open.plan, 512), 1);  // the same plan at another place
  char* arena = static_cast<char*>(sinter_session_arena(open.session));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(arena) % 64, 0u);
  for (int64_t base : {0, 512}) {
    memcpy(arena + base, open.example.input.data(), Example::IN_BYTES);
    EXPECT_EQ(sinter_session_run(open.session, base ? 1 : 0), SINTER_OK) << error_text();
    EXPECT_EQ(memcmp(arena + base + 64, open.example.expected.data(), Example::OUT_BYTES), 0);
  }
  std::vector<int8_t> in = open.example.input, out(Example::OUT_BYTES);
  memset(arena, 0, 1024);
  ASSERT_EQ(sinter_session_bind(open.session, 0, 0, in.data(), Example::IN_BYTES), SINTER_OK);
  ASSERT_EQ(sinter_session_bind(open.session, 0, 1, out.data(), Example::OUT_BYTES), SINTER_OK);
  EXPECT_EQ(sinter_session_run(open.session, 0), SINTER_OK);
  EXPECT_EQ(out, open.example.expected);
  EXPECT_EQ(in, open.example.input);
  // Back to the arena.
  ASSERT_EQ(sinter_session_bind(open.session, 0, 1, nullptr, 0), SINTER_OK);
  EXPECT_EQ(sinter_session_run(open.session, 0), SINTER_OK);
  EXPECT_EQ(memcmp(arena + 64, open.example.expected.data(), Example::OUT_BYTES), 0);
}

TEST(Session, RefusesWhatDoesNotFit) {
  Open open;
  EXPECT_EQ(sinter_session_create(-1, 1), 0u);
  EXPECT_EQ(sinter_session_create(64, -1), 0u);
  EXPECT_EQ(sinter_session_create(INT64_MAX, 1), 0u);
  EXPECT_EQ(sinter_session_attach(open.session, open.plan, 64), -1);
  EXPECT_EQ(sinter_session_attach(open.session, open.plan, 8), -1);
  EXPECT_EQ(sinter_session_attach(open.session, open.plan, -64), -1);
  EXPECT_EQ(sinter_session_attach(open.session, open.plan, INT64_MAX - 63), -1);
  EXPECT_EQ(sinter_session_run(open.session, 0), SINTER_INVALID_ARGUMENT);
  ASSERT_EQ(sinter_session_attach(open.session, open.plan, 0), 0);
  alignas(8) char buffer[128];
  EXPECT_EQ(sinter_session_bind(open.session, 0, 0, buffer, Example::IN_BYTES - 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_session_bind(open.session, 0, 0, buffer, -1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_session_bind(open.session, 0, 0, buffer + 4, 100), SINTER_INVALID_ARGUMENT);
  EXPECT_NE(error_text().find("aligned"), std::string::npos);
  for (int32_t wrong : {-1, 1, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(sinter_session_bind(open.session, wrong, 0, buffer, 128), SINTER_INVALID_ARGUMENT);
    EXPECT_EQ(sinter_session_bind(open.session, 0, wrong == 1 ? 2 : wrong, buffer, 128), SINTER_INVALID_ARGUMENT);
    EXPECT_EQ(sinter_session_run(open.session, wrong), SINTER_INVALID_ARGUMENT);
    EXPECT_EQ(sinter_session_step_nanos(open.session, wrong, nullptr, 0), -1);
  }
  EXPECT_EQ(sinter_session_run(open.session, 0), SINTER_OK);
}

TEST(Session, AnIndexOutsideStopsTheRun) {
  PlanBytes plan;
  const GatherParams gather = {1, 1, 2, 4, 1, 3, 1, 1, 1, 1, 1, 1, 1};  // two of three rows of 4 bytes
  plan.binding(0, 12, 0);
  plan.binding(0, 8, 64);
  plan.binding(1, 8, 128);
  const uint32_t in = plan.slot(2, 0, 0, 12), index = plan.slot(2, 1, 0, 8), out = plan.slot(2, 2, 0, 8);
  plan.step("gather_u8s32_reference", {in, index, out}, gather);
  plan.header.arena_bytes = 192;
  const std::vector<char> bytes = plan.bytes();
  const uint64_t weights = sinter_weights_create();
  const uint64_t handle = sinter_plan_create(weights, bytes.data(), static_cast<int64_t>(bytes.size()));
  ASSERT_NE(handle, 0u) << error_text();
  const uint64_t session = sinter_session_create(192, 1);
  ASSERT_EQ(sinter_session_attach(session, handle, 0), 0) << error_text();
  char* arena = static_cast<char*>(sinter_session_arena(session));
  memcpy(arena, "aaaabbbbcccc", 12);
  int32_t places[2] = {2, 3};
  memcpy(arena + 64, places, 8);
  memcpy(arena + 128, "untouched", 8);
  EXPECT_EQ(sinter_session_run(session, 0), SINTER_INVALID_ARGUMENT);
  EXPECT_NE(error_text().find("index 3 is not in 0 .. 2"), std::string::npos) << error_text();
  EXPECT_EQ(sinter_session_failed_step(session), 0);
  EXPECT_EQ(memcmp(arena + 128, "untouche", 8), 0);
  places[1] = 0;
  memcpy(arena + 64, places, 8);
  EXPECT_EQ(sinter_session_run(session, 0), SINTER_OK) << error_text();
  EXPECT_EQ(memcmp(arena + 128, "ccccaaaa", 8), 0);
  EXPECT_EQ(sinter_session_failed_step(session), -1);
  sinter_session_destroy(session);
  sinter_plan_destroy(handle);
  sinter_weights_destroy(weights);
}

TEST(Session, ABindingWithoutAPlaceMustBeBound) {
  Example example;
  PlanBytes plan = example.plan;
  plan.bindings[1].arena_offset = NO_DEFAULT_PLACE;
  const std::vector<char> bytes = plan.bytes();
  const uint64_t handle = sinter_plan_create(example.weights, bytes.data(), static_cast<int64_t>(bytes.size()));
  ASSERT_NE(handle, 0u) << error_text();
  const uint64_t session = sinter_session_create(512, 1);
  ASSERT_EQ(sinter_session_attach(session, handle, 0), 0);
  EXPECT_EQ(sinter_session_run(session, 0), SINTER_INVALID_ARGUMENT);
  std::vector<int8_t> out(Example::OUT_BYTES);
  ASSERT_EQ(sinter_session_bind(session, 0, 1, out.data(), Example::OUT_BYTES), SINTER_OK);
  memcpy(sinter_session_arena(session), example.input.data(), Example::IN_BYTES);
  EXPECT_EQ(sinter_session_run(session, 0), SINTER_OK) << error_text();
  EXPECT_EQ(out, example.expected);
  ASSERT_EQ(sinter_session_bind(session, 0, 1, nullptr, 0), SINTER_OK);
  EXPECT_EQ(sinter_session_run(session, 0), SINTER_INVALID_ARGUMENT);
  sinter_session_destroy(session);
  sinter_plan_destroy(handle);
}

TEST(Session, FillsARangeOfItsArena) {
  const uint64_t session = sinter_session_create(256, 1);
  ASSERT_NE(session, 0u);
  const int8_t* arena = static_cast<const int8_t*>(sinter_session_arena(session));
  ASSERT_EQ(sinter_session_fill(session, 64, 100, -3), SINTER_OK);
  for (int i = 0; i < 256; i++) EXPECT_EQ(arena[i], i >= 64 && i < 164 ? -3 : 0) << i;
  EXPECT_EQ(sinter_session_fill(session, 256, 0, 1), SINTER_OK);
  EXPECT_EQ(sinter_session_fill(session, 200, 57, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_session_fill(session, -1, 1, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_session_fill(session, 0, -1, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(sinter_session_fill(session, INT64_MAX, INT64_MAX, 1), SINTER_INVALID_ARGUMENT);
  EXPECT_EQ(arena[255], 0);
  sinter_session_destroy(session);
  EXPECT_EQ(sinter_session_fill(session, 0, 1, 1), SINTER_INVALID_HANDLE);
}

TEST(Session, TellsTimesPerStep) {
  Open open;
  ASSERT_EQ(sinter_session_attach(open.session, open.plan, 0), 0);
  int64_t nanos[8];
  memset(nanos, 0x7f, sizeof nanos);
  const int64_t untouched = nanos[7];
  ASSERT_EQ(sinter_session_profile(open.session, 1), SINTER_OK);
  ASSERT_EQ(sinter_session_run(open.session, 0), SINTER_OK);
  EXPECT_EQ(sinter_session_step_nanos(open.session, 0, nanos, 8), 4);
  for (int i = 0; i < 4; i++) {
    EXPECT_GE(nanos[i], 0);
    EXPECT_LT(nanos[i], int64_t{1} << 40);
  }
  EXPECT_EQ(nanos[4], untouched);
  nanos[2] = untouched;
  EXPECT_EQ(sinter_session_step_nanos(open.session, 0, nanos, 2), 4);
  EXPECT_EQ(nanos[2], untouched);
  EXPECT_EQ(sinter_session_step_nanos(open.session, 0, nullptr, 0), 4);
}

// Many copies of half a megabyte: long enough to be met while it runs.
struct LongRun {
  uint64_t weights = sinter_weights_create(), plan = 0, session = 0;
  enum { STEPS = 400, BYTES = 1 << 19 };
  LongRun() {
    PlanBytes bytes;
    bytes.header.arena_bytes = 2 * BYTES;
    const uint32_t a = bytes.slot(SLOT_ARENA, 0, 0, BYTES), b = bytes.slot(SLOT_ARENA, 0, BYTES, BYTES);
    for (uint32_t i = 0; i < STEPS; i++) {
      bytes.step("copy_u8_reference", {i % 2 ? b : a, i % 2 ? a : b}, CopyParams{1, BYTES, 0, 0, 0, 0}, i);
    }
    const std::vector<char> all = bytes.bytes();
    plan = sinter_plan_create(weights, all.data(), static_cast<int64_t>(all.size()));
    session = sinter_session_create(2 * BYTES, 1);
    sinter_session_attach(session, plan, 0);
  }
  ~LongRun() {
    sinter_session_destroy(session);
    sinter_plan_destroy(plan);
    sinter_weights_destroy(weights);
  }
};

TEST(Session, IsBusyWhileItRunsAndCanBeCancelled) {
  LongRun run;
  std::atomic<int> done{0}, cancelled{0}, other{0};
  std::atomic<bool> stop{false};
  std::thread runner([&] {
    while (!stop) {
      const sinter_status status = sinter_session_run(run.session, 0);
      if (status == SINTER_BUSY) continue;  // the other thread's calls hold the session for a moment, too
      (status == SINTER_OK ? done : status == SINTER_CANCELLED ? cancelled : other)++;
      if (status == SINTER_CANCELLED) {
        const int32_t step = sinter_session_failed_step(run.session);
        if (step < 0 || step >= LongRun::STEPS) other++;
      }
      std::this_thread::yield();
    }
  });
  int busy_run = 0, busy_bind = 0, busy_destroy = 0;
  bool destroyed = false;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto in_time = [&] { return std::chrono::steady_clock::now() < end; };
  while (in_time() && !(busy_run && busy_bind && busy_destroy) && !destroyed) {
    busy_run += sinter_session_run(run.session, 7) == SINTER_BUSY;
    busy_bind += sinter_session_bind(run.session, 0, 0, nullptr, 0) == SINTER_BUSY;
    // Only when the run is certainly under way: a free session would be gone for good.
    if (busy_run && !busy_destroy) {
      const sinter_status status = sinter_session_destroy(run.session);
      busy_destroy += status == SINTER_BUSY;
      destroyed = status == SINTER_OK;
    }
    std::this_thread::yield();
  }
  EXPECT_GT(busy_run, 0);
  if (!destroyed) {
    EXPECT_GT(busy_bind, 0);
    EXPECT_GT(busy_destroy, 0);
    while (in_time() && cancelled == 0) {
      EXPECT_EQ(sinter_session_cancel(run.session), SINTER_OK);
      std::this_thread::yield();
    }
    EXPECT_GT(cancelled, 0);
  }
  stop = true;
  runner.join();
  if (!destroyed) {
    EXPECT_EQ(other, 0);
    // A cancel that met no run stops the next one; the one after that runs to its end.
    sinter_session_run(run.session, 0);
    EXPECT_EQ(sinter_session_run(run.session, 0), SINTER_OK);
    EXPECT_EQ(sinter_session_failed_step(run.session), -1);
  }
}

TEST(Session, DestroyedAsSoonAsItIsFree) {
  LongRun run;
  std::thread runner([&] {
    // Ends with an invalid handle (destroyed between two runs) or busy (claimed by the destroyer).
    sinter_status status;
    do status = sinter_session_run(run.session, 0);
    while (status == SINTER_OK || status == SINTER_CANCELLED);
    EXPECT_TRUE(status == SINTER_INVALID_HANDLE || status == SINTER_BUSY) << status;
  });
  sinter_status status;
  do {
    sinter_session_cancel(run.session);
    status = sinter_session_destroy(run.session);
    std::this_thread::yield();
  } while (status == SINTER_BUSY);
  EXPECT_EQ(status, SINTER_OK);
  runner.join();
}

}  // namespace
}  // namespace sinter
