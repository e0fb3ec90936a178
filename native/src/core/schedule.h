// Which steps of a plan are worth several threads.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_SCHEDULE_H_
#define SINTER_CORE_SCHEDULE_H_

#include <stdint.h>

#include <vector>

namespace sinter {

// A step as the schedule sees it.
struct StepCost {
  double cycles;  // on one core; 0: not known, which counts as long
  double bytes;   // that it reads and writes, weights not counted
};

struct Schedule {
  std::vector<bool> shared;  // per step; all false: the caller alone is as fast
  double saved_cycles = 0;   // by sharing, of a run
};

// The cheapest sequence of steps alone and shared by so many threads. A shared step takes its part of the time and a
// hand-over. Where one kind follows the other, what lies in one core's cache must come to others, or the other way
// round: that is why short steps between long ones may be shared, too, and a few longer ones among short ones not.
Schedule make_schedule(const std::vector<StepCost>& steps, int threads);

// What sharing a single step saves; 0 where it is not worth it.
double cycles_saved(double cycles, int threads);

}  // namespace sinter

#endif  // SINTER_CORE_SCHEDULE_H_
