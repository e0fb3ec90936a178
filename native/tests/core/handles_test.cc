// Handles: stale, double, foreign and invented ones are refused by every function, from every thread.
// SPDX-License-Identifier: Apache-2.0
#include "core/handles.h"

#include <atomic>
#include <thread>

#include "core/plan_builder.h"
#include "gtest/gtest.h"

namespace sinter {
namespace {

// Every function that takes a handle, given one that is not good for it.
void expect_all_refuse(uint64_t bad_weights, uint64_t bad_plan, uint64_t bad_session, uint64_t good_session,
                       uint64_t good_plan) {
  char buffer[64] = {};
  const void* sources[MAX_SOURCES] = {};
  const int64_t bytes[MAX_SOURCES] = {};
  int64_t nanos[4];
  EXPECT_EQ(sinter_weights_destroy(bad_weights), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_weights_pack(bad_weights, 0, buffer, 8, sources, bytes, 3), -1);
  EXPECT_EQ(sinter_weights_add(bad_weights, buffer, 8), -1);
  EXPECT_EQ(sinter_weights_bytes(bad_weights, -1), -1);
  EXPECT_EQ(sinter_plan_create(bad_weights, buffer, 8), 0u);
  EXPECT_EQ(sinter_plan_destroy(bad_plan), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_session_attach(good_session, bad_plan, 0), -1);
  EXPECT_EQ(sinter_session_attach(bad_session, good_plan, 0), -1);
  EXPECT_EQ(sinter_session_arena(bad_session), nullptr);
  EXPECT_EQ(sinter_session_bind(bad_session, 0, 0, buffer, 64), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_session_run(bad_session, 0), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_session_cancel(bad_session), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_session_failed_step(bad_session), -1);
  EXPECT_EQ(sinter_session_profile(bad_session, 1), SINTER_INVALID_HANDLE);
  EXPECT_EQ(sinter_session_step_nanos(bad_session, 0, nanos, 4), -1);
  EXPECT_EQ(sinter_session_destroy(bad_session), SINTER_INVALID_HANDLE);
  EXPECT_NE(error_text().find("not the handle"), std::string::npos) << error_text();
}

TEST(Handles, StaleForeignAndInventedOnesAreRefused) {
  Example example;
  const std::vector<char> bytes = example.plan.bytes();
  auto make_plan = [&] {
    return sinter_plan_create(example.weights, bytes.data(), static_cast<int64_t>(bytes.size()));
  };
  const uint64_t plan = make_plan(), session = sinter_session_create(512, 1);
  // Stale: destroyed, and the place in the table taken by another.
  const uint64_t old_weights = sinter_weights_create(), old_plan = make_plan(),
                 old_session = sinter_session_create(0, 1);
  EXPECT_EQ(sinter_weights_destroy(old_weights), SINTER_OK);
  EXPECT_EQ(sinter_plan_destroy(old_plan), SINTER_OK);
  EXPECT_EQ(sinter_session_destroy(old_session), SINTER_OK);
  expect_all_refuse(old_weights, old_plan, old_session, session, plan);
  const uint64_t new_weights = sinter_weights_create(), new_plan = make_plan(),
                 new_session = sinter_session_create(0, 1);
  EXPECT_NE(new_weights, old_weights);
  expect_all_refuse(old_weights, old_plan, old_session, session, plan);
  // Foreign: of another kind.
  expect_all_refuse(plan, session, example.weights, session, plan);
  expect_all_refuse(session, example.weights, plan, session, plan);
  // Invented: nothing, everything, other indices, other generations, other devices.
  for (uint64_t bad : {uint64_t{0}, ~uint64_t{0}, uint64_t{1}, session ^ 0xfffffff, session ^ (uint64_t{1} << 28),
                       session ^ (uint64_t{1} << 51), session | uint64_t{200} << 56, session ^ (uint64_t{15} << 52)}) {
    expect_all_refuse(bad, bad, bad, session, plan);
  }
  EXPECT_EQ(sinter_weights_destroy(new_weights), SINTER_OK);
  EXPECT_EQ(sinter_plan_destroy(new_plan), SINTER_OK);
  EXPECT_EQ(sinter_session_destroy(new_session), SINTER_OK);
  EXPECT_EQ(sinter_session_destroy(session), SINTER_OK);
  EXPECT_EQ(sinter_plan_destroy(plan), SINTER_OK);
}

TEST(Handles, GenerationsComeAround) {
  HandleTable<int> table(HANDLE_PLAN);
  const uint64_t first = table.insert(std::make_shared<int>(1));
  auto always = [](int&) { return true; };
  ASSERT_TRUE(table.remove(first, always));
  // 24 bits of generation: after as many reuses the number is seen again, and 0 never.
  for (int i = 0; i < 100000; i++) {
    const uint64_t handle = table.insert(std::make_shared<int>(2));
    ASSERT_NE(handle, first);
    ASSERT_EQ(handle & 0xfffffff, first & 0xfffffff);
    ASSERT_TRUE(table.remove(handle, always));
    ASSERT_FALSE(table.remove(handle, always));
    ASSERT_EQ(table.find(handle), nullptr);
  }
  const uint64_t kept = table.insert(std::make_shared<int>(3));
  EXPECT_FALSE(table.remove(kept, [](int&) { return false; }));
  EXPECT_NE(table.find(kept), nullptr);
}

TEST(Handles, ManyThreadsOpenAndClose) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  std::atomic<uint64_t> shared{0};
  for (int t = 0; t < 8; t++) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; i++) {
        const uint64_t session = sinter_session_create(64, 1);
        shared = session;
        if (!sinter_session_arena(session)) wrong++;
        sinter_session_failed_step(shared);  // perhaps another thread's, perhaps just closed
        if (sinter_session_destroy(session) != SINTER_OK) wrong++;
        if (sinter_session_destroy(session) != SINTER_INVALID_HANDLE) wrong++;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace sinter
