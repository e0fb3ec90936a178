// Finds the GPU. The runtime is linked statically and looks the driver up itself, so this works where there is none.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/device.h"

#include <stdio.h>
#include <string.h>

#include "core/catalogue.h"
#include "core/isa.h"
#include "core/status.h"

namespace sinter {
namespace {

struct Found {
  bool usable = false;
  CudaDevice device = {};
  char message[512] = "";
};

int attribute(cudaDeviceAttr what) {
  int value = 0;
  return cudaDeviceGetAttribute(&value, what, 0) == cudaSuccess ? value : 0;
}

Found find() {
  Found found;
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaErrorInsufficientDriver) {
    int driver = 0;
    cudaDriverGetVersion(&driver);
    if (driver == 0) {
      snprintf(found.message, sizeof found.message, "there is no NVIDIA driver (libcuda.so.1)");
    } else {
      snprintf(found.message, sizeof found.message, "the NVIDIA driver is for CUDA %d.%d, this library needs %d.%d",
               driver / 1000, driver % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
    }
    return found;
  }
  if (error != cudaSuccess || count == 0) {
    snprintf(found.message, sizeof found.message, "there is no NVIDIA GPU: %s",
             error != cudaSuccess ? cudaGetErrorString(error) : "the driver shows none");
    return found;
  }
  cudaDeviceProp properties;
  if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess) {
    snprintf(found.message, sizeof found.message, "the GPU does not answer: %s",
             cudaGetErrorString(cudaGetLastError()));
    return found;
  }
  CudaDevice& device = found.device;
  snprintf(device.name, sizeof device.name, "%s", properties.name);
  device.capability = properties.major * 10 + properties.minor;
  device.processors = properties.multiProcessorCount;
  device.shared_bytes = attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin);
  if (device.capability >= 80) device.features |= ISA_SM80;
  // Code for 9.0 with its own instructions runs on no later GPU.
  if (device.capability == 90) device.features |= ISA_SM90A;
  found.usable = device.capability >= 80;
  if (!found.usable) {
    snprintf(found.message, sizeof found.message, "%s has compute capability %d.%d, this library needs 8.0 or more",
             device.name, properties.major, properties.minor);
  }
  return found;
}

const Found& found() {
  static const Found once = find();
  return once;
}

}  // namespace

const CudaDevice* cuda_device() {
  if (found().usable) return &found().device;
  fail(SINTER_UNSUPPORTED, "CUDA: %s", found().message);
  return nullptr;
}

sinter_status cuda_check(cudaError_t error, const char* what) {
  if (error == cudaSuccess) return SINTER_OK;
  cudaGetLastError();  // what is not sticky must not be found by the next call
  return fail(error == cudaErrorMemoryAllocation ? SINTER_OUT_OF_MEMORY : SINTER_INTERNAL, "CUDA: %s: %s", what,
              cudaGetErrorString(error));
}

uint64_t machine_features() {
  return found().usable ? found().device.features : 0;
}
const bool catalogue_tells_features = true;

}  // namespace sinter
