// The process-wide set of worker threads that sessions borrow from.
// SPDX-License-Identifier: Apache-2.0
#include "core/pool.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/cpu.h"
#include "core/float_mode.h"

namespace sinter {
namespace {

// How long a worker without work stays awake: about what going to sleep and being woken costs both sides together.
const int64_t awake_nanos = 50000;

// Saving so much is worth waking a worker: the system call takes the caller some 15 us on a virtual machine, and the
// worker does not begin for another 30.
const double waking_cycles = 200000;

inline void relax() {
#if defined(SINTER_X86_64)
  __builtin_ia32_pause();
#elif defined(SINTER_ARM64)
  __asm__ volatile("yield");
#endif
}

// How long a thread must have worked on its share until it pays to look for work at others: that takes the line of the
// cache with what they have left from them, and they wait to get it back.
const int64_t looking_nanos = 5000;

// How often the caller looks whether a worker at work is through until it takes of what that has left.
const int patience = 32;

// One call of parallel_for.
struct Job {
  Task run;
  void* context;
  TaskRange* const* shares;  // of all who take part
  int count;
  bool divisible;  // somebody has more than one unit
};

// Several tasks to a unit, where there are very many: units are numbered in 32 bits, and small.
struct Grouped {
  Task task;
  void* context;
  int64_t tasks, group;

  static void run(void* grouped, int64_t unit, int thread) {
    const Grouped& g = *static_cast<const Grouped*>(grouped);
    const int64_t first = unit * g.group, end = first + g.group < g.tasks ? first + g.group : g.tasks;
    for (int64_t i = first; i < end; i++) g.task(g.context, i, thread);
  }
};

// Units [from, to): the first one is run, others may take of the rest before this thread does.
inline void run_units(const Job& job, int thread, TaskRange* own, uint64_t from, uint64_t to) {
  const Task run = job.run;
  void* const context = job.context;
  if (to - from > 1) own->set(from + 1, to);
  do {
    run(context, static_cast<int64_t>(from), thread);
  } while (own->take(&from));
}

// A worker's part: its share, then halves of what others have not begun.
inline void help(const Job& job, int thread, TaskRange* own) {
  uint64_t unit, end;
  if (!own->take(&unit)) return;
  const int64_t start = job.divisible ? now_nanos() : 0;
  run_units(job, thread, own, unit, unit + 1);
  if (!job.divisible || now_nanos() - start < looking_nanos) return;
  for (int i = 1; i < job.count; i++) {
    while (job.shares[(thread + i) % job.count]->take_half(&unit, &end)) run_units(job, thread, own, unit, end);
  }
}

}  // namespace

class Worker {
 public:
  Worker() {
    std::thread([this] { loop(); }).detach();  // lives as long as the process
  }

  bool asleep() const {
    return state_.load(std::memory_order_relaxed) == ASLEEP;
  }

  // Jobs come soon.
  void wake() {
    int sleeping = ASLEEP;
    if (state_.compare_exchange_strong(sleeping, FREE, std::memory_order_relaxed)) notify();
  }

  TaskRange* share() {
    return &share_;
  }

  // Its share is set. What the job points to is kept until withdraw() or done() said that it is not in use.
  void start(const Job& job, int thread) {
    job_ = job;
    thread_ = thread;
    context_.store(job.context, std::memory_order_relaxed);
    if (state_.exchange(POSTED, std::memory_order_acq_rel) == ASLEEP) notify();
  }

  // Takes a job back that the worker has not begun.
  bool withdraw() {
    int posted = POSTED;
    return state_.compare_exchange_strong(posted, FREE, std::memory_order_relaxed);
  }

  bool at_work() const {
    return state_.load(std::memory_order_acquire) == TAKEN;
  }

  // It neither has a job nor one to begin.
  bool done() const {
    return state_.load(std::memory_order_acquire) <= ASLEEP;
  }

 private:
  enum State { FREE, ASLEEP, POSTED, TAKEN };

  void notify() {
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_one();
  }

  // Waits for a job and takes it.
  void take() {
    int64_t until = 0;
    for (uint32_t spin = 1;; spin++) {
      if (state_.load(std::memory_order_relaxed) == POSTED) {
        int posted = POSTED;
        __builtin_prefetch(context_.load(std::memory_order_relaxed));  // it comes while the state is being written
        if (state_.compare_exchange_strong(posted, TAKEN, std::memory_order_acquire)) return;
      }
      relax();
      if (spin % 64 != 0) continue;
      const int64_t now = now_nanos();
      if (until == 0) until = now + awake_nanos;
      if (now < until) continue;
      std::unique_lock<std::mutex> lock(mutex_);
      int free = FREE;
      if (state_.compare_exchange_strong(free, ASLEEP, std::memory_order_relaxed)) {
        wake_.wait(lock, [this] { return state_.load(std::memory_order_relaxed) != ASLEEP; });
      }
      until = 0;
    }
  }

