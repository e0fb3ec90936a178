// A set of packed constants, shared by plans and sessions.
// SPDX-License-Identifier: Apache-2.0
#include "core/weights.h"

#include <string.h>

#include "core/catalogue.h"
#include "core/status.h"

namespace sinter {
namespace {

// The op's check wants a row for types and layouts; packings are checked with any row that uses them.
const RowDef* some_row_with(const PackingDef* packing) {
  for (int i = 0; i < row_count(); i++) {
    if (row_at(i)->packing == packing) return row_at(i);
  }
  return nullptr;
}

}  // namespace

int32_t Weights::pack(const PackingDef* packing, const void* params, int64_t params_bytes, const Source* sources,
                      int count) {
  const OpDef* op = packing->op;
  if (params_bytes != op->params_bytes) {
    fail(SINTER_INVALID_ARGUMENT, "packing %s: %lld parameter bytes where op %s has %d", packing->name,
         (long long)params_bytes, op->name, op->params_bytes);
    return -1;
  }
  if (count != packing->source_count) {
    fail(SINTER_INVALID_ARGUMENT, "packing %s reads %d sources, %d were given", packing->name, packing->source_count,
         count);
    return -1;
  }
  for (int i = 0; i < count; i++) {
    if (sources[i].bytes < 0 || (sources[i].bytes > 0 && !sources[i].data)) {
      fail(SINTER_INVALID_ARGUMENT, "packing %s: source %d has %lld bytes at address %p", packing->name, i,
           (long long)sources[i].bytes, sources[i].data);
      return -1;
    }
  }
  const RowDef* row = some_row_with(packing);
  if (!row) {
    fail(SINTER_UNSUPPORTED, "packing %s is used by no row", packing->name);
    return -1;
  }
  int64_t slot_bytes[MAX_SLOTS] = {};
  if (op->check(params, row, slot_bytes) != SINTER_OK) {
    prefix_error(SINTER_INVALID_ARGUMENT, "packing %s", packing->name);
    return -1;
  }
  const int64_t bytes = packing->bytes(params, sources);
  if (bytes < 0) {
    prefix_error(SINTER_INVALID_ARGUMENT, "packing %s", packing->name);
    return -1;
  }
  auto blob = std::make_shared<Blob>();
  if (!blob->memory.resize(bytes)) {
    fail(SINTER_OUT_OF_MEMORY, "packing %s: no memory for %lld bytes", packing->name, (long long)bytes);
    return -1;
  }
  if (packing->pack(params, sources, blob->memory.data(), bytes) != SINTER_OK) {
    prefix_error(SINTER_INVALID_ARGUMENT, "packing %s", packing->name);
    return -1;
  }
  blob->packing = packing;
  const char* p = static_cast<const char*>(params);
  blob->params.assign(p, p + params_bytes);
  return append(std::move(blob));
}

int32_t Weights::add(const void* data, int64_t bytes) {
  auto blob = std::make_shared<Blob>();
  if (bytes < 0 || (bytes > 0 && !data)) {
    fail(SINTER_INVALID_ARGUMENT, "constant of %lld bytes at address %p", (long long)bytes, data);
    return -1;
  }
  if (!blob->memory.resize(bytes)) {
    fail(SINTER_OUT_OF_MEMORY, "no memory for a constant of %lld bytes", (long long)bytes);
    return -1;
  }
  if (bytes > 0) memcpy(blob->memory.data(), data, static_cast<size_t>(bytes));
  return append(std::move(blob));
}

bool Weights::settle(Blob*) {
  return true;
}

int32_t Weights::append(std::shared_ptr<Blob> blob) {
  blob->bytes = blob->memory.bytes();
  if (!settle(blob.get())) return -1;
  std::lock_guard<std::mutex> lock(mutex_);
  if (blobs_.size() >= INT32_MAX) {
    fail(SINTER_OUT_OF_MEMORY, "too many constants in one set");
    return -1;
  }
  blobs_.push_back(std::move(blob));
  return static_cast<int32_t>(blobs_.size() - 1);
}

std::shared_ptr<const Blob> Weights::blob(int64_t index) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return index >= 0 && index < static_cast<int64_t>(blobs_.size()) ? blobs_[static_cast<size_t>(index)] : nullptr;
}

int64_t Weights::bytes(int32_t index) const {
  if (index == -1) {
    std::lock_guard<std::mutex> lock(mutex_);
    int64_t total = 0;
    for (const auto& blob : blobs_) total += blob->bytes;
    return total;
  }
  const auto found = blob(index);
  return found ? found->bytes : -1;
}

}  // namespace sinter
