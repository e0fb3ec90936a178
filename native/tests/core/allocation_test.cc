// A run in the steady state allocates nothing: malloc is counted around it.
// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <vector>

#include "core/plan_builder.h"
#include "gtest/gtest.h"
#include "sinter.h"

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

// Direct kernels: nothing after the first call, and nothing at all when scratch was reserved.
TEST(Allocation, DirectCallsAllocateNothing) {
#if !defined(SINTER_COUNTS_MALLOC)
  GTEST_SKIP() << "malloc belongs to the sanitizer or is not glibc's";
#else
  std::vector<int8_t> w(96 * 96), a(96 * 96);
  std::vector<int32_t> c(96 * 96);
  sinter_gemm_options o;
  sinter_gemm_init(&o, SINTER_GEMM_S8S8S32);
  o.n = o.k = 96;
  o.weights = w.data();
  sinter_conv_options v;
  sinter_conv_init(&v, SINTER_CONV_F32);
  v.in_c = v.out_c = 8;
  v.kernel_h = v.kernel_w = 3;
  v.pad_top = v.pad_bottom = v.pad_left = v.pad_right = 1;
  std::vector<float> weights(8 * 8 * 9), in(8 * 64), out(8 * 64);
  v.weights = weights.data();
  for (int threads : {1, 2}) {
    const uint64_t gemm = sinter_gemm_create(&o), conv = sinter_conv_create(&v);
    ASSERT_NE(gemm, 0u);
    ASSERT_NE(conv, 0u);
    ASSERT_EQ(sinter_gemm_reserve(gemm, 96, threads, 1), SINTER_OK);
    ASSERT_EQ(sinter_conv_reserve(conv, 1, 8, 8, threads, 1), SINTER_OK);
    if (threads > 1) {  // the first call starts the process's workers
      sinter_gemm_run(gemm, 96, a.data(), 96, c.data(), 96, threads);
    }
    const long before = allocations;
    for (int m = 96; m > 0; m -= 5) {
      ASSERT_EQ(sinter_gemm_run(gemm, m, a.data(), 96, c.data(), 96, threads), SINTER_OK);
      ASSERT_EQ(sinter_conv_run(conv, 1, 8, 8, in.data(), out.data(), threads), SINTER_OK);
    }
    EXPECT_EQ(allocations - before, 0) << threads << " threads";
    sinter_gemm_destroy(gemm);
    sinter_conv_destroy(conv);
  }
#endif
}

}  // namespace
}  // namespace sinter
