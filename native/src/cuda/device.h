// The GPU this library uses: the first that the driver shows (CUDA_VISIBLE_DEVICES chooses), found once.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_DEVICE_H_
#define SINTER_CUDA_DEVICE_H_

#include <cuda_runtime_api.h>
#include <stdint.h>

#include "sinter.h"

namespace sinter {

struct CudaDevice {
  char name[256];
  int capability;  // 80, 90, ...
  int processors;
  int64_t shared_bytes;  // most that one block may have
  uint64_t features;     // bits of core/isa.h
};

// Null after fail(): no driver, no GPU, or one that is too old.
const CudaDevice* cuda_device();

// SINTER_OK, or fail() with what was attempted and the runtime's words for what went wrong.
sinter_status cuda_check(cudaError_t error, const char* what);

}  // namespace sinter

#endif  // SINTER_CUDA_DEVICE_H_
