// Which steps of a plan are worth several threads: a shortest path through two states per step.
// SPDX-License-Identifier: Apache-2.0
#include "core/schedule.h"

#include <stddef.h>

#include <algorithm>

#include "core/cpu.h"

namespace sinter {
namespace {

// What shared steps do not win: the last tasks end at different times, each core reads the weights.
const double share_of_ideal = 0.9;

// A schedule that wins less than this part is not worth another core's time.
const double least_win = 0.15;

const double long_step = 1e6;

// Shared runs that are looked at before they are found too slow, and how many then go without.
const int enough_samples = 8, runs_alone = 64;

}  // namespace

const SharingCosts& sharing_costs() {
  return cpu_is_amd() ? COMPLEX_COSTS : MESH_COSTS;
}

double cycles_saved(double cycles, int threads, const SharingCosts& costs) {
  if (threads < 2) return 0;
  const double saved = cycles - cycles / threads / share_of_ideal - costs.hand_over_cycles;
  return saved < least_win * cycles ? 0 : saved;
}

Schedule make_schedule(const std::vector<StepCost>& steps, int threads, const SharingCosts& costs) {
  Schedule schedule;
  schedule.shared.assign(steps.size(), false);
  if (threads < 2) return schedule;
  const double n = threads;
  double alone = 0, shared = 0, all_alone = 0;  // best cost of a path that ends in this state
  std::vector<bool> from_shared_to_alone, from_alone_to_shared;
  for (size_t i = 0; i < steps.size(); i++) {
    const double known = steps[i].cycles > 0 ? steps[i].cycles : long_step;
    const double held = std::min(steps[i].bytes, costs.own_bytes);
    const double cycles = std::max(known, (steps[i].bytes - held) / costs.far_bytes_per_cycle);
    const double gather = held * (n - 1) / n / costs.bytes_per_cycle;  // the caller fetches all but its part
    const double scatter = held / n / costs.bytes_per_cycle;           // the others fetch theirs at the same time
    if (i == 0) shared = scatter;                                      // the caller has written the inputs
    const bool gathers = i > 0 && shared + gather < alone, scatters = i > 0 && alone + scatter < shared;
    from_shared_to_alone.push_back(gathers);
    from_alone_to_shared.push_back(scatters);
    const double before_alone = gathers ? shared + gather : alone, before_shared = scatters ? alone + scatter : shared;
    alone = before_alone + cycles;
    shared = before_shared + cycles / n / share_of_ideal + costs.hand_over_cycles;
    all_alone += cycles;
  }
  const double best = shared < alone ? shared : alone;
  if (all_alone - best < least_win * all_alone) return schedule;
  schedule.saved_cycles = all_alone - best;
  schedule.gain = all_alone / best;
  bool state = shared < alone;
  for (size_t i = steps.size(); i-- > 0;) {
    schedule.shared[i] = state;
    state = state ? !from_alone_to_shared[i] : from_shared_to_alone[i];
  }
  return schedule;
}

void SharingWatch::add(double nanos, double gain) {
  least_ = least_ == 0 || nanos < least_ ? nanos : least_ * 1.001;  // slowly forgotten
  if (++samples_ < 1) return;
  mean_ += (nanos - mean_) / (samples_ < enough_samples ? samples_ : enough_samples);
  // Until runs alone were seen, they are what the schedule says, and then some: short runs vary.
  const double alone = alone_mean_ > 0 ? alone_mean_ : least_ * gain * 1.3;
  if (samples_ < enough_samples || mean_ <= alone) return;
  alone_ = runs_alone;
  samples_ = -1;
  mean_ = 0;
}

}  // namespace sinter
