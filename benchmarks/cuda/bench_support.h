// What the CUDA benchmark shares: random data, device memory, times, measurements as JSON lines, libraries by name.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_BENCHMARKS_CUDA_SUPPORT_H_
#define SINTER_BENCHMARKS_CUDA_SUPPORT_H_

#include <cuda_runtime.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#define CHECK_CUDA(call)                                                                       \
  do {                                                                                         \
    const cudaError_t error_ = (call);                                                         \
    if (error_ != cudaSuccess) {                                                               \
      printf("FAILED %s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(error_)); \
      fflush(stdout);                                                                          \
      exit(3);                                                                                 \
    }                                                                                          \
  } while (0)

// Values that repeat from run to run.
struct Values {
  uint64_t state;
  explicit Values(uint64_t seed) : state(seed * 0x9e3779b97f4a7c15ull + 0x1234567) {}
  uint64_t bits() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dull;
  }
  int integer(int low, int high) {
    return low + static_cast<int>((bits() >> 33) % static_cast<uint64_t>(high - low + 1));
  }
  float real() {  // -1..1
    return static_cast<float>(static_cast<int32_t>(bits() >> 32)) / 2147483648.0f;
  }
};

struct DeviceBytes {
  char* data = nullptr;
  size_t bytes = 0;
  explicit DeviceBytes(size_t size) : bytes(size) {
    CHECK_CUDA(cudaMalloc(&data, size ? size : 16));
  }
  template <class T>
  explicit DeviceBytes(const std::vector<T>& values) : DeviceBytes(values.size() * sizeof(T)) {
    CHECK_CUDA(cudaMemcpy(data, values.data(), bytes, cudaMemcpyHostToDevice));
  }
  DeviceBytes(const DeviceBytes&) = delete;
  DeviceBytes& operator=(const DeviceBytes&) = delete;
  DeviceBytes(DeviceBytes&& other) : data(other.data), bytes(other.bytes) {
    other.data = nullptr;
  }
  ~DeviceBytes() {
    cudaFree(data);
  }
};

// A competitor in a timing: `enqueue(i, stream)` launches once, on buffers of set i.
struct Runner {
  std::string name;
  std::function<bool(int, cudaStream_t)> enqueue;
};

// Microseconds per launch of each runner: medians over rounds in which all take turns, each round a graph of
// `launches`.
inline std::vector<double> time_runners(const std::vector<Runner>& runners, int launches, int rounds) {
  cudaStream_t stream;
  CHECK_CUDA(cudaStreamCreate(&stream));
  cudaEvent_t start, stop;
  CHECK_CUDA(cudaEventCreate(&start));
  CHECK_CUDA(cudaEventCreate(&stop));
  std::vector<cudaGraphExec_t> graphs(runners.size(), nullptr);
  for (size_t r = 0; r < runners.size(); r++) {
    if (!runners[r].enqueue(0, stream)) continue;
    CHECK_CUDA(cudaStreamSynchronize(stream));
    cudaGraph_t graph;
    CHECK_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    bool all = true;
    for (int i = 0; i < launches; i++) all = runners[r].enqueue(i, stream) && all;
    CHECK_CUDA(cudaStreamEndCapture(stream, &graph));
    if (all) CHECK_CUDA(cudaGraphInstantiate(&graphs[r], graph, 0));
    CHECK_CUDA(cudaGraphDestroy(graph));
    if (!graphs[r]) continue;
    CHECK_CUDA(cudaGraphLaunch(graphs[r], stream));  // warm
    CHECK_CUDA(cudaStreamSynchronize(stream));
  }
  std::vector<std::vector<double>> times(runners.size());
  std::vector<size_t> order(runners.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::minstd_rand random(1);
  for (int round = 0; round < rounds; round++) {
    // The clocks depend on what ran just before: each round has an order of its own.
    std::shuffle(order.begin(), order.end(), random);
    for (const size_t r : order) {
      if (!graphs[r]) continue;
      CHECK_CUDA(cudaEventRecord(start, stream));
      CHECK_CUDA(cudaGraphLaunch(graphs[r], stream));
      CHECK_CUDA(cudaEventRecord(stop, stream));
      CHECK_CUDA(cudaEventSynchronize(stop));
      float ms = 0;
      CHECK_CUDA(cudaEventElapsedTime(&ms, start, stop));
      times[r].push_back(ms * 1000.0 / launches);
    }
  }
  std::vector<double> medians(runners.size(), 0.0);
  for (size_t r = 0; r < runners.size(); r++) {
    if (times[r].empty()) continue;
    std::sort(times[r].begin(), times[r].end());
    medians[r] = times[r][times[r].size() / 2];
    CHECK_CUDA(cudaGraphExecDestroy(graphs[r]));
  }
  CHECK_CUDA(cudaEventDestroy(start));
  CHECK_CUDA(cudaEventDestroy(stop));
  CHECK_CUDA(cudaStreamDestroy(stream));
  return medians;
}

// One line of JSON to the results' file and one of text to stdout.
inline std::string& results_path() {
  static std::string path;
  return path;
}
inline void record(const char* text_format, const char* json_format, ...) {
  char line[1024];
  va_list args;
  va_start(args, json_format);
  vsnprintf(line, sizeof line, json_format, args);
  va_end(args);
  if (FILE* file = fopen(results_path().c_str(), "a")) {
    fprintf(file, "%s\n", line);
    fclose(file);
  }
  if (text_format) printf("%s\n", text_format);
  fflush(stdout);
}

// A library of the CUDA toolkit, by name or in the places where Python's packages keep it. Null: not there.
void* open_library(const char* name);

#endif  // SINTER_BENCHMARKS_CUDA_SUPPORT_H_
