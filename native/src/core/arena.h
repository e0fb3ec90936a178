// Zeroed, aligned memory of a fixed size.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_ARENA_H_
#define SINTER_CORE_ARENA_H_

#include <stdint.h>

namespace sinter {

enum { ARENA_ALIGNMENT = 64, ARENA_SLACK = 64 };

// 64-byte aligned, `bytes` zeroed bytes plus ARENA_SLACK readable bytes behind them, so that a vector
// load at the tail stays inside. Blocks of 2 MiB or more are aligned to it and asked to use huge pages.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() {
    release();
  }

  // False when there is no memory; the old memory is kept then. Contents are not carried over.
  bool resize(int64_t bytes);
  char* data() const {
    return data_;
  }
  int64_t bytes() const {
    return bytes_;
  }

 private:
  void release();
  char* data_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace sinter

#endif  // SINTER_CORE_ARENA_H_
