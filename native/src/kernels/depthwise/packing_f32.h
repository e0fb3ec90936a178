// depthwise's float packing: bias, then the taps, each a row of all channels rounded up to 16.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_DEPTHWISE_PACKING_F32_H_
#define SINTER_KERNELS_DEPTHWISE_PACKING_F32_H_

#include <string.h>

#include "core/status.h"
#include "kernels/depthwise/f32.h"

namespace sinter {
namespace {

inline int64_t f32_bytes(const void* params, const Source* sources) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  const int64_t channels = int64_t{p.in_c} * p.multiplier, taps = int64_t{p.kernel_h} * p.kernel_w;
  const Source& weights = sources[DEPTHWISE_SOURCE_WEIGHTS];
  const Source& bias = sources[DEPTHWISE_SOURCE_BIAS];
  if (!weights.data || weights.bytes != 4 * channels * taps || (bias.data && bias.bytes != 4 * channels)) {
    fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes and bias %lld, for %lld taps of %lld channels",
         (long long)weights.bytes, (long long)bias.bytes, (long long)taps, (long long)channels);
    return -1;
  }
  return (taps + 1) * depthwise_f32_pitch(p) * 4;
}

inline sinter_status f32_pack(const void* params, const Source* sources, void* out, int64_t total) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  const int64_t channels = int64_t{p.in_c} * p.multiplier, taps = int64_t{p.kernel_h} * p.kernel_w;
  const int64_t pitch = depthwise_f32_pitch(p) * 4;
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  const size_t row = static_cast<size_t>(channels) * 4;
  if (sources[DEPTHWISE_SOURCE_BIAS].data) memcpy(at, sources[DEPTHWISE_SOURCE_BIAS].data, row);
  const char* weights = static_cast<const char*>(sources[DEPTHWISE_SOURCE_WEIGHTS].data);
  for (int64_t t = 0; t < taps; t++) {
    memcpy(at + (t + 1) * pitch, weights + t * static_cast<int64_t>(row), row);
  }
  return SINTER_OK;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_PACKING_F32_H_
