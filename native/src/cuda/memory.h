// Owned memory of the GPU and page-locked memory of the host.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_MEMORY_H_
#define SINTER_CUDA_MEMORY_H_

#include <stdint.h>

#include <utility>

#include "cuda/device.h"

namespace sinter {

class CudaMemory {
 public:
  enum Place { DEVICE, PINNED };
  CudaMemory() = default;
  CudaMemory(const CudaMemory&) = delete;
  CudaMemory& operator=(const CudaMemory&) = delete;
  ~CudaMemory() {
    release();
  }

  // New, zeroed memory in place of the old.
  sinter_status resize(Place place, int64_t bytes) {
    release();
    place_ = place;
    if (bytes == 0) return SINTER_OK;
    const size_t size = static_cast<size_t>(bytes);
    void* memory = nullptr;
    const cudaError_t error =
        place == DEVICE ? cudaMalloc(&memory, size) : cudaHostAlloc(&memory, size, cudaHostAllocDefault);
    const sinter_status status = cuda_check(error, place == DEVICE ? "memory of the GPU" : "page-locked memory");
    if (status != SINTER_OK) return status;
    data_ = static_cast<char*>(memory);
    bytes_ = bytes;
    if (place == PINNED) {
      __builtin_memset(data_, 0, size);
      return SINTER_OK;
    }
    // On the default stream, for which streams of sessions do not wait: it must be done before they use the memory.
    const sinter_status cleared = cuda_check(cudaMemset(data_, 0, size), "clearing memory");
    return cleared != SINTER_OK ? cleared : cuda_check(cudaStreamSynchronize(nullptr), "clearing memory");
  }
  void swap(CudaMemory* other) {
    std::swap(data_, other->data_);
    std::swap(bytes_, other->bytes_);
    std::swap(place_, other->place_);
  }
  char* data() const {
    return data_;
  }
  int64_t bytes() const {
    return bytes_;
  }

 private:
  void release() {
    if (data_ && place_ == DEVICE) cudaFree(data_);
    if (data_ && place_ == PINNED) cudaFreeHost(data_);
    data_ = nullptr;
    bytes_ = 0;
  }
  char* data_ = nullptr;
  int64_t bytes_ = 0;
  Place place_ = DEVICE;
};

}  // namespace sinter

#endif  // SINTER_CUDA_MEMORY_H_
