// The process-wide set of worker threads that sessions borrow from.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_POOL_H_
#define SINTER_CORE_POOL_H_

#include <stdint.h>

#include "core/task_range.h"
#include "core/workers.h"

namespace sinter {

class Worker;

// Borrowed for one run: the caller plus as many idle workers as could be had, up to `wanted` threads.
// Never waits for another session: when no worker is idle, it is the caller alone.
//
// Each thread gets its own share of a call's tasks, always the same one for a given count, so that what it wrote in one
// kernel call is in its own cache in the next; who has done its share takes half of what another one has not begun. So
// work that a worker does not come to is the caller's: on a machine with other things to do nobody waits for a thread
// that has no core.
//
// Workers spin briefly between kernel calls and between runs, so that a call costs no system call.
class BorrowedWorkers {
 public:
  explicit BorrowedWorkers(int wanted);
  ~BorrowedWorkers();
  BorrowedWorkers(const BorrowedWorkers&) = delete;
  BorrowedWorkers& operator=(const BorrowedWorkers&) = delete;

  Workers* get() {
    return &base_.workers;
  }

  // Before work whose sharing saves so much: workers that sleep are woken where that pays, or where the last such work
  // of this caller ended so recently that they will not go to sleep again in between; otherwise they are given back and
  // the caller is alone. last_end: by now_nanos() of clock.h.
  void wake_if_worthwhile(double saved_cycles, int64_t last_end);

  enum { MAX_THREADS = 64 };
  struct Base {
    Workers workers;  // first, so that the callback finds its BorrowedWorkers
    BorrowedWorkers* self;
  };

 private:
  // Whether a worker sleeps: to wake it takes a system call now and some microseconds until it works.
  bool asleep() const;
  // Wakes those who sleep: work comes soon.
  void wake();
  // Gives all back: the caller is alone from now on.
  void give_back();
  static void run_tasks(Workers* workers, int64_t tasks, Task task, void* context);
  Base base_;
  alignas(64) TaskRange own_;  // the caller's share
  Worker* held_[MAX_THREADS];
  int indices_[MAX_THREADS];  // of the held ones in the set
  int helper_count_ = 0;
};

}  // namespace sinter

#endif  // SINTER_CORE_POOL_H_
