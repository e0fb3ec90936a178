// The process-wide set of worker threads that sessions borrow from.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_POOL_H_
#define SINTER_CORE_POOL_H_

#include <stdint.h>

#include "core/workers.h"

namespace sinter {

// Borrowed for one run: the caller plus as many idle workers as could be had, up to `wanted` threads.
// Never waits for another session: when no worker is idle, it is the caller alone. Workers spin briefly
// between kernel calls and between runs, so that a call costs no system call; work that a worker has
// not begun when the caller is through with the rest is the caller's: on a machine with other things
// to do nobody waits for a thread that has no core.
class BorrowedWorkers {
 public:
  explicit BorrowedWorkers(int wanted);
  ~BorrowedWorkers();
  BorrowedWorkers(const BorrowedWorkers&) = delete;
  BorrowedWorkers& operator=(const BorrowedWorkers&) = delete;

  Workers* get() {
    return &base_.workers;
  }

  enum { MAX_THREADS = 64 };
  struct Base {
    Workers workers;  // first, so that the callback finds its BorrowedWorkers
    BorrowedWorkers* self;
  };

 private:
  static void run_tasks(Workers* workers, int64_t tasks, Task task, void* context);
  Base base_;
  int helpers_[MAX_THREADS];
  void* held_[MAX_THREADS];  // the workers themselves
  int helper_count_ = 0;
};

}  // namespace sinter

#endif  // SINTER_CORE_POOL_H_
