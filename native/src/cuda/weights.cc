// Packed constants on the GPU.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/weights.h"

#include "core/status.h"
#include "cuda/device.h"

namespace sinter {

bool CudaWeights::settle(Blob* blob) {
  void* memory = nullptr;
  // With the same readable bytes behind the end as on the host.
  const size_t bytes = static_cast<size_t>(blob->bytes) + ARENA_SLACK;
  if (cuda_check(cudaMalloc(&memory, bytes), "memory for constants") != SINTER_OK) return false;
  blob->resident = std::shared_ptr<void>(memory, [](void* p) { cudaFree(p); });
  // The call returns when the host's bytes have been read, not when they have arrived, and the streams of sessions do
  // not wait for this one.
  if (cuda_check(cudaMemcpy(memory, blob->memory.data(), bytes, cudaMemcpyHostToDevice), "copy of constants") !=
          SINTER_OK ||
      cuda_check(cudaStreamSynchronize(nullptr), "copy of constants") != SINTER_OK) {
    return false;
  }
  return blob->memory.resize(0);
}

}  // namespace sinter
