// What the direct kernels share: choosing a row, packing, borrowing scratch, running.
// SPDX-License-Identifier: Apache-2.0
#include "api/direct.h"

#include <string.h>

#include "core/catalogue.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "core/float_mode.h"
#include "core/pool.h"
#include "core/schedule.h"
#include "core/status.h"

namespace sinter {

Arena* ScratchPool::take_locked(int64_t bytes) {
  if (idle_.empty()) return nullptr;
  size_t found = idle_.size() - 1;  // the last one used is warm in the cache
  for (size_t i = idle_.size(); i-- > 0;) {
    if (idle_[i]->bytes() >= bytes) {
      found = i;
      break;
    }
  }
  Arena* arena = idle_[found];
  idle_.erase(idle_.begin() + static_cast<ptrdiff_t>(found));
  return arena;
}

Arena* ScratchPool::borrow(int64_t bytes) {
  Arena* arena = warm_.exchange(nullptr, std::memory_order_acquire);
  if (arena && arena->bytes() >= bytes) return arena;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (arena) idle_.push_back(arena);  // too small: perhaps there is a larger one
    arena = take_locked(bytes);
    if (!arena) {
      idle_.reserve(all_.size() + 1);
      all_.push_back(std::make_unique<Arena>());
      arena = all_.back().get();
    }
  }
  if (arena->bytes() < bytes && !arena->resize(bytes)) {
    give_back(arena);
    return nullptr;
  }
  return arena;
}

void ScratchPool::give_back(Arena* arena) {
  Arena* nobody = nullptr;
  if (warm_.compare_exchange_strong(nobody, arena, std::memory_order_release, std::memory_order_relaxed)) return;
  std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(arena);
}

bool ScratchPool::reserve(int64_t bytes, int32_t calls) {
  // Borrowed together, so that they are as many as asked for.
  std::vector<Arena*> held;
  held.reserve(static_cast<size_t>(calls));
  bool fine = true;
  for (int32_t i = 0; i < calls && fine; i++) {
    Arena* arena = borrow(bytes);
    fine = arena != nullptr;
    if (arena) held.push_back(arena);
  }
  for (Arena* arena : held) give_back(arena);
  return fine;
}

// Packings of blocks that are not zero end in _block1x4, _block4x4 and so on.
static bool keeps_blocks(const char* packing) {
  const char* block = strstr(packing, "_block");
  return block && strchr(block, 'x');
}

const RowDef* fastest_row(const char* op, const DataType* types, const void* params, uint64_t isa_mask) {
  const RowDef* best = nullptr;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (strcmp(row->op->name, op) || memcmp(row->types, types, static_cast<size_t>(row->op->slot_count))) continue;
    // Rows that want another layout, or keep only some of the weights, are for plans: here the data is the caller's.
    if (row->layout_in != NHWC || row->layout_out != NHWC || !row_runs_here(row)) continue;
    if (row->packing && keeps_blocks(row->packing->name)) continue;
    if ((isa_mask && (row->isa & ~isa_mask)) || broken_limit(row, params)) continue;
    if (!best || row->cost.ops_per_cycle > best->cost.ops_per_cycle) best = row;
  }
  if (!best) fail(SINTER_UNSUPPORTED, "%s: no row for these types runs on this CPU", op);
  return best;
}

sinter_status pack_direct(Direct* d, const void* params, const Source* sources) {
  int64_t bytes[MAX_SLOTS] = {};
  const sinter_status status = d->row->op->check(params, d->row, bytes);
  if (status != SINTER_OK) return status;
  const int64_t packed = d->row->packing->bytes(params, sources);
  if (packed < 0) return SINTER_INVALID_ARGUMENT;
  if (!d->packed.resize(packed)) {
    return fail(SINTER_OUT_OF_MEMORY, "%s: no memory for %lld bytes of packed weights", d->row->op->name,
                (long long)packed);
  }
  return d->row->packing->pack(params, sources, d->packed.data(), packed);
}

namespace {

int wanted_threads(int32_t threads) {
  const int wanted = threads == 0 ? usable_cores() : threads;
  return wanted < BorrowedWorkers::MAX_THREADS ? wanted : BorrowedWorkers::MAX_THREADS;
}

sinter_status no_scratch(const Direct* d, int64_t bytes) {
  return fail(SINTER_OUT_OF_MEMORY, "%s: no memory for %lld bytes of scratch", d->row->op->name, (long long)bytes);
}

sinter_status run_with(Direct* d, const void* params, void** slots, Workers* workers) {
  const int64_t bytes = d->row->scratch(params, workers->threads);
  Arena* scratch = nullptr;
  if (bytes != 0) {
    scratch = bytes < 0 ? nullptr : d->scratch.borrow(bytes);
    if (!scratch) return no_scratch(d, bytes);
  }
  const Call call = {params, slots, scratch ? scratch->data() : nullptr, workers};
  {
    FlushDenormals guard;
    d->row->run(&call);
  }
  if (scratch) d->scratch.give_back(scratch);
  return SINTER_OK;
}

}  // namespace

sinter_status run_direct(Direct* d, const void* params, double products, void** slots, int32_t threads) {
  if (threads < 0) return fail(SINTER_INVALID_ARGUMENT, "%s: threads %d is negative", d->row->op->name, threads);
  for (int i = 0; i < d->row->op->slot_count; i++) {
    if (d->row->op->slots[i].role == SLOT_WEIGHTS) slots[i] = d->packed.data();
  }
  const double saved = cycles_saved(products / d->row->cost.ops_per_cycle, wanted_threads(threads), sharing_costs());
  if (saved <= 0) {
    Workers alone = {1, nullptr};  // parallel_for never calls run() then
    return run_with(d, params, slots, &alone);
  }
  BorrowedWorkers workers(wanted_threads(threads));
  workers.wake_if_worthwhile(saved, d->last_run.load(std::memory_order_relaxed));
  const sinter_status status = run_with(d, params, slots, workers.get());
  d->last_run.store(now_nanos(), std::memory_order_relaxed);
  return status;
}

sinter_status reserve_direct(Direct* d, const void* params, int32_t threads, int32_t calls) {
  if (threads < 0 || calls < 1 || calls > 4096) {
    return fail(SINTER_INVALID_ARGUMENT, "%s: threads %d, calls %d; calls is 1 to 4096", d->row->op->name, threads,
                calls);
  }
  // A run gets as many workers as are idle, so any number up to `threads`.
  int64_t most = 0;
  for (int t = 1; t <= wanted_threads(threads); t++) {
    const int64_t bytes = d->row->scratch(params, t);
    if (bytes < 0) return no_scratch(d, bytes);
    most = bytes > most ? bytes : most;
  }
  return most == 0 || d->scratch.reserve(most, calls) ? SINTER_OK : no_scratch(d, most);
}

}  // namespace sinter
