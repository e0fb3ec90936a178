// A run in the steady state allocates nothing: malloc is counted around it.
// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "core/plan_builder.h"
#include "gtest/gtest.h"

// Sanitizers have their own malloc; elsewhere glibc lets a program put itself in front of it.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SINTER_COUNTS_MALLOC 1
static thread_local long allocations = 0;
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void* malloc(size_t bytes) {
  allocations++;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  allocations++;
  return __libc_calloc(count, bytes);
}
void* realloc(void* old, size_t bytes) {
  allocations++;
  return __libc_realloc(old, bytes);
}
int posix_memalign(void** out, size_t alignment, size_t bytes) {
  allocations++;
  *out = __libc_memalign(alignment, bytes);
  return *out ? 0 : ENOMEM;
}
}
#endif

namespace sinter {
namespace {

TEST(Allocation, ARunAllocatesNothing) {
#if !defined(SINTER_COUNTS_MALLOC)
  GTEST_SKIP() << "malloc belongs to the sanitizer or is not glibc's";
#else
  const long before_all = allocations;
  Example example;
  EXPECT_GT(allocations, before_all) << "malloc is not counted";
  const std::vector<char> bytes = example.plan.bytes();
  const uint64_t plan = sinter_plan_create(example.weights, bytes.data(), static_cast<int64_t>(bytes.size()));
  for (int threads : {1, 2}) {
    const uint64_t session = sinter_session_create(512, threads);
    ASSERT_EQ(sinter_session_attach(session, plan, 0), 0);
    alignas(8) char in[64] = {}, out[64];
    ASSERT_EQ(sinter_session_run(session, 0), SINTER_OK);  // the first one may start workers
    sinter_session_profile(session, 1);
    const long before = allocations;
    for (int i = 0; i < 100; i++) {
      sinter_session_bind(session, 0, 0, in, 64);
      sinter_session_bind(session, 0, 1, out, 64);
      sinter_session_run(session, 0);
      int64_t nanos[4];
      sinter_session_step_nanos(session, 0, nanos, 4);
    }
    EXPECT_EQ(allocations - before, 0) << threads << " threads";
    sinter_session_destroy(session);
  }
  sinter_plan_destroy(plan);
#endif
}

}  // namespace
}  // namespace sinter
