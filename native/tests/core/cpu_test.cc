// CPU features: rows never need what the CPU lacks, SINTER_ISA takes bits away and never adds any.
// SPDX-License-Identifier: Apache-2.0
#include "core/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "core/catalogue.h"
#include "core/plan_builder.h"
#include "gtest/gtest.h"

namespace sinter {
namespace {

TEST(Cpu, TellsFeaturesCachesAndCores) {
  EXPECT_EQ(cpu_features() & ~detected_cpu_features(), 0u);
  EXPECT_EQ(sinter_cpu_features(), cpu_features());
  EXPECT_GE(sinter_cores(), 1);
  for (int level : {1, 2, 3}) {
    EXPECT_GE(sinter_cache_bytes(level), 0);
    EXPECT_EQ(sinter_cache_bytes(level) % 1024, 0);
  }
  EXPECT_EQ(sinter_cache_bytes(0), 0);
  EXPECT_EQ(sinter_cache_bytes(-1), 0);
  EXPECT_EQ(sinter_cache_bytes(9), 0);
  for (int i = 0; i < row_count(); i++) {
    if (row_runs_here(row_at(i))) {
      EXPECT_EQ(row_at(i)->isa & ~cpu_features(), 0u);
    }
  }
}

// For the test below: prints what this process sees.
TEST(CpuChild, PrintsFeatures) {
  printf("features=%llu\n", static_cast<unsigned long long>(cpu_features()));
}

#if !defined(SINTER_X86_64)
TEST(Cpu, ForcedIsaTakesBitsAway) {
  GTEST_SKIP() << "starts itself again, which an emulator may not know how to do";
}
#else
// The features a process sees with SINTER_ISA=value; -1 when it refuses to start.
long long features_with(const char* value) {
  char self[4096];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length <= 0) return -2;
  self[length] = 0;
  const std::string command =
      std::string("SINTER_ISA=") + value + " '" + self + "' --gtest_filter=CpuChild.PrintsFeatures 2>&1";
  FILE* child = popen(command.c_str(), "r");
  if (!child) return -2;
  long long features = -2;
  char line[512];
  while (fgets(line, sizeof line, child)) sscanf(line, "features=%lld", &features);
  const int status = pclose(child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? features : -1;
}

TEST(Cpu, ForcedIsaTakesBitsAway) {
  const auto detected = static_cast<long long>(detected_cpu_features());
  EXPECT_EQ(features_with("reference"), 0);
  EXPECT_EQ(features_with("avx2"), detected & static_cast<long long>(ISA_AVX2));
  EXPECT_EQ(features_with("avx512_vnni"), detected & static_cast<long long>(ISA_AVX2 | ISA_AVX512 | ISA_AVX512_VNNI));
  EXPECT_EQ(features_with("amx"), detected);
  EXPECT_EQ(features_with(""), detected);
  EXPECT_EQ(features_with("pentium"), -1);
}
#endif

// A plan that names a row this CPU cannot run is refused, whatever else it says.
TEST(Cpu, RowsThatCannotRunHereAreRefused) {
  Example example;
  int tried = 0;
  for (int i = 0; i < row_count(); i++) {
    if (row_runs_here(row_at(i))) continue;
    PlanBytes plan = example.plan;
    for (auto& step : plan.steps) {
      const RowDef* row = row_at(static_cast<int>(step.head.row));
      if (row->op != row_at(i)->op) continue;
      step.head.row = static_cast<uint32_t>(i);
      EXPECT_FALSE(survive(example.weights, plan.bytes())) << row_at(i)->name;
      EXPECT_NE(error_text().find(row_at(i)->name), std::string::npos) << error_text();
      tried++;
    }
  }
  EXPECT_GT(tried, 0);
}

}  // namespace
}  // namespace sinter
