// The functions of the CUDA runtime that the device library uses, on the host.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/simulated/runtime.h"

#include <cuda_runtime_api.h>
#include <stdlib.h>
#include <string.h>

#include <map>
#include <memory>
#include <vector>

namespace {

enum Kind { DEVICE, PINNED };
struct Range {
  size_t bytes;
  Kind kind;
};
typedef std::vector<std::function<cudaError_t()>> Work;

std::map<const char*, Range> ranges;
simulated::Counts now = {};
cudaError_t last = cudaSuccess;
bool next_fails = false;
Work* captured = nullptr;

cudaError_t remember(cudaError_t error) {
  if (error != cudaSuccess) last = error;
  return error;
}

const Range* range_of(const void* data, size_t bytes) {
  auto at = ranges.upper_bound(static_cast<const char*>(data));
  if (at == ranges.begin()) return nullptr;
  --at;
  const size_t offset = static_cast<size_t>(static_cast<const char*>(data) - at->first);
  return offset <= at->second.bytes && bytes <= at->second.bytes - offset ? &at->second : nullptr;
}

bool is(const void* data, size_t bytes, Kind kind) {
  const Range* range = range_of(data, bytes);
  return range && range->kind == kind;
}

cudaError_t allocate(void** out, size_t bytes, Kind kind) {
  if (next_fails) {
    next_fails = false;
    return remember(cudaErrorMemoryAllocation);
  }
  char* memory = static_cast<char*>(malloc(bytes ? bytes : 1));
  memset(memory, 0xa5, bytes);
  ranges[memory] = {bytes, kind};
  (kind == DEVICE ? now.device : now.pinned)++;
  *out = memory;
  return cudaSuccess;
}

cudaError_t release(void* memory, Kind kind) {
  if (!memory) return cudaSuccess;
  const auto at = ranges.find(static_cast<const char*>(memory));
  if (at == ranges.end() || at->second.kind != kind) return remember(cudaErrorInvalidValue);
  ranges.erase(at);
  (kind == DEVICE ? now.device : now.pinned)--;
  free(memory);
  return cudaSuccess;
}

cudaError_t copy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, bool pinned_only) {
  const bool in = kind == cudaMemcpyHostToDevice;
  const void* device = in ? to : from;
  const void* host = in ? from : to;
  if (!is(device, bytes, DEVICE) || (pinned_only && !is(host, bytes, PINNED))) return cudaErrorIllegalAddress;
  memcpy(to, from, bytes);
  return cudaSuccess;
}

cudaError_t enqueue(std::function<cudaError_t()> work) {
  if (!captured) return remember(work());
  captured->push_back(std::move(work));
  return cudaSuccess;
}

}  // namespace

namespace simulated {

void launch(void* stream, std::function<void()> kernel) {
  if (!stream) abort();
  enqueue([kernel = std::move(kernel)] {
    kernel();
    return cudaSuccess;
  });
}
bool on_device(const void* data, size_t bytes) {
  return is(data, bytes, DEVICE);
}
Counts counts() {
  return now;
}
void fail_next_allocation() {
  next_fails = true;
}

}  // namespace simulated

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  memset(properties, 0, sizeof *properties);
  strcpy(properties->name, "simulated");
  properties->major = 9;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 1;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) {
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize() {
  return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t error) {
  return error == cudaErrorIllegalAddress ? "illegal address" : "simulated error";
}
cudaError_t cudaGetLastError() {
  const cudaError_t error = last;
  last = cudaSuccess;
  return error;
}
cudaError_t cudaMalloc(void** out, size_t bytes) {
  return allocate(out, bytes, DEVICE);
}
cudaError_t cudaHostAlloc(void** out, size_t bytes, unsigned) {
  return allocate(out, bytes, PINNED);
}
cudaError_t cudaFree(void* memory) {
  return release(memory, DEVICE);
}
cudaError_t cudaFreeHost(void* memory) {
  return release(memory, PINNED);
}
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* data) {
  const Range* range = range_of(data, 1);
  memset(attributes, 0, sizeof *attributes);
  attributes->type = !range                  ? cudaMemoryTypeUnregistered
                     : range->kind == DEVICE ? cudaMemoryTypeDevice
                                             : cudaMemoryTypeHost;
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return remember(copy(to, from, bytes, kind, false));
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  if (!stream) return remember(cudaErrorInvalidResourceHandle);
  return enqueue([=] { return copy(to, from, bytes, kind, true); });
}
cudaError_t cudaMemset(void* memory, int value, size_t bytes) {
  if (!is(memory, bytes, DEVICE)) return remember(cudaErrorIllegalAddress);
  memset(memory, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t) {
  return enqueue([=] { return cudaMemset(memory, value, bytes); });
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = reinterpret_cast<cudaStream_t>(new int(0));
  now.streams++;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete reinterpret_cast<int*>(stream);
  now.streams--;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return cudaGetLastError();
}
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  if (captured) return remember(cudaErrorIllegalState);
  captured = new Work;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  *graph = reinterpret_cast<cudaGraph_t>(captured);
  captured = nullptr;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  *made = reinterpret_cast<cudaGraphExec_t>(new Work(*reinterpret_cast<Work*>(graph)));
  now.graphs++;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete reinterpret_cast<Work*>(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete reinterpret_cast<Work*>(graph);
  now.graphs--;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  for (const auto& work : *reinterpret_cast<Work*>(graph)) {
    const cudaError_t error = work();
    if (error != cudaSuccess) return remember(error);
  }
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = reinterpret_cast<cudaEvent_t>(new int(0));
  now.events++;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete reinterpret_cast<int*>(event);
  now.events--;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) {
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) {
  *milliseconds = 0.5f;
  return cudaSuccess;
}

}  // extern "C"
