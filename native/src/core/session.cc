// A session: one arena, attached plans, one thread at a time.
// SPDX-License-Identifier: Apache-2.0
#include "core/session.h"

#include <string.h>

#include "core/claim.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "core/element.h"
#include "core/float_mode.h"
#include "core/pool.h"
#include "core/status.h"

namespace sinter {
namespace {

// What a product costs at least for each of its results, however few products that is of: scaling, rounding, packing.
// Rows state their products alone. Measured: 2 to 4 results of 8 bits a cycle on AVX-512.
const double results_per_cycle = 2.5;

Schedule schedule_of(const Plan& plan, int threads) {
  std::vector<StepCost> costs;
  costs.reserve(plan.steps.size());
  for (const Step& step : plan.steps) {
    double bytes = 0, cycles = step.cycles;
    for (int i = 0; i < step.row->op->slot_count; i++) {
      const PlanSlot& slot = plan.slots[plan.step_slots[step.first_slot + static_cast<uint32_t>(i)]];
      if (slot.kind != SLOT_BLOB) bytes += static_cast<double>(slot.bytes);
      if (cycles > 0 && step.row->packing && step.row->op->slots[i].role == SLOT_OUT) {
        const double results = static_cast<double>(slot.bytes) / static_cast<double>(element_bytes(step.row->types[i]));
        cycles = results / results_per_cycle > cycles ? results / results_per_cycle : cycles;
      }
    }
    costs.push_back({cycles, bytes});
  }
  return make_schedule(costs, threads, sharing_costs());
}

}  // namespace

std::shared_ptr<Session> Session::create(int64_t arena_bytes, int threads) {
  if (arena_bytes < 0 || threads < 0) {
    fail(SINTER_INVALID_ARGUMENT, "session: arena of %lld bytes, %d threads", (long long)arena_bytes, threads);
    return nullptr;
  }
  auto session = std::make_shared<Session>();
  if (!session->arena_.resize(arena_bytes)) {
    fail(SINTER_OUT_OF_MEMORY, "session: no memory for an arena of %lld bytes", (long long)arena_bytes);
    return nullptr;
  }
  session->threads_ = threads == 0 ? usable_cores() : threads;
  if (session->threads_ > BorrowedWorkers::MAX_THREADS) session->threads_ = BorrowedWorkers::MAX_THREADS;
  return session;
}

int32_t Session::attach(std::shared_ptr<const Plan> plan, int64_t arena_base) {
  Claim<Session> claim(this);
  if (!claim.held()) {
    session_busy();
    return -1;
  }
  if (arena_base < 0 || arena_base % ARENA_ALIGNMENT != 0 || arena_base > arena_.bytes() ||
      plan->arena_bytes > arena_.bytes() - arena_base) {
    fail(SINTER_INVALID_ARGUMENT, "session: a plan of %lld arena bytes does not fit at %lld of %lld",
         (long long)plan->arena_bytes, (long long)arena_base, (long long)arena_.bytes());
    return -1;
  }
  const int64_t scratch = plan->scratch_bytes(threads_);
  if (scratch > scratch_.bytes()) {
    if (!scratch_.resize(scratch)) {
      fail(SINTER_OUT_OF_MEMORY, "session: no memory for %lld bytes of scratch", (long long)scratch);
      return -1;
    }
    for (auto& attached : attached_) {
      for (Call& call : attached->calls) call.scratch = scratch_.data();
    }
  }
  auto attached = std::make_unique<Attached>();
  attached->plan = std::move(plan);
  attached->arena_base = arena_base;
  const Plan& p = *attached->plan;
  attached->bound.resize(p.bindings.size());
  for (size_t i = 0; i < p.bindings.size(); i++) {
    attached->bound[i] = default_place(*attached, i);
  }
  attached->schedule = schedule_of(p, threads_);
  attached->pointers.resize(p.step_slots.size());
  attached->nanos.resize(p.steps.size());
  attached->calls.resize(p.steps.size());
  for (size_t i = 0; i < p.steps.size(); i++) {
    attached->calls[i] = {p.params.data() + p.steps[i].params_offset, attached->pointers.data() + p.steps[i].first_slot,
                          scratch_.data(), nullptr, nullptr};
  }
  resolve(attached.get());
  attached_.push_back(std::move(attached));
  return static_cast<int32_t>(attached_.size() - 1);
}

void* Session::default_place(const Attached& attached, size_t binding) const {
  const uint64_t offset = attached.plan->bindings[binding].arena_offset;
  return offset == NO_DEFAULT_PLACE ? nullptr : arena_.data() + attached.arena_base + offset;
}

void Session::resolve(Attached* attached) {
  const Plan& p = *attached->plan;
  attached->all_bound = true;
  for (const void* place : attached->bound) attached->all_bound &= place != nullptr;
  for (size_t i = 0; i < p.step_slots.size(); i++) {
    const PlanSlot& slot = p.slots[p.step_slots[i]];
    char* base;
    if (slot.kind == SLOT_ARENA) {
      base = arena_.data() + attached->arena_base;
    } else if (slot.kind == SLOT_BLOB) {
      base = p.blobs[p.step_slots[i]]->data();  // only ever read: the plan's checker saw to that
    } else {
      base = static_cast<char*>(attached->bound[slot.index]);
      if (!base) continue;  // run() refuses until it is bound
    }
    attached->pointers[i] = base + slot.offset;
  }
}

Session::Attached* Session::find(int32_t plan) {
  if (plan < 0 || static_cast<size_t>(plan) >= attached_.size()) {
    fail(SINTER_INVALID_ARGUMENT, "session: no plan %d is attached", plan);
    return nullptr;
  }
  return attached_[static_cast<size_t>(plan)].get();
}

sinter_status Session::bind(int32_t plan, int32_t binding, void* data, int64_t bytes) {
  Claim<Session> claim(this);
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
  if (reinterpret_cast<uintptr_t>(data) % 8 != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "session: the buffer for binding %d is not 8-byte aligned", binding);
  }
  attached->bound[static_cast<size_t>(binding)] = data ? data : default_place(*attached, static_cast<size_t>(binding));
  resolve(attached);
  return SINTER_OK;
}

