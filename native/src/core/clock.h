// The clock that runs, and pauses between them, are measured by. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_CLOCK_H_
#define SINTER_CORE_CLOCK_H_

#include <stdint.h>
#include <time.h>

namespace sinter {

static inline int64_t now_nanos() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * int64_t{1000000000} + t.tv_nsec;
}

}  // namespace sinter

#endif  // SINTER_CORE_CLOCK_H_
