// What every op's bench.cc needs: rows that run here, packed and ready, in a loop.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_TESTS_BENCH_H_
#define SINTER_TESTS_BENCH_H_

#include <string.h>

#include <memory>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "core/arena.h"
#include "core/catalogue.h"
#include "core/workers.h"

namespace sinter {

// Runs `row` with these parameters on buffers of its own: inputs hold bytes of all values or floats of 0 .. 5, weights
// the bytes of `sources`. `work` is the number of multiply-accumulates (or elements) per call.
inline void bench_row(benchmark::State& state, const RowDef* row, const void* params,
                      const std::vector<std::vector<char>>& sources, double work) {
  int64_t bytes[MAX_SLOTS] = {};
  if (row->op->check(params, row, bytes) != SINTER_OK || broken_limit(row, params)) {
    state.SkipWithError("the row does not take this shape");
    return;
  }
  Arena arenas[MAX_SLOTS], scratch;
  void* slots[MAX_SLOTS] = {};
  for (int s = 0; s < row->op->slot_count; s++) {
    if (row->op->slots[s].role == SLOT_WEIGHTS) {
      Source list[MAX_SOURCES] = {};
      for (size_t i = 0; i < sources.size(); i++) {
        list[i] = {sources[i].empty() ? nullptr : sources[i].data(), static_cast<int64_t>(sources[i].size())};
      }
      const int64_t packed = row->packing->bytes(params, list);
      if (packed < 0 || !arenas[s].resize(packed) ||
          row->packing->pack(params, list, arenas[s].data(), packed) != SINTER_OK) {
        state.SkipWithError("packing failed");
        return;
      }
    } else {
      arenas[s].resize(bytes[s]);
      for (int64_t i = 0; i < bytes[s]; i++) arenas[s].data()[i] = static_cast<char>(i * 37);
      for (int64_t i = 0; row->types[s] == F32 && i < bytes[s] / 4; i++) {
        const float value = 0.02f * static_cast<float>(i * 37 % 251);
        memcpy(arenas[s].data() + 4 * i, &value, 4);
      }
    }
    slots[s] = arenas[s].data();
  }
  Workers alone = {1, nullptr};
  scratch.resize(row->scratch(params, 1));
  const Call call = {params, slots, scratch.data(), &alone};
  for (auto _ : state) {
    row->run(&call);
    benchmark::ClobberMemory();
  }
  state.counters["work/s"] =
      benchmark::Counter(work * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// Calls f(row) for every row of `op` whose first slot has type `first` and that this CPU runs.
template <class F>
void for_each_row(const char* op, DataType first, DataType last, const F& f) {
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (!strcmp(row->op->name, op) && row->types[0] == first && row->types[row->op->slot_count - 1] == last &&
        row_runs_here(row)) {
      f(row);
    }
  }
}

}  // namespace sinter

#endif  // SINTER_TESTS_BENCH_H_
