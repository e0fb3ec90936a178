// What the direct kernels of sinter.h share: a row, its packed weights, and scratch that calls borrow.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_API_DIRECT_H_
#define SINTER_API_DIRECT_H_

#include <stdint.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/arena.h"
#include "core/row.h"

namespace sinter {

// Scratch of the calls on one handle. A call borrows what an earlier one left; only a call that needs more than there
// is allocates.
class ScratchPool {
 public:
  // Makes room for `calls` calls at a time, `bytes` each. False when there is no memory.
  bool reserve(int64_t bytes, int32_t calls);
  // At least `bytes`; null when there is no memory.
  Arena* borrow(int64_t bytes);
  void give_back(Arena* arena);

 private:
  Arena* take_locked(int64_t bytes);   // an idle one, large enough if there is one; null when all are lent
  std::atomic<Arena*> warm_{nullptr};  // the last one given back: a caller alone takes no lock
  std::mutex mutex_;
  std::vector<std::unique_ptr<Arena>> all_;
  std::vector<Arena*> idle_;  // has room for all
};

struct Direct {
  const RowDef* row = nullptr;
  Arena packed;
  ScratchPool scratch;
  std::atomic<int64_t> last_run{0};  // when the last call that was worth several threads has ended
};

// The cheapest row of an op with these types per slot that runs here and needs no other bits than isa_mask (0: any).
// Null after fail().
const RowDef* fastest_row(const char* op, const DataType* types, const void* params, uint64_t isa_mask);

// Checks parameters and packs the sources for d->row.
sinter_status pack_direct(Direct* d, const void* params, const Source* sources);

// Runs d->row on checked parameters; threads: 0 = all cores, as far as the call is worth them. products: multiply-
// accumulates. slots in the op's order, weights filled in here.
sinter_status run_direct(Direct* d, const void* params, double products, void** slots, int32_t threads);

// Scratch for calls like run_direct(d, params, ..., threads), `calls` of them at a time.
sinter_status reserve_direct(Direct* d, const void* params, int32_t threads, int32_t calls);

}  // namespace sinter

#endif  // SINTER_API_DIRECT_H_
