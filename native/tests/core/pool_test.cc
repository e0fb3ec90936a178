// Worker threads: results do not depend on them, sessions never wait for each other, fork starts anew.
// SPDX-License-Identifier: Apache-2.0
#include "core/pool.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "core/cpu.h"
#include "core/plan_builder.h"
#include "gtest/gtest.h"

namespace sinter {
namespace {

TEST(Workers, EveryTaskRunsOnce) {
  for (int threads : {1, 2, 3, 64, 1000}) {
    BorrowedWorkers workers(threads);
    EXPECT_GE(workers.get()->threads, 1);
    EXPECT_LE(workers.get()->threads, threads < 64 ? threads : 64);
    EXPECT_LE(workers.get()->threads, usable_cores() > 1 ? usable_cores() : 1);
    for (int64_t tasks : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> count(static_cast<size_t>(tasks));
      std::atomic<bool> wrong{false};
      parallel_for(workers.get(), tasks, [&](int64_t index, int thread) {
        count[static_cast<size_t>(index)]++;
        if (thread < 0 || thread >= workers.get()->threads) wrong = true;
      });
      for (const auto& c : count) EXPECT_EQ(c, 1);
      EXPECT_FALSE(wrong);
    }
  }
}

// Helpers that begin late, or are held up in the middle: every task runs once all the same, on whoever comes to it.
TEST(Workers, WhatOneThreadLeavesOthersDo) {
  for (int round = 0; round < 200; round++) {
    BorrowedWorkers workers(3);
    if (round % 3 == 0) usleep(200);  // they are asleep
    const int64_t tasks = 1 + round % 40;
    std::vector<std::atomic<int>> count(static_cast<size_t>(tasks));
    std::atomic<int> held{0};
    parallel_for(workers.get(), tasks, [&](int64_t index, int thread) {
      count[static_cast<size_t>(index)]++;
      if (thread == round % 3 && held++ == 0) usleep(300);
    });
    for (const auto& c : count) EXPECT_EQ(c, 1) << "round " << round;
  }
}

TEST(Workers, AShareIsTakenFromBothEnds) {
  TaskRange share;
  uint64_t task = 99, from = 99, to = 99;
  EXPECT_FALSE(share.take(&task));
  EXPECT_FALSE(share.take_half(&from, &to));
  share.set(10, 17);
  EXPECT_TRUE(share.take(&task));
  EXPECT_EQ(task, 10u);
  EXPECT_TRUE(share.take_half(&from, &to));  // of 11 .. 16
  EXPECT_EQ(from, 14u);
  EXPECT_EQ(to, 17u);
  EXPECT_TRUE(share.take_half(&from, &to));  // of 11 .. 13, rounded up
  EXPECT_EQ(from, 12u);
  EXPECT_EQ(to, 14u);
  EXPECT_TRUE(share.take_half(&from, &to));
  EXPECT_EQ(from, 11u);
  EXPECT_EQ(to, 12u);
  EXPECT_FALSE(share.take(&task));
  EXPECT_FALSE(share.take_half(&from, &to));
}

// Every thread at the shares of all others, as fast as it can: each number comes out once.
TEST(Workers, SharesUnderContention) {
  const int tasks = 20000, threads = 4;
  TaskRange shares[threads];
  std::vector<std::atomic<int>> count(tasks);
  for (int t = 0; t < threads; t++) {
    shares[t].set(static_cast<uint64_t>(tasks / threads * t), static_cast<uint64_t>(tasks / threads * (t + 1)));
  }
  std::vector<std::thread> all;
  for (int t = 0; t < threads; t++) {
    all.emplace_back([&, t] {
      uint64_t task, end;
      for (int idle = 0; idle < 100; idle++) {
        while (shares[t].take(&task)) count[task]++;
        if (!shares[(t + 1 + idle) % threads].take_half(&task, &end)) continue;
        if (end - task > 1) shares[t].set(task + 1, end);
        count[task]++;
        idle = 0;
      }
      while (shares[t].take(&task)) count[task]++;
    });
  }
  for (std::thread& thread : all) thread.join();
  for (const auto& c : count) EXPECT_EQ(c, 1);
}

TEST(Workers, VeryManyTasks) {
  BorrowedWorkers workers(2);
  const int64_t tasks = 3000001;
  std::vector<std::atomic<uint8_t>> count(tasks);
  parallel_for(workers.get(), tasks,
               [&](int64_t index, int) { count[static_cast<size_t>(index)].fetch_add(1, std::memory_order_relaxed); });
  int64_t wrong = 0;
  for (const auto& c : count) wrong += c != 1;
  EXPECT_EQ(wrong, 0);
}

TEST(Workers, TwoBorrowersNeverWaitForEachOther) {
  BorrowedWorkers all(64);
  BorrowedWorkers late(64);  // everything is taken: alone
  EXPECT_EQ(late.get()->threads, 1);
  std::atomic<int> sum{0};
  parallel_for(late.get(), 100, [&](int64_t i, int) { sum += static_cast<int>(i); });
  EXPECT_EQ(sum, 4950);
}

// A session of its own on the shared plan, many runs; returns how many outputs were wrong.
int run_often(const Example& example, uint64_t plan, int threads, int runs) {
  const uint64_t session = sinter_session_create(512, threads);
  int wrong = sinter_session_attach(session, plan, 0) != 0;
  std::vector<int8_t> in = example.input, out(Example::OUT_BYTES);
  sinter_session_bind(session, 0, 0, in.data(), Example::IN_BYTES);
  sinter_session_bind(session, 0, 1, out.data(), Example::OUT_BYTES);
  for (int i = 0; i < runs; i++) {
    memset(out.data(), 0, out.size());
    wrong += sinter_session_run(session, 0) != SINTER_OK || out != example.expected;
  }
  sinter_session_destroy(session);
  return wrong;
}

TEST(Workers, SixteenThreadsOfSessionsGiveEqualOutputs) {
  Example example;
  const std::vector<char> bytes = example.plan.bytes();
  const uint64_t plan = sinter_plan_create(example.weights, bytes.data(), static_cast<int64_t>(bytes.size()));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 16; t++) {
    threads.emplace_back([&, t] { wrong += run_often(example, plan, t % 3, 60); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  sinter_plan_destroy(plan);
}

TEST(Workers, AChildOfForkStartsAnew) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer ends children of processes with threads";
#elif defined(SINTER_ARM64)
  GTEST_SKIP() << "a child of a process with threads cannot make threads under qemu-user";
#else
  Example example;
  const std::vector<char> bytes = example.plan.bytes();
  const uint64_t plan = sinter_plan_create(example.weights, bytes.data(), static_cast<int64_t>(bytes.size()));
  EXPECT_EQ(run_often(example, plan, 2, 10), 0);  // workers exist now
  fflush(stdout);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(run_often(example, plan, 2, 10) == 0 ? 0 : 1);
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the child ended with " << status;
  EXPECT_EQ(run_often(example, plan, 2, 10), 0);
  sinter_plan_destroy(plan);
#endif
}

}  // namespace
}  // namespace sinter
