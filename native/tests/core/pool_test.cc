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
