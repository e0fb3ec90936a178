// Buffers that end (or begin) at an unreadable page.
// SPDX-License-Identifier: Apache-2.0
#include "guarded.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

namespace sinter {

GuardedBuffer::GuardedBuffer(size_t bytes, Side side) : bytes_(bytes) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t inner = (bytes + page - 1) / page * page;
  map_bytes_ = inner + 2 * page;
  void* map = mmap(nullptr, map_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) {
    perror("mmap");
    abort();
  }
  map_ = static_cast<char*>(map);
  if (inner > 0 && mprotect(map_ + page, inner, PROT_READ | PROT_WRITE) != 0) {
    perror("mprotect");
    abort();
  }
  data_ = side == AT_END ? map_ + page + inner - bytes : map_ + page;
}

GuardedBuffer::~GuardedBuffer() {
  munmap(map_, map_bytes_);
}

}  // namespace sinter
