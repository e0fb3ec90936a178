// The direct matrix product of sinter.h: the fastest row for the options, packed once.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <memory>
#include <mutex>
#include <new>
#include <vector>

#include "core/arena.h"
#include "core/catalogue.h"
#include "core/cpu.h"
#include "core/float_mode.h"
#include "core/handles.h"
#include "core/pool.h"
#include "core/status.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

// Packed weights and the row that reads them. Calls from several threads share it; each borrows
// scratch that an earlier call left, so that a steady state allocates nothing.
struct Gemm {
  const RowDef* row = nullptr;
  GemmParams params = {};
  Arena packed;
  std::mutex mutex;
  std::vector<std::unique_ptr<Arena>> idle;

  // Null when there is no memory.
  std::unique_ptr<Arena> borrow(int64_t bytes) {
    std::unique_ptr<Arena> arena;
    {
      std::lock_guard<std::mutex> lock(mutex);
      if (!idle.empty()) {
        arena = std::move(idle.back());
        idle.pop_back();
      }
    }
    if (!arena) arena.reset(new Arena);
    if (arena->bytes() < bytes && !arena->resize(bytes)) return nullptr;
    return arena;
  }
  void give_back(std::unique_ptr<Arena> arena) {
    std::lock_guard<std::mutex> lock(mutex);
    idle.push_back(std::move(arena));
  }
};

HandleTable<Gemm>& gemm_table() {
  static HandleTable<Gemm>* const handles = new HandleTable<Gemm>(HANDLE_GEMM);
  return *handles;
}

struct Types {
  DataType a, weights, c;
};

bool types_of(int32_t type, Types* types) {
  switch (type) {
    case SINTER_GEMM_F32:
      *types = {F32, F32, F32};
      return true;
    case SINTER_GEMM_S8S8S8:
      *types = {S8, S8, S8};
      return true;
    case SINTER_GEMM_S8S8S32:
      *types = {S8, S8, S32};
      return true;
    default:
      return false;
  }
}

// The cheapest row that runs here. Rows that want another layout, or keep only some of the weights,
// are for plans: here A and C are the caller's.
const RowDef* fastest_row(const Types& types, const GemmParams& params, uint64_t isa_mask) {
  const RowDef* best = nullptr;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (strcmp(row->op->name, "gemm") || row->types[GEMM_A] != types.a || row->types[GEMM_C] != types.c) continue;
    if (row->layout_in != NHWC || row->layout_out != NHWC || !row_runs_here(row) || (row->isa & ~isa_mask)) continue;
    if (broken_limit(row, &params)) continue;
    if (!best || row->cost.ops_per_cycle > best->cost.ops_per_cycle) best = row;
  }
  return best;
}

std::shared_ptr<Gemm> create(const sinter_gemm_options& o) {
  Types types;
  if (!types_of(o.type, &types)) {
    fail(SINTER_INVALID_ARGUMENT, "gemm: type %d is not one of SINTER_GEMM_*", o.type);
    return nullptr;
  }
  if (!o.weights || (o.type == SINTER_GEMM_S8S8S8) != (o.scale != nullptr)) {
    fail(SINTER_INVALID_ARGUMENT, "gemm: weights are missing, or scale where S8S8S8 has one and the others have none");
    return nullptr;
  }
  auto gemm = std::make_shared<Gemm>();
  GemmParams& p = gemm->params;
  p.m = 1;
  p.n = p.ldc = o.n;
  p.k = p.lda = o.k;
  p.a_zero_point = o.type == SINTER_GEMM_F32 ? 0 : o.a_zero_point;
  if (o.type == SINTER_GEMM_S8S8S8) {
    p.out_zero_point = o.out_zero_point;
    p.out_min = o.out_min;
    p.out_max = o.out_max;
  }
  if (o.type == SINTER_GEMM_F32) {
    p.act_min = o.act_min;
    p.act_max = o.act_max;
  }
  gemm->row = fastest_row(types, p, o.isa_mask ? o.isa_mask : ~uint64_t{0});
  if (!gemm->row) {
    fail(SINTER_UNSUPPORTED, "gemm: no row for type %d runs on this CPU", o.type);
    return nullptr;
  }
  int64_t bytes[MAX_SLOTS] = {};
  if (gemm->row->op->check(&p, gemm->row, bytes) != SINTER_OK) return nullptr;
  const int64_t n = o.n, element = types.weights == F32 ? 4 : 1;
  Source sources[MAX_SOURCES] = {
      {o.weights, n * o.k * element}, {o.bias, o.bias ? n * 4 : 0}, {o.scale, o.scale ? n * 4 : 0}};
  const PackingDef* packing = gemm->row->packing;
  const int64_t packed = packing->bytes(&p, sources);
  if (packed < 0) return nullptr;
  if (!gemm->packed.resize(packed)) {
    fail(SINTER_OUT_OF_MEMORY, "gemm: no memory for %lld bytes of packed weights", (long long)packed);
    return nullptr;
  }
  return packing->pack(&p, sources, gemm->packed.data(), packed) == SINTER_OK ? gemm : nullptr;
}

