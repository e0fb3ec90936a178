// Buffers that end (or begin) at an unreadable page, so that a stray access stops the test.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_TESTS_GUARDED_H_
#define SINTER_TESTS_GUARDED_H_

#include <stddef.h>
#include <stdint.h>

namespace sinter {

// `bytes` usable bytes. AT_END: the byte behind the last one is in a guard page, so the start is
// aligned only as far as the size is. AT_START: the byte in front of the first one is.
class GuardedBuffer {
 public:
  enum Side { AT_END, AT_START };
  GuardedBuffer(size_t bytes, Side side);
  ~GuardedBuffer();
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;
  char* data() const {
    return data_;
  }
  size_t bytes() const {
    return bytes_;
  }

 private:
  char* map_;
  size_t map_bytes_;
  char* data_;
  size_t bytes_;
};

}  // namespace sinter

#endif  // SINTER_TESTS_GUARDED_H_
