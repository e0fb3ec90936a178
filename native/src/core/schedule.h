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

// What it costs a machine to share a step: from handing out tasks to all being known done, beside the tasks themselves
// and until a worker has what the caller has just written about the call; lines that another core has written are read,
// or written over, so fast. No core holds more than own_bytes for itself: what is beyond comes from afar, at
// far_bytes_per_cycle, whoever wrote it.
struct SharingCosts {
  double hand_over_cycles, bytes_per_cycle, own_bytes, far_bytes_per_cycle;
};

// Measured on two cores of a Xeon with a mesh, 3.3 GHz: 0.5 us and 0.2 us, 10 GB/s; 4 MB read and written in 370 us.
constexpr SharingCosts MESH_COSTS = {2300, 3, 2 << 20, 6};
// On two Zen 5 cores that share a third level, 4.1 GHz: found by trying, models of 10 to 35 us.
constexpr SharingCosts COMPLEX_COSTS = {1000, 6, 1 << 20, 8};

// Those of this machine.
const SharingCosts& sharing_costs();

struct Schedule {
  std::vector<bool> shared;  // per step; all false: the caller alone is as fast
  double saved_cycles = 0;   // by sharing, of a run
  double gain = 1;           // how many times faster
};

// Looks whether sharing is what the schedule takes it for: a machine with other work takes the core from a worker in
// the middle of a task, and then the caller waits for it. While that makes runs slower than one thread would be, the
// caller stays alone, and tries again from time to time.
class SharingWatch {
 public:
  // Whether the next run may be shared.
  bool allows() {
    if (alone_ == 0) return true;
    alone_--;
    return false;
  }
  // A shared run took so long; `gain` is what the schedule promises.
  void add(double nanos, double gain);
  // A run alone took so long.
  void add_alone(double nanos) {
    alone_mean_ = alone_mean_ == 0 ? nanos : alone_mean_ + (nanos - alone_mean_) / 8;
  }

 private:
  double least_ = 0, mean_ = 0;  // of shared runs
  double alone_mean_ = 0;        // 0: there was none yet
  int samples_ = -1;             // the first run of a period wakes workers and finds cold caches
  int alone_ = 0;                // runs to go
};

// The cheapest sequence of steps alone and shared by so many threads. A shared step takes its part of the time and a
// hand-over. Where one kind follows the other, what lies in one core's cache must come to others, or the other way
// round: that is why short steps between long ones may be shared, too, and a few longer ones among short ones not.
Schedule make_schedule(const std::vector<StepCost>& steps, int threads, const SharingCosts& costs);

// What sharing a single step saves; 0 where it is not worth it.
double cycles_saved(double cycles, int threads, const SharingCosts& costs);

}  // namespace sinter

#endif  // SINTER_CORE_SCHEDULE_H_
