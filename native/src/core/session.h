// A session: one arena, attached plans, one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_SESSION_H_
#define SINTER_CORE_SESSION_H_

#include <atomic>
#include <memory>
#include <vector>

#include "core/plan.h"
#include "core/schedule.h"

namespace sinter {

class Session {
 public:
  // Null after fail().
  static std::shared_ptr<Session> create(int64_t arena_bytes, int threads);

  int32_t attach(std::shared_ptr<const Plan> plan, int64_t arena_base);
  sinter_status bind(int32_t plan, int32_t binding, void* data, int64_t bytes);
  sinter_status run(int32_t plan);
  sinter_status fill(int64_t offset, int64_t bytes, int value);
  sinter_status profile(bool enabled);
  int32_t step_nanos(int32_t plan, int64_t* nanos, int32_t capacity);

  void cancel() {
    cancelled_.store(true, std::memory_order_relaxed);
  }
  int32_t failed_step() const {
    return failed_step_.load(std::memory_order_relaxed);
  }
  char* arena() const {
    return arena_.data();
  }
  // Marks the session as in use; false when it already is. Destroying claims it for good.
  bool claim() {
    return !busy_.exchange(true, std::memory_order_acquire);
  }
  void release() {
    busy_.store(false, std::memory_order_release);
  }

 private:
  struct Attached {
    std::shared_ptr<const Plan> plan;
    int64_t arena_base;
    std::vector<Call> calls;      // one per step, resolved
    std::vector<void*> pointers;  // slot addresses, in the order of Plan::step_slots
    std::vector<void*> bound;     // per binding: where it is now
    bool all_bound;               // no binding is without a place
    std::vector<int64_t> nanos;   // per step, of the last profiled run
    Schedule schedule;            // for the session's threads
    SharingWatch watch;           // whether it holds
  };
  Attached* find(int32_t plan);
  void resolve(Attached* attached);
  void* default_place(const Attached& attached, size_t binding) const;
  void run_shared(Attached* attached, sinter_status* status);
  void run_steps(Attached* attached, Workers* workers, sinter_status* status);

  Arena arena_, scratch_;
  int threads_ = 1;
  int64_t last_run_ = 0;  // when the last run that was worth several threads has ended
  bool profile_ = false;
  std::atomic<bool> busy_{false}, cancelled_{false};
  std::atomic<int32_t> failed_step_{-1};
  std::vector<std::unique_ptr<Attached>> attached_;
};

}  // namespace sinter

#endif  // SINTER_CORE_SESSION_H_
