// A thread's share of tasks: its owner takes from the front, others from the back.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_TASK_RANGE_H_
#define SINTER_CORE_TASK_RANGE_H_

#include <stdint.h>

#include <atomic>

namespace sinter {

// The first task and the end in one word, so that nothing needs a lock. Only the owner puts tasks in, and each number
// is put in where it was not before: a word never comes back.
class TaskRange {
 public:
  // Owner, or before anybody else knows of it. Numbers are below 2^32.
  void set(uint64_t first, uint64_t end) {
    word_.store(end << 32 | first, std::memory_order_relaxed);
  }

  // The next task; false: none is left.
  bool take(uint64_t* task) {
    uint64_t word = word_.load(std::memory_order_relaxed);
    while (first(word) < word >> 32) {
      if (word_.compare_exchange_weak(word, word + 1, std::memory_order_relaxed)) {
        *task = first(word);
        return true;
      }
    }
    return false;
  }

  // The second half of what is left, rounded up; false: nothing is left.
  bool take_half(uint64_t* from, uint64_t* to) {
    uint64_t word = word_.load(std::memory_order_relaxed);
    while (first(word) < word >> 32) {
      const uint64_t end = word >> 32, middle = first(word) + (end - first(word)) / 2;
      if (word_.compare_exchange_weak(word, middle << 32 | first(word), std::memory_order_relaxed)) {
        *from = middle;
        *to = end;
        return true;
      }
    }
    return false;
  }

 private:
  static uint64_t first(uint64_t word) {
    return word & 0xffffffff;
  }
  std::atomic<uint64_t> word_{0};
};

}  // namespace sinter

#endif  // SINTER_CORE_TASK_RANGE_H_
