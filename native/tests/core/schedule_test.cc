// Which steps are shared: long ones, and short ones whose data would otherwise travel.
// SPDX-License-Identifier: Apache-2.0
#include "core/schedule.h"

#include "gtest/gtest.h"

namespace sinter {
namespace {

std::vector<bool> shared(const std::vector<StepCost>& steps, int threads = 2) {
  return make_schedule(steps, threads, MESH_COSTS).shared;
}

TEST(Schedule, OneThreadSharesNothing) {
  const Schedule s = make_schedule({{1e9, 1e6}, {0, 0}}, 1, MESH_COSTS);
  EXPECT_EQ(s.shared, std::vector<bool>({false, false}));
  EXPECT_EQ(s.saved_cycles, 0);
}

TEST(Schedule, LongStepsAndThoseOfUnknownLengthAreShared) {
  const Schedule s = make_schedule({{1e6, 1e3}, {0, 1e3}}, 2, MESH_COSTS);
  EXPECT_EQ(s.shared, std::vector<bool>({true, true}));
  EXPECT_GT(s.saved_cycles, 0.4 * 2e6);
  EXPECT_LT(s.saved_cycles, 0.5 * 2e6);
}

TEST(Schedule, ShortStepsAreNot) {
  const Schedule s = make_schedule(std::vector<StepCost>(50, {1000, 100}), 2, MESH_COSTS);
  EXPECT_EQ(s.shared, std::vector<bool>(50, false));
  EXPECT_EQ(s.saved_cycles, 0);
  EXPECT_EQ(make_schedule({}, 8, MESH_COSTS).saved_cycles, 0);
}

TEST(Schedule, AShortStepIsSharedOnlyWhereItsDataWouldTravel) {
  EXPECT_EQ(shared({{1e6, 1e5}, {500, 1e5}, {1e6, 1e5}}), std::vector<bool>({true, true, true}));
  EXPECT_EQ(shared({{1e6, 1e5}, {500, 64}, {1e6, 64}}), std::vector<bool>({true, false, true}));
}

TEST(Schedule, AMediumStepAmongShortOnesStaysWithThem) {
  // 20 us would be worth it by themselves; that the maps around come and go is not.
  EXPECT_EQ(shared({{1000, 1e6}, {6e4, 1e6}, {1000, 1e6}}), std::vector<bool>({false, false, false}));
  EXPECT_EQ(shared({{1000, 10}, {6e4, 10}, {1000, 10}}), std::vector<bool>({false, true, false}));
}

TEST(Schedule, MapsThatNoCacheHoldsDoNotTravel) {
  // 24 MB, 3 million values at two a cycle: between the caches half of it would take as long as the step.
  EXPECT_EQ(shared({{1.5e6, 24e6}}), std::vector<bool>({true}));
  // What is read from afar takes time, however few cycles the values take.
  const Schedule s = make_schedule({{1e5, 24e6}}, 2, MESH_COSTS);
  EXPECT_EQ(s.shared, std::vector<bool>({true}));
  EXPECT_GT(s.saved_cycles, 0.3 * 24e6 / MESH_COSTS.far_bytes_per_cycle);
}

// Steady runs are shared for ever; where others take the cores, most runs are not, and it is found out when they are
// gone.
TEST(Schedule, SharingIsWatched) {
  SharingWatch watch;
  for (int i = 0; i < 1000; i++) {
    ASSERT_TRUE(watch.allows()) << i;
    watch.add(i == 0 ? 5000 : 1000 + i % 3 * 100, 1.7);  // the first run is cold
  }
  int shared = 0;
  for (int i = 0; i < 1000; i++) {
    if (!watch.allows()) {
      watch.add_alone(1700);
      continue;
    }
    shared++;
    watch.add(2500, 1.7);
  }
  EXPECT_GT(shared, 50);
  EXPECT_LT(shared, 250);
  int last = 0;
  for (int i = 0; i < 200; i++) {
    if (!watch.allows()) {
      last = i;
      watch.add_alone(1700);
      continue;
    }
    watch.add(1050, 1.7);
  }
  EXPECT_LT(last, 70);
}

// The best of all sequences, one by one.
TEST(Schedule, ItIsTheCheapestSequence) {
  uint32_t state = 7;
  auto next = [&](uint32_t below) { return (state = state * 1664525u + 1013904223u) / 65536 % below; };
  auto cost = [](const std::vector<StepCost>& steps, const std::vector<bool>& shared) {
    double cycles = 0;
    bool before = false;
    for (size_t i = 0; i < steps.size(); i++) {
      if (shared[i] != before) cycles += steps[i].bytes / 2 / 3;
      cycles += shared[i] ? steps[i].cycles / 2 / 0.9 + 2300 : steps[i].cycles;
      before = shared[i];
    }
    return cycles;
  };
  for (int round = 0; round < 200; round++) {
    std::vector<StepCost> steps;
    for (int i = 0; i < 8; i++) steps.push_back({1.0 + next(30000), 1.0 * next(40000)});
    const Schedule s = make_schedule(steps, 2, MESH_COSTS);
    double least = 1e30;
    for (int mask = 0; mask < 256; mask++) {
      std::vector<bool> sequence;
      for (int i = 0; i < 8; i++) sequence.push_back(mask >> i & 1);
      const double c = cost(steps, sequence);
      least = c < least ? c : least;
    }
    const double alone = cost(steps, std::vector<bool>(8, false));
    if (s.saved_cycles == 0) {
      EXPECT_GT(least, 0.85 * alone - 1);
    } else {
      EXPECT_NEAR(alone - s.saved_cycles, least, 1e-6 * least);
      EXPECT_NEAR(cost(steps, s.shared), least, 1e-6 * least);
    }
  }
}

TEST(Schedule, CheaperHandOversShareShorterSteps) {
  const std::vector<StepCost> steps(30, {5000, 20000});
  EXPECT_EQ(make_schedule(steps, 2, MESH_COSTS).gain, 1);
  EXPECT_GT(make_schedule(steps, 2, COMPLEX_COSTS).gain, 1.2);
}

}  // namespace
}  // namespace sinter
