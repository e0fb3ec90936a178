// Zeroed, aligned memory of a fixed size.
// SPDX-License-Identifier: Apache-2.0
#include "core/arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

namespace sinter {

bool Arena::resize(int64_t bytes) {
  if (bytes < 0 || bytes > (int64_t{1} << 46)) return false;
  const size_t huge = size_t{2} << 20;
  const size_t alignment = static_cast<size_t>(bytes) >= huge ? huge : size_t{ARENA_ALIGNMENT};
  const size_t total =
      (static_cast<size_t>(bytes) + ARENA_SLACK + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
  void* memory = nullptr;
  if (posix_memalign(&memory, alignment, total) != 0) return false;
  if (alignment == huge) madvise(memory, total, MADV_HUGEPAGE);
  memset(memory, 0, total);
  release();
  data_ = static_cast<char*>(memory);
  bytes_ = bytes;
  return true;
}

void Arena::release() {
  free(data_);
  data_ = nullptr;
  bytes_ = 0;
}

}  // namespace sinter
