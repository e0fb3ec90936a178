// A set of packed constants, shared by plans and sessions.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_WEIGHTS_H_
#define SINTER_CORE_WEIGHTS_H_

#include <memory>
#include <mutex>
#include <vector>

#include "core/arena.h"
#include "core/row.h"

namespace sinter {

// One immutable blob. packing == nullptr: bytes as they came.
struct Blob {
  Arena memory;
  int64_t bytes = 0;
  const PackingDef* packing = nullptr;
  std::vector<char> params;        // what it was packed with
  std::shared_ptr<void> resident;  // a device's own copy, in place of `memory`

  // Where kernels read it.
  char* data() const {
    return resident ? static_cast<char*>(resident.get()) : memory.data();
  }
};

class Weights {
 public:
  virtual ~Weights() = default;

  // Both return the blob's index or -1 after fail().
  int32_t pack(const PackingDef* packing, const void* params, int64_t params_bytes, const Source* sources, int count);
  int32_t add(const void* data, int64_t bytes);

  std::shared_ptr<const Blob> blob(int64_t index) const;  // null when out of range
  int64_t bytes(int32_t index) const;                     // -1: all; -1 when out of range

 protected:
  // Brings a finished blob to where kernels read it. False after fail().
  virtual bool settle(Blob* blob);

 private:
  int32_t append(std::shared_ptr<Blob> blob);
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Blob>> blobs_;
};

}  // namespace sinter

#endif  // SINTER_CORE_WEIGHTS_H_
