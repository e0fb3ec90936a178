// How a kernel says that its inputs name a place outside: into page-locked memory that the session looks at after a
// run. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_FAULT_CUH_
#define SINTER_CUDA_FAULT_CUH_

#include <stdint.h>

#include "core/row.h"

namespace sinter {

struct FaultReport {
  Fault* at;
  const char* what;  // the address of a string of the host, handed on unread

  FaultReport(const Call* call, const char* message) : at(call->fault), what(message) {}
  __device__ void operator()(int64_t value, int64_t limit) const {
    if (!at) return;
    volatile Fault* fault = at;
    fault->value = value;
    fault->limit = limit;
    fault->what = what;
  }
};

}  // namespace sinter

#endif  // SINTER_CUDA_FAULT_CUH_
