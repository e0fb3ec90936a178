// What the launch functions of CUDA rows share.
// SPDX-License-Identifier: Apache-2.0
//
// A row's function launches kernels on stream_of(call) and returns. It is called while a graph of the plan is captured
// (and step by step when a run is profiled): it allocates nothing and waits for nothing. Errors of a launch are found
// by the session, which asks for the last error after every step.
#ifndef SINTER_CUDA_LAUNCH_H_
#define SINTER_CUDA_LAUNCH_H_

#include <cuda_runtime.h>
#include <stdint.h>

#include "core/row.h"

namespace sinter {

inline cudaStream_t stream_of(const Call* call) {
  return static_cast<cudaStream_t>(call->queue);
}

template <class P>
inline const P& params_of(const Call* call) {
  return *static_cast<const P*>(call->params);
}

template <class T>
inline T* slot_of(const Call* call, int slot) {
  return static_cast<T*>(call->slots[slot]);
}

inline bool aligned16(const void* pointer) {
  return reinterpret_cast<uintptr_t>(pointer) % 16 == 0;
}

// Blocks for `count` items, `per_block` each; grids of one dimension hold 2^31 - 1.
inline unsigned blocks_for(int64_t count, int64_t per_block) {
  return static_cast<unsigned>((count + per_block - 1) / per_block);
}

}  // namespace sinter

#endif  // SINTER_CUDA_LAUNCH_H_