sinter_status Session::run(int32_t plan) {
  Claim<Session> claim(this);
  if (!claim.held()) return session_busy();
  Attached* attached = find(plan);
  if (!attached) return SINTER_INVALID_ARGUMENT;
  if (!attached->all_bound) {
    return fail(SINTER_INVALID_ARGUMENT, "session: an input or output of the plan is not bound to memory");
  }
  sinter_status status = SINTER_OK;
  FlushDenormals guard;
  if (attached->schedule.saved_cycles > 0 && attached->watch.allows()) {
    run_shared(attached, &status);
  } else {
    const bool watched = attached->schedule.saved_cycles > 0;
    const int64_t start = watched ? now_nanos() : 0;
    Workers alone = {1, nullptr};
    run_steps(attached, &alone, &status);
    if (watched) attached->watch.add_alone(static_cast<double>(now_nanos() - start));
  }
  return status;
}

void Session::run_shared(Attached* attached, sinter_status* status) {
  BorrowedWorkers workers(threads_);
  workers.wake_if_worthwhile(attached->schedule.saved_cycles, last_run_);
  const bool shared = workers.get()->threads > 1;
  const int64_t start = now_nanos();
  run_steps(attached, workers.get(), status);
  last_run_ = now_nanos();
  if (shared) attached->watch.add(static_cast<double>(last_run_ - start), attached->schedule.gain);
}

void Session::run_steps(Attached* attached, Workers* workers, sinter_status* status) {
  const Plan& p = *attached->plan;
  const size_t count = attached->calls.size();
  Workers alone = {1, nullptr};  // parallel_for never calls run() then
  failed_step_.store(-1, std::memory_order_relaxed);
  Fault fault = {nullptr, 0, 0};
  for (size_t i = 0; i < count; i++) {
    if (cancelled_.load(std::memory_order_relaxed)) {
      cancelled_.store(false, std::memory_order_relaxed);
      failed_step_.store(static_cast<int32_t>(i), std::memory_order_relaxed);
      *status = fail(SINTER_CANCELLED, "cancelled before step %zu of %zu", i, count);
      return;
    }
    Call& call = attached->calls[i];
    call.workers = attached->schedule.shared[i] ? workers : &alone;
    call.fault = &fault;
    if (profile_) {
      const int64_t start = now_nanos();
      p.steps[i].row->run(&call);
      attached->nanos[i] = now_nanos() - start;
    } else {
      p.steps[i].row->run(&call);
    }
    if (fault.what) {
      failed_step_.store(static_cast<int32_t>(i), std::memory_order_relaxed);
      *status =
          fault.limit < 0
              ? fail(SINTER_INVALID_ARGUMENT, "step %zu of %zu (%s): %s", i, count, p.steps[i].row->name, fault.what)
              : fail(SINTER_INVALID_ARGUMENT, "step %zu of %zu (%s): %s %lld is not in 0 .. %lld", i, count,
                     p.steps[i].row->name, fault.what, (long long)fault.value, (long long)fault.limit - 1);
      return;
    }
  }
}

sinter_status Session::fill(int64_t offset, int64_t bytes, int value) {
  Claim<Session> claim(this);
  if (!claim.held()) return session_busy();
  if (offset < 0 || bytes < 0 || offset > arena_.bytes() || bytes > arena_.bytes() - offset) {
    return fail(SINTER_INVALID_ARGUMENT, "session: %lld bytes at %lld lie outside the arena of %lld", (long long)bytes,
                (long long)offset, (long long)arena_.bytes());
  }
  memset(arena_.data() + offset, value, static_cast<size_t>(bytes));
  return SINTER_OK;
}

sinter_status Session::profile(bool enabled) {
  Claim<Session> claim(this);
  if (!claim.held()) return session_busy();
  profile_ = enabled;
  return SINTER_OK;
}

int32_t Session::step_nanos(int32_t plan, int64_t* nanos, int32_t capacity) {
  Claim<Session> claim(this);
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
