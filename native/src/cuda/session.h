// A session on the GPU: one arena and one stream; every attached plan becomes a graph.
// SPDX-License-Identifier: Apache-2.0
//
// A binding is staged in page-locked memory at a fixed place: inputs are copied from there by the graph's first nodes,
// outputs to there by its last. Bindings with a default place have it in arena(), which callers may read and write
// themselves; for all others, and for memory that is bound by the caller, the session copies on the host. Memory that
// the caller binds is used by the graph directly where it is page-locked itself, as another session's arena() is.
#ifndef SINTER_CUDA_SESSION_H_
#define SINTER_CUDA_SESSION_H_

#include <atomic>
#include <memory>
#include <vector>

#include "core/plan.h"
#include "cuda/memory.h"

namespace sinter {

class CudaSession {
 public:
  // Null after fail().
  static std::shared_ptr<CudaSession> create(int64_t arena_bytes);
  ~CudaSession();

  int32_t attach(std::shared_ptr<const Plan> plan, int64_t arena_base);
  sinter_status bind(int32_t plan, int32_t binding, void* data, int64_t bytes);
  sinter_status run(int32_t plan);
  sinter_status fill(int64_t offset, int64_t bytes, int value);
  sinter_status profile(bool enabled);
  int32_t step_nanos(int32_t plan, int64_t* nanos, int32_t capacity);

  // Seen before the next run starts: a graph that runs is not stopped.
  void cancel() {
    cancelled_.store(true, std::memory_order_relaxed);
  }
  int32_t failed_step() const {
    return failed_step_.load(std::memory_order_relaxed);
  }
  // Null after fail().
  char* arena();
  bool claim() {
    return !busy_.exchange(true, std::memory_order_acquire);
  }
  void release() {
    busy_.store(false, std::memory_order_release);
  }

 private:
  struct Binding {
    char* device;  // where kernels find it
    char* staged;  // page-locked
    char* host;    // what the graph copies from or to: `staged`, or the caller's memory that is page-locked
    void* bound;   // the caller's memory that is copied from or to `staged`; null: nothing is
    bool placed;   // has a default place, so it need not be bound
  };
  struct Attached {
    std::shared_ptr<const Plan> plan;
    CudaMemory unplaced_device, unplaced_staged, faults;  // of bindings without a place; a Fault per step
    std::vector<Binding> bindings;
    std::vector<void*> pointers;  // slot addresses, in the order of Plan::step_slots
    std::vector<Call> calls;
    cudaGraphExec_t graph = nullptr;
    std::vector<cudaEvent_t> events;  // around steps; made for the first profiled run
    std::vector<int64_t> nanos;
    ~Attached();
  };
  Attached* find(int32_t plan);
  sinter_status make_arena();
  sinter_status grow_mirror(int64_t bytes);
  sinter_status prepare(Attached* attached);
  sinter_status capture(Attached* attached);
  sinter_status enqueue(Attached* attached, bool timed);
  sinter_status report_faults(Attached* attached);

  cudaStream_t stream_ = nullptr;
  int64_t arena_bytes_ = 0;
  // Both are made when they are first needed. The mirror ends with the last binding that has a place: page-locked
  // memory is dear. A session without plans has all of it, and is memory that others may bind.
  CudaMemory arena_, mirror_, scratch_;
  bool profile_ = false;
  std::atomic<bool> busy_{false}, cancelled_{false};
  std::atomic<int32_t> failed_step_{-1};
  std::vector<std::unique_ptr<Attached>> attached_;
};

}  // namespace sinter

#endif  // SINTER_CUDA_SESSION_H_