  void loop() {
    FlushDenormals guard;
    for (;;) {
      take();
      help(job_, thread_, &share_);
      state_.store(FREE, std::memory_order_release);
    }
  }

  // What is handed over lies in one line of the cache.
  alignas(64) std::atomic<int> state_{FREE};
  int thread_ = 0;
  std::atomic<const void*> context_{nullptr};  // the job's
  Job job_ = {};
  TaskRange share_;
  std::mutex mutex_;
  std::condition_variable wake_;
};

namespace {

// Threads are made when first wanted and never destroyed (a process that exits just ends). In a
// child made by fork() no worker exists: the set starts anew there.
struct Set {
  std::mutex mutex;
  std::vector<Worker*> workers;
  std::vector<int> idle;
  int limit = usable_cores() - 1;
};

Set* set = nullptr;
pthread_once_t once = PTHREAD_ONCE_INIT;

void make_set() {
  set = new Set;
  pthread_atfork(nullptr, nullptr, [] { set = new Set; });
}

Set& shared_set() {
  pthread_once(&once, make_set);
  return *set;
}

}  // namespace

BorrowedWorkers::BorrowedWorkers(int wanted) {
  base_.self = this;
  if (wanted > MAX_THREADS) wanted = MAX_THREADS;
  if (wanted > 1) {
    Set& all = shared_set();
    std::lock_guard<std::mutex> lock(all.mutex);
    while (helper_count_ < wanted - 1) {
      if (all.idle.empty()) {
        if (static_cast<int>(all.workers.size()) >= all.limit) break;
        try {
          all.workers.push_back(new Worker);
        } catch (const std::system_error&) {
          break;  // no more threads to be had: run with fewer
        }
        all.idle.push_back(static_cast<int>(all.workers.size()) - 1);
      }
      held_[helper_count_] = all.workers[static_cast<size_t>(all.idle.back())];
      indices_[helper_count_++] = all.idle.back();
      all.idle.pop_back();
    }
  }
  base_.workers.threads = 1 + helper_count_;
  base_.workers.run = run_tasks;
}

BorrowedWorkers::~BorrowedWorkers() {
  give_back();
}

void BorrowedWorkers::give_back() {
  if (helper_count_ == 0) return;
  Set& all = shared_set();
  std::lock_guard<std::mutex> lock(all.mutex);
  // The first one borrowed is the next one borrowed: it has most in its cache.
  for (int i = helper_count_; i-- > 0;) all.idle.push_back(indices_[i]);
  helper_count_ = 0;
  base_.workers.threads = 1;
}

bool BorrowedWorkers::asleep() const {
  for (int i = 0; i < helper_count_; i++) {
    if (held_[i]->asleep()) return true;
  }
  return false;
}

void BorrowedWorkers::wake_if_worthwhile(double saved_cycles, int64_t last_end) {
  if (!asleep()) return;
  if (saved_cycles > waking_cycles || now_nanos() - last_end < awake_nanos) {
    wake();
  } else {
    give_back();
  }
}

void BorrowedWorkers::wake() {
  for (int i = 0; i < helper_count_; i++) held_[i]->wake();
}

void BorrowedWorkers::run_tasks(Workers* workers, int64_t tasks, Task task, void* context) {
  BorrowedWorkers* self = reinterpret_cast<Base*>(workers)->self;
  Grouped grouped = {task, context, tasks, (tasks >> 20) + 1};
  const int64_t units = (tasks + grouped.group - 1) / grouped.group;
  const int helpers = units - 1 < self->helper_count_ ? static_cast<int>(units - 1) : self->helper_count_;
  const int count = helpers + 1;
  TaskRange* shares[MAX_THREADS];
  for (int i = 0; i < count; i++) {
    shares[i] = i == 0 ? &self->own_ : self->held_[i - 1]->share();
    shares[i]->set(static_cast<uint64_t>(units * i / count), static_cast<uint64_t>(units * (i + 1) / count));
  }
  Job job = {task, context, shares, count, units > count};
  if (grouped.group > 1) {
    job.run = Grouped::run;
    job.context = &grouped;
  }
  for (int i = 0; i < helpers; i++) self->held_[i]->start(job, i + 1);
  uint64_t unit, end;
  if (self->own_.take(&unit)) run_units(job, 0, &self->own_, unit, unit + 1);
  // Nobody is waited for that has not begun; who has is soon through, or has lost its core and leaves the rest here.
  for (int i = 0; i < helpers; i++) {
    Worker* helper = self->held_[i];
    for (int spin = 0; !helper->done(); spin++) {
      if (!helper->at_work() || spin % patience == patience - 1) {
        if (shares[i + 1]->take_half(&unit, &end)) {
          run_units(job, 0, &self->own_, unit, end);
          continue;
        }
        if (helper->withdraw()) break;
      }
      if (spin < 2000) {
        relax();
      } else {
        std::this_thread::yield();
      }
    }
  }
}

}  // namespace sinter
