// A CUDA runtime that is simulated on the host: memory by kind, streams, captured graphs.
// SPDX-License-Identifier: Apache-2.0
//
// What sessions on a GPU do on the host is tested with it where there is none. It is strict where a GPU would be silent
// or slow: copies must go between memory of the GPU and page-locked memory, inside of what was allocated; a captured
// graph keeps the addresses it was captured with, and using freed ones is an error.
#ifndef SINTER_TESTS_CUDA_SIMULATED_RUNTIME_H_
#define SINTER_TESTS_CUDA_SIMULATED_RUNTIME_H_

#include <stddef.h>

#include <functional>

namespace simulated {

// A kernel: runs now, or when the graph is launched that is being captured.
void launch(void* stream, std::function<void()> kernel);

// Whether a range lies in memory of the GPU.
bool on_device(const void* data, size_t bytes);

// What exists now.
struct Counts {
  int device, pinned, streams, graphs, events;
};
Counts counts();

// The next allocation fails.
void fail_next_allocation();

}  // namespace simulated

#endif  // SINTER_TESTS_CUDA_SIMULATED_RUNTIME_H_