sinter_status run(Gemm* gemm, int32_t m, const void* a, int64_t lda, void* c, int64_t ldc, int32_t threads) {
  GemmParams p = gemm->params;
  if (m < 0 || threads < 0 || lda < 0 || lda > INT32_MAX || ldc < 0 || ldc > INT32_MAX || (m > 0 && (!a || !c))) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: m %d, lda %lld, ldc %lld, threads %d or a null pointer", m,
                (long long)lda, (long long)ldc, threads);
  }
  p.m = m;
  p.lda = static_cast<int32_t>(lda);
  p.ldc = static_cast<int32_t>(ldc);
  int64_t bytes[MAX_SLOTS] = {};
  const sinter_status status = gemm->row->op->check(&p, gemm->row, bytes);
  if (status != SINTER_OK) return status;
  const int wanted = threads == 0 ? usable_cores() : threads;
  BorrowedWorkers workers(wanted);
  std::unique_ptr<Arena> scratch = gemm->borrow(gemm->row->scratch(&p, workers.get()->threads));
  if (!scratch) return fail(SINTER_OUT_OF_MEMORY, "gemm: no memory for scratch");
  void* slots[] = {const_cast<void*>(a), gemm->packed.data(), c};
  const Call call = {&p, slots, scratch->data(), workers.get()};
  {
    FlushDenormals guard;
    gemm->row->run(&call);
  }
  gemm->give_back(std::move(scratch));
  return SINTER_OK;
}

sinter_status stale() {
  return fail(SINTER_INVALID_HANDLE, "this is not the handle of an open gemm");
}

}  // namespace
}  // namespace sinter

using namespace sinter;  // NOLINT: C interface

extern "C" {

uint64_t sinter_gemm_create(const sinter_gemm_options* options) {
  if (!options) {
    fail(SINTER_INVALID_ARGUMENT, "gemm: no options");
    return 0;
  }
  try {
    auto gemm = create(*options);
    if (!gemm) return 0;
    const uint64_t handle = gemm_table().insert(std::move(gemm));
    if (handle == 0) fail(SINTER_OUT_OF_MEMORY, "too many open handles");
    return handle;
  } catch (const std::bad_alloc&) {
    fail(SINTER_OUT_OF_MEMORY, "out of memory");
    return 0;
  }
}

sinter_status sinter_gemm_destroy(uint64_t gemm) {
  return gemm_table().remove(gemm, [](Gemm&) { return true; }) ? SINTER_OK : stale();
}

const char* sinter_gemm_row(uint64_t gemm) {
  const auto found = gemm_table().find(gemm);
  if (!found) stale();
  return found ? found->row->name : nullptr;
}

sinter_status sinter_gemm_run(uint64_t gemm, int32_t m, const void* a, int64_t lda, void* c, int64_t ldc,
                              int32_t threads) {
  const auto found = gemm_table().find(gemm);
  if (!found) return stale();
  try {
    return run(found.get(), m, a, lda, c, ldc, threads);
  } catch (const std::bad_alloc&) {
    return fail(SINTER_OUT_OF_MEMORY, "out of memory");
  }
}

}  // extern "C"
