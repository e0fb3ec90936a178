// The process-wide set of worker threads that sessions borrow from.
// SPDX-License-Identifier: Apache-2.0
#include "core/pool.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/cpu.h"
#include "core/float_mode.h"

namespace sinter {
namespace {

// One job: tasks handed out by an atomic counter, so an interrupted thread holds nobody up for long.
struct Job {
  Task task = nullptr;
  void* context = nullptr;
  int64_t tasks = 0;
  std::atomic<int64_t> next{0};

  void work(int thread) {
    for (;;) {
      const int64_t index = next.fetch_add(1, std::memory_order_relaxed);
      if (index >= tasks) return;
      task(context, index, thread);
    }
  }
};

inline void relax() {
#if defined(SINTER_X86_64)
  __builtin_ia32_pause();
#elif defined(SINTER_ARM64)
  __asm__ volatile("yield");
#endif
}

class Worker {
 public:
  Worker() {
    thread_ = std::thread([this] { loop(); });
    thread_.detach();  // lives as long as the process
  }

  // Jobs come soon: the worker wakes up and spins for them.
  void hold() {
    awaited_.store(true, std::memory_order_seq_cst);
    wake();
  }

  void start(Job* job, int thread) {
    thread_index_ = thread;
    done_.store(false, std::memory_order_relaxed);
    // Either this store is seen by a worker that is about to sleep, or that it sleeps is seen here.
    job_.store(job, std::memory_order_seq_cst);
    wake();
  }

  // Takes a job back that the worker has not begun: a thread that the machine has no core for just now holds nobody up.
  bool withdraw() {
    if (job_.exchange(nullptr, std::memory_order_acq_rel) == nullptr) return false;
    done_.store(true, std::memory_order_relaxed);
    return true;
  }

  bool done() const {
    return done_.load(std::memory_order_acquire);
  }

 private:
  void wake() {
    if (!sleeping_.load(std::memory_order_seq_cst)) return;
    std::lock_guard<std::mutex> lock(mutex_);
    wake_.notify_one();
  }

  void loop() {
    for (;;) {
      Job* job = nullptr;
      // Between the kernel calls of one run, and between runs that follow each other, the next job comes within
      // microseconds; going to sleep and being woken takes longer than that.
      for (int spin = 0; spin < 2000; spin++) {
        if (job_.load(std::memory_order_relaxed) && (job = job_.exchange(nullptr, std::memory_order_acq_rel))) break;
        relax();
      }
      if (!job) {
        std::unique_lock<std::mutex> lock(mutex_);
        sleeping_.store(true, std::memory_order_seq_cst);
        wake_.wait(lock, [&] {
          return job_.load(std::memory_order_seq_cst) != nullptr || awaited_.load(std::memory_order_seq_cst);
        });
        sleeping_.store(false, std::memory_order_relaxed);
        awaited_.store(false, std::memory_order_relaxed);
        continue;
      }
      {
        FlushDenormals guard;
        job->work(thread_index_);
      }
      done_.store(true, std::memory_order_release);
    }
  }

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> awaited_{false}, sleeping_{false};
  std::atomic<Job*> job_{nullptr};
  std::atomic<bool> done_{true};
  int thread_index_ = 0;
};

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
      Worker* worker = all.workers[static_cast<size_t>(all.idle.back())];
      held_[helper_count_] = worker;
      helpers_[helper_count_++] = all.idle.back();
      all.idle.pop_back();
      worker->hold();
    }
  }
  base_.workers.threads = 1 + helper_count_;
  base_.workers.run = run_tasks;
}

BorrowedWorkers::~BorrowedWorkers() {
  if (helper_count_ == 0) return;
  Set& all = shared_set();
  std::lock_guard<std::mutex> lock(all.mutex);
  for (int i = 0; i < helper_count_; i++) all.idle.push_back(helpers_[i]);
}

void BorrowedWorkers::run_tasks(Workers* workers, int64_t tasks, Task task, void* context) {
  BorrowedWorkers* self = reinterpret_cast<Base*>(workers)->self;
  Job job;
  job.task = task;
  job.context = context;
  job.tasks = tasks;
  const int helpers = tasks - 1 < self->helper_count_ ? static_cast<int>(tasks - 1) : self->helper_count_;
  Worker* const* held = reinterpret_cast<Worker* const*>(self->held_);
  for (int i = 0; i < helpers; i++) held[i]->start(&job, i + 1);
  job.work(0);
  for (int i = 0; i < helpers; i++) {
    if (held[i]->withdraw()) continue;
    for (int spin = 0; !held[i]->done(); spin++) {
      if (spin < 2000) {
        relax();
      } else {
        std::this_thread::yield();
      }
    }
  }
}

}  // namespace sinter
