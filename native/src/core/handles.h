// Handles: an index with a generation and a device number instead of a pointer.
// SPDX-License-Identifier: Apache-2.0
//
// Bits 0..27 index, 28..51 generation, 52..55 kind, 56..63 device. Lookups take a reference, so an
// object that is destroyed while another thread uses it lives until that use ends.
#ifndef SINTER_CORE_HANDLES_H_
#define SINTER_CORE_HANDLES_H_

#include <stdint.h>

#include <memory>
#include <mutex>
#include <vector>

namespace sinter {

enum HandleKind : uint32_t {
  HANDLE_WEIGHTS = 1,
  HANDLE_PLAN = 2,
  HANDLE_SESSION = 3,
  HANDLE_GEMM = 4,
  HANDLE_CONV = 5
};

inline int handle_device(uint64_t handle) {
  return static_cast<int>(handle >> 56);
}

// A device's tables know nothing of devices: its library takes the number off what comes in, and puts it on what goes
// out.
inline uint64_t handle_without_device(uint64_t handle) {
  return handle & ((uint64_t{1} << 56) - 1);
}
inline uint64_t handle_with_device(uint64_t handle, uint32_t device) {
  return handle | uint64_t{device} << 56;
}

template <class T>
class HandleTable {
 public:
  explicit HandleTable(HandleKind kind) : kind_(kind) {}

  // 0 when the table is full.
  uint64_t insert(std::shared_ptr<T> object) {
    std::lock_guard<std::mutex> lock(mutex_);
    uint32_t index;
    if (!free_.empty()) {
      index = free_.back();
      free_.pop_back();
    } else {
      if (entries_.size() >= max_entries) return 0;
      index = static_cast<uint32_t>(entries_.size());
      entries_.push_back({});
    }
    Entry& entry = entries_[index];
    entry.generation = (entry.generation + 1) & 0xffffff;
    if (entry.generation == 0) entry.generation = 1;
    entry.object = std::move(object);
    return uint64_t{kind_} << 52 | uint64_t{entry.generation} << 28 | index;
  }

  // Null for a handle that is stale, of another kind or of another device.
  std::shared_ptr<T> find(uint64_t handle) {
    std::lock_guard<std::mutex> lock(mutex_);
    Entry* entry = locate(handle);
    return entry ? entry->object : nullptr;
  }

  // Takes the object out of the table; null as above. `allow` may refuse (the object stays).
  template <class Allow>
  std::shared_ptr<T> remove(uint64_t handle, Allow&& allow) {
    std::lock_guard<std::mutex> lock(mutex_);
    Entry* entry = locate(handle);
    if (!entry || !allow(*entry->object)) return nullptr;
    free_.push_back(static_cast<uint32_t>(handle & 0xfffffff));
    return std::move(entry->object);
  }

 private:
  struct Entry {
    std::shared_ptr<T> object;
    uint32_t generation = 0;
  };
  static constexpr size_t max_entries = size_t{1} << 28;

  Entry* locate(uint64_t handle) {
    const uint32_t index = handle & 0xfffffff;
    if (handle >> 52 != kind_ || index >= entries_.size()) return nullptr;
    Entry& entry = entries_[index];
    return entry.object && entry.generation == ((handle >> 28) & 0xffffff) ? &entry : nullptr;
  }

  HandleKind kind_;
  std::mutex mutex_;
  std::vector<Entry> entries_;
  std::vector<uint32_t> free_;
};

}  // namespace sinter

#endif  // SINTER_CORE_HANDLES_H_
