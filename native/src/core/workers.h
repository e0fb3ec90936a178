// Splitting one kernel call over the threads that its session borrowed.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_WORKERS_H_
#define SINTER_CORE_WORKERS_H_

#include <stdint.h>

namespace sinter {

// task(context, index, thread): index in [0, tasks), thread in [0, workers->threads): the place in
// per-thread scratch that this task may use.
typedef void (*Task)(void* context, int64_t index, int thread);

// The calling thread and the helpers it holds. threads >= 1; run() returns when all tasks are done.
// With threads == 1 it is a plain loop on the caller.
struct Workers {
  int threads;
  void (*run)(Workers* self, int64_t tasks, Task task, void* context);
};

// Rows of a block, `most` at most, such that every thread gets as many blocks as the others, about as large; whole
// granules (rows of a kernel's tile) where a thread's part has many of them. All kernels cut maps by this: what one
// thread has written is what it reads in the next layer. Up to three blocks for each thread, where that leaves them
// some granules and the parts as equal as they were: cores are not equally fast, and only what is not begun can change
// hands.
static inline int64_t fair_rows(int64_t rows, int64_t most, int64_t granule, int threads) {
  if (threads <= 1 || rows <= 0) return most;
  const int64_t blocks = (rows + most - 1) / most, least = (blocks + threads - 1) / threads;
  for (int64_t rounds = least < 3 ? 3 : least;; rounds--) {
    const int64_t each = (rows + rounds * threads - 1) / (rounds * threads);
    const int64_t block = each < 8 * granule ? each : (each + granule - 1) / granule * granule;
    const bool equal = 12 * (rounds * block * threads - rows) <= rows;  // the first thread's part beside a fair one
    if (rounds == least || (each >= 4 * granule && equal)) return block < most ? block : most;
  }
}

// Splits [0, tasks) with a lambda, without std::function and without anything the linker could
// share between files built for different ISAs (internal linkage).
template <class Body>
static inline void parallel_for(Workers* workers, int64_t tasks, const Body& body) {
  if (workers->threads <= 1 || tasks <= 1) {
    for (int64_t i = 0; i < tasks; i++) body(i, 0);
    return;
  }
  workers->run(
      workers, tasks,
      [](void* context, int64_t index, int thread) { (*static_cast<const Body*>(context))(index, thread); },
      const_cast<void*>(static_cast<const void*>(&body)));
}

// Scratch for up to so many threads: a call may get fewer, and then cuts larger blocks. bytes_of(threads) is what one
// of them takes; negative: more than can be counted, which no machine has and is refused as out of memory.
template <class BytesOf>
static inline int64_t scratch_of_any_cut(int threads, const BytesOf& bytes_of) {
  int64_t most = 0;
  for (int t = 1; t <= threads; t++) {
    const int64_t each = bytes_of(t);
    int64_t bytes;
    if (each < 0 || __builtin_mul_overflow(each, t, &bytes)) return INT64_MAX;
    if (bytes > most) most = bytes;
  }
  return most;
}

}  // namespace sinter

#endif  // SINTER_CORE_WORKERS_H_
