// A session on the GPU: one arena and one stream; every attached plan becomes a graph.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/session.h"

#include <string.h>

#include "core/claim.h"
#include "core/status.h"

namespace sinter {
namespace {

// Places of bindings that have none of their own.
const int64_t staging_alignment = 256;

// Whether the GPU can copy from or to this memory by itself: both ends of it are page-locked.
bool page_locked(const void* data, uint64_t bytes) {
  for (const char* at :
       {static_cast<const char*>(data), static_cast<const char*>(data) + (bytes > 0 ? bytes - 1 : 0)}) {
    cudaPointerAttributes attributes;
    if (cudaPointerGetAttributes(&attributes, at) != cudaSuccess || attributes.type != cudaMemoryTypeHost) {
      cudaGetLastError();
      return false;
    }
  }
  return true;
}

}  // namespace

CudaSession::Attached::~Attached() {
  if (graph) cudaGraphExecDestroy(graph);
  for (cudaEvent_t event : events) cudaEventDestroy(event);
}

CudaSession::~CudaSession() {
  if (stream_) {
    cudaStreamSynchronize(stream_);
    attached_.clear();
    cudaStreamDestroy(stream_);
  }
}

std::shared_ptr<CudaSession> CudaSession::create(int64_t arena_bytes) {
  if (arena_bytes < 0) {
    fail(SINTER_INVALID_ARGUMENT, "session: arena of %lld bytes", (long long)arena_bytes);
    return nullptr;
  }
  auto session = std::make_shared<CudaSession>();
  session->arena_bytes_ = arena_bytes;
  if (cuda_check(cudaStreamCreateWithFlags(&session->stream_, cudaStreamNonBlocking), "a stream") != SINTER_OK) {
    return nullptr;
  }
  return session;
}

sinter_status CudaSession::make_arena() {
  if (arena_.data()) return SINTER_OK;
  return arena_.resize(CudaMemory::DEVICE, arena_bytes_ + ARENA_SLACK);
}

sinter_status CudaSession::grow_mirror(int64_t bytes) {
  if (bytes <= mirror_.bytes()) return SINTER_OK;
  CudaMemory larger;
  const sinter_status status = larger.resize(CudaMemory::PINNED, bytes);
  if (status != SINTER_OK) return status;
  if (mirror_.data()) memcpy(larger.data(), mirror_.data(), static_cast<size_t>(mirror_.bytes()));
  for (auto& attached : attached_) {
    for (Binding& b : attached->bindings) {
      if (!b.placed) continue;
      char* const moved = larger.data() + (b.staged - mirror_.data());
      if (b.host == b.staged) b.host = moved;
      b.staged = moved;
    }
    if (attached->graph) cudaGraphExecDestroy(attached->graph);  // it names the old memory
    attached->graph = nullptr;
  }
  mirror_.swap(&larger);
  return SINTER_OK;
}

char* CudaSession::arena() {
  Claim<CudaSession> claim(this);
  if (!claim.held()) {
    session_busy();
    return nullptr;
  }
  // Never empty: an address is asked for.
  const int64_t bytes = attached_.empty() && arena_bytes_ > 0 ? arena_bytes_ : int64_t{ARENA_ALIGNMENT};
  return grow_mirror(bytes) == SINTER_OK ? mirror_.data() : nullptr;
}

int32_t CudaSession::attach(std::shared_ptr<const Plan> plan, int64_t arena_base) {
  Claim<CudaSession> claim(this);
  if (!claim.held()) {
    session_busy();
    return -1;
  }
  const int64_t room = arena_bytes_;
  if (arena_base < 0 || arena_base % ARENA_ALIGNMENT != 0 || arena_base > room ||
      plan->arena_bytes > room - arena_base) {
    fail(SINTER_INVALID_ARGUMENT, "session: a plan of %lld arena bytes does not fit at %lld of %lld",
         (long long)plan->arena_bytes, (long long)arena_base, (long long)room);
    return -1;
  }
  int64_t placed_end = 0;
  for (const PlanBinding& b : plan->bindings) {
    if (b.arena_offset == NO_DEFAULT_PLACE) continue;
    const int64_t end = arena_base + static_cast<int64_t>(b.arena_offset + b.bytes);
    if (end > placed_end) placed_end = end;
  }
  if (make_arena() != SINTER_OK || grow_mirror(placed_end) != SINTER_OK) return -1;
  const int64_t scratch = plan->scratch_bytes(1);
  if (scratch > scratch_.bytes()) {
    cudaStreamSynchronize(stream_);
    if (scratch_.resize(CudaMemory::DEVICE, scratch) != SINTER_OK) return -1;
    for (auto& other : attached_) {  // their graphs name the old scratch
      for (Call& call : other->calls) call.scratch = scratch_.data();
      if (other->graph) cudaGraphExecDestroy(other->graph);
      other->graph = nullptr;
    }
  }
  auto attached = std::make_unique<Attached>();
  attached->plan = std::move(plan);
  const Plan& p = *attached->plan;
  int64_t unplaced = 0;
  for (const PlanBinding& b : p.bindings) {
    if (b.arena_offset != NO_DEFAULT_PLACE) continue;
    unplaced += (static_cast<int64_t>(b.bytes) + staging_alignment - 1) / staging_alignment * staging_alignment;
  }
  if (attached->unplaced_device.resize(CudaMemory::DEVICE, unplaced) != SINTER_OK ||
      attached->unplaced_staged.resize(CudaMemory::PINNED, unplaced) != SINTER_OK ||
      attached->faults.resize(CudaMemory::PINNED, static_cast<int64_t>(p.steps.size() * sizeof(Fault))) != SINTER_OK) {
    return -1;
  }
  int64_t at = 0;
  for (const PlanBinding& b : p.bindings) {
    const bool placed = b.arena_offset != NO_DEFAULT_PLACE;
    const int64_t offset = placed ? arena_base + static_cast<int64_t>(b.arena_offset) : at;
    char* const staged = (placed ? mirror_ : attached->unplaced_staged).data() + offset;
    attached->bindings.push_back(
        {(placed ? arena_ : attached->unplaced_device).data() + offset, staged, staged, nullptr, placed});
    if (!placed) {
      at += (static_cast<int64_t>(b.bytes) + staging_alignment - 1) / staging_alignment * staging_alignment;
    }
  }
  attached->pointers.resize(p.step_slots.size());
  for (size_t i = 0; i < p.step_slots.size(); i++) {
    const PlanSlot& slot = p.slots[p.step_slots[i]];
    char* base = slot.kind == SLOT_ARENA  ? arena_.data() + arena_base
                 : slot.kind == SLOT_BLOB ? p.blobs[p.step_slots[i]]->data()
                                          : attached->bindings[slot.index].device;
    attached->pointers[i] = base + slot.offset;
  }
  Fault* faults = reinterpret_cast<Fault*>(attached->faults.data());
  for (size_t i = 0; i < p.steps.size(); i++) {
    Call call = {};
    call.params = p.params.data() + p.steps[i].params_offset;
    call.slots = attached->pointers.data() + p.steps[i].first_slot;
    call.scratch = scratch_.data();
    call.fault = faults + i;
    call.queue = stream_;
    attached->calls.push_back(call);
  }
  attached->nanos.resize(p.steps.size());
  attached_.push_back(std::move(attached));
  return static_cast<int32_t>(attached_.size() - 1);
}

CudaSession::Attached* CudaSession::find(int32_t plan) {
  if (plan < 0 || static_cast<size_t>(plan) >= attached_.size()) {
    fail(SINTER_INVALID_ARGUMENT, "session: no plan %d is attached", plan);
    return nullptr;
  }
  return attached_[static_cast<size_t>(plan)].get();
}

sinter_status CudaSession::bind(int32_t plan, int32_t binding, void* data, int64_t bytes) {
  Claim<CudaSession> claim(this);
  if (!claim.held()) return session_busy();
  Attached* attached = find(plan);
  if (!attached) return SINTER_INVALID_ARGUMENT;
  const Plan& p = *attached->plan;
  if (binding < 0 || static_cast<size_t>(binding) >= p.bindings.size()) {
    return fail(SINTER_INVALID_ARGUMENT, "session: the plan has no binding %d", binding);
  }
  const PlanBinding& b = p.bindings[static_cast<size_t>(binding)];
  if (data && (bytes < 0 || static_cast<uint64_t>(bytes) < b.bytes)) {
    return fail(SINTER_INVALID_ARGUMENT, "session: binding %d needs %llu bytes, the buffer has %lld", binding,
                (unsigned long long)b.bytes, (long long)bytes);
  }
  Binding& place = attached->bindings[static_cast<size_t>(binding)];
  char* const host = data && page_locked(data, b.bytes) ? static_cast<char*>(data) : place.staged;
  place.bound = host == data ? nullptr : data;
  if (host != place.host) {
    place.host = host;
    if (attached->graph) cudaGraphExecDestroy(attached->graph);  // it names the old memory
    attached->graph = nullptr;
  }
  return SINTER_OK;
}

// Everything of a run, on the stream: copies in, steps, copies out.
sinter_status CudaSession::enqueue(Attached* attached, bool timed) {
  const Plan& p = *attached->plan;
  for (size_t i = 0; i < p.bindings.size(); i++) {
    const Binding& b = attached->bindings[i];
    if (p.bindings[i].direction != BINDING_INPUT || p.bindings[i].bytes == 0) continue;
    const sinter_status status = cuda_check(
        cudaMemcpyAsync(b.device, b.host, p.bindings[i].bytes, cudaMemcpyHostToDevice, stream_), "copy of an input");
    if (status != SINTER_OK) return status;
  }
  for (size_t i = 0; i < p.steps.size(); i++) {
    if (timed) cudaEventRecord(attached->events[i], stream_);
    p.steps[i].row->run(&attached->calls[i]);
    const sinter_status status = cuda_check(cudaGetLastError(), "launch");
    if (status != SINTER_OK) {
      failed_step_.store(static_cast<int32_t>(i), std::memory_order_relaxed);
      return prefix_error(status, "step %zu of %zu (%s)", i, p.steps.size(), p.steps[i].row->name);
    }
  }
  if (timed) cudaEventRecord(attached->events[p.steps.size()], stream_);
  for (size_t i = 0; i < p.bindings.size(); i++) {
    const Binding& b = attached->bindings[i];
    if (p.bindings[i].direction != BINDING_OUTPUT || p.bindings[i].bytes == 0) continue;
    const sinter_status status = cuda_check(
        cudaMemcpyAsync(b.host, b.device, p.bindings[i].bytes, cudaMemcpyDeviceToHost, stream_), "copy of an output");
    if (status != SINTER_OK) return status;
  }
  return SINTER_OK;
}

sinter_status CudaSession::capture(Attached* attached) {
  sinter_status status = cuda_check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capture");
  if (status != SINTER_OK) return status;
  status = enqueue(attached, false);
  cudaGraph_t graph = nullptr;
  const cudaError_t ended = cudaStreamEndCapture(stream_, &graph);
  if (status == SINTER_OK) status = cuda_check(ended, "end of the capture");
  if (status == SINTER_OK) status = cuda_check(cudaGraphInstantiate(&attached->graph, graph, 0), "making the graph");
  if (graph) cudaGraphDestroy(graph);
  cudaGetLastError();
  return status;
}

sinter_status CudaSession::prepare(Attached* attached) {
  if (!profile_) return attached->graph ? SINTER_OK : capture(attached);
  while (attached->events.size() <= attached->plan->steps.size()) {
    cudaEvent_t event = nullptr;
    const sinter_status status = cuda_check(cudaEventCreate(&event), "an event");
    if (status != SINTER_OK) return status;
    attached->events.push_back(event);
  }
  return SINTER_OK;
}

sinter_status CudaSession::run(int32_t plan) {
  Claim<CudaSession> claim(this);
  if (!claim.held()) return session_busy();
  Attached* attached = find(plan);
  if (!attached) return SINTER_INVALID_ARGUMENT;
  const Plan& p = *attached->plan;
  for (const Binding& b : attached->bindings) {
    if (!b.placed && !b.bound && b.host == b.staged) {
      return fail(SINTER_INVALID_ARGUMENT, "session: an input or output of the plan is not bound to memory");
    }
  }
  failed_step_.store(-1, std::memory_order_relaxed);
  if (cancelled_.exchange(false, std::memory_order_relaxed)) {
    failed_step_.store(0, std::memory_order_relaxed);
    return fail(SINTER_CANCELLED, "cancelled before step 0 of %zu", p.steps.size());
  }
  sinter_status status = prepare(attached);
  if (status != SINTER_OK) return status;
  for (size_t i = 0; i < p.bindings.size(); i++) {
    const Binding& b = attached->bindings[i];
    if (b.bound && p.bindings[i].direction == BINDING_INPUT) memcpy(b.staged, b.bound, p.bindings[i].bytes);
  }
  status = profile_ ? enqueue(attached, true) : cuda_check(cudaGraphLaunch(attached->graph, stream_), "launch");
  const sinter_status done = cuda_check(cudaStreamSynchronize(stream_), "run");
  if (status == SINTER_OK) status = done;
  if (status == SINTER_OK) status = report_faults(attached);
  if (status != SINTER_OK) return status;
  for (size_t i = 0; i < p.bindings.size(); i++) {
    const Binding& b = attached->bindings[i];
    if (b.bound && p.bindings[i].direction == BINDING_OUTPUT) memcpy(b.bound, b.staged, p.bindings[i].bytes);
  }
  for (size_t i = 0; profile_ && i < p.steps.size(); i++) {
    float milliseconds = 0;
    cudaEventElapsedTime(&milliseconds, attached->events[i], attached->events[i + 1]);
    attached->nanos[i] = static_cast<int64_t>(static_cast<double>(milliseconds) * 1e6);
  }
  return SINTER_OK;
}

sinter_status CudaSession::report_faults(Attached* attached) {
  const size_t count = attached->plan->steps.size();
  Fault* faults = reinterpret_cast<Fault*>(attached->faults.data());
  for (size_t i = 0; i < count; i++) {
    if (!faults[i].what) continue;
    const Fault fault = faults[i];
    memset(faults, 0, count * sizeof(Fault));
    failed_step_.store(static_cast<int32_t>(i), std::memory_order_relaxed);
    const char* row = attached->plan->steps[i].row->name;
    return fault.limit < 0 ? fail(SINTER_INVALID_ARGUMENT, "step %zu of %zu (%s): %s", i, count, row, fault.what)
                           : fail(SINTER_INVALID_ARGUMENT, "step %zu of %zu (%s): %s %lld is not in 0 .. %lld", i,
                                  count, row, fault.what, (long long)fault.value, (long long)fault.limit - 1);
  }
  return SINTER_OK;
}

sinter_status CudaSession::fill(int64_t offset, int64_t bytes, int value) {
  Claim<CudaSession> claim(this);
  if (!claim.held()) return session_busy();
  const int64_t room = arena_bytes_;
  if (offset < 0 || bytes < 0 || offset > room || bytes > room - offset) {
    return fail(SINTER_INVALID_ARGUMENT, "session: %lld bytes at %lld lie outside the arena of %lld", (long long)bytes,
                (long long)offset, (long long)room);
  }
  if (make_arena() != SINTER_OK) return SINTER_OUT_OF_MEMORY;
  const sinter_status status = cuda_check(
      cudaMemsetAsync(arena_.data() + offset, value, static_cast<size_t>(bytes), stream_), "filling the arena");
  return status != SINTER_OK ? status : cuda_check(cudaStreamSynchronize(stream_), "filling the arena");
}

sinter_status CudaSession::profile(bool enabled) {
  Claim<CudaSession> claim(this);
  if (!claim.held()) return session_busy();
  profile_ = enabled;
  return SINTER_OK;
}

int32_t CudaSession::step_nanos(int32_t plan, int64_t* nanos, int32_t capacity) {
  Claim<CudaSession> claim(this);
  if (!claim.held()) {
    session_busy();
    return -1;
  }
  const Attached* attached = find(plan);
  if (!attached) return -1;
  const int32_t count = static_cast<int32_t>(attached->nanos.size());
  for (int32_t i = 0; nanos && i < count && i < capacity; i++) nanos[i] = attached->nanos[static_cast<size_t>(i)];
  return count;
}

}  // namespace sinter
