// How the packings of int8 and uint8 depthwise weights read their sources, and the plainest of them.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_DEPTHWISE_PACKING_TAPS_H_
#define SINTER_KERNELS_DEPTHWISE_PACKING_TAPS_H_

#include <math.h>
#include <string.h>

#include "core/status.h"
#include "kernels/depthwise/s8.h"

namespace sinter {
namespace {

typedef DepthwiseParams P;

inline sinter_status check_sources(const P& p, const Source* sources) {
  const int64_t channels = depthwise_channels(p);
  const Source& weights = sources[DEPTHWISE_SOURCE_WEIGHTS];
  const Source& bias = sources[DEPTHWISE_SOURCE_BIAS];
  const Source& scale = sources[DEPTHWISE_SOURCE_SCALE];
  // channels < 2^28 and taps <= 2^16 by the op's check: no product here overflows
  if (!weights.data || weights.bytes != depthwise_taps(p) * channels) {
    return fail(SINTER_INVALID_ARGUMENT, "weights must have %lld bytes, %lld were given",
                (long long)(depthwise_taps(p) * channels), (long long)weights.bytes);
  }
  if (bias.data && bias.bytes != channels * 4) {
    return fail(SINTER_INVALID_ARGUMENT, "bias must have %lld bytes, %lld were given", (long long)(channels * 4),
                (long long)bias.bytes);
  }
  if (!scale.data || scale.bytes != channels * 4) {
    return fail(SINTER_INVALID_ARGUMENT, "scale must have %lld bytes, %lld were given", (long long)(channels * 4),
                (long long)scale.bytes);
  }
  for (int64_t c = 0; c < channels; c++) {
    float value;
    memcpy(&value, static_cast<const char*>(scale.data) + c * 4, 4);
    if (!isfinite(value) || value <= 0.0f) {
      return fail(SINTER_INVALID_ARGUMENT, "scale %lld is %g; it must be positive", (long long)c, value);
    }
  }
  return SINTER_OK;
}

// The sources, read one value at a time.
struct Reader {
  const P& p;
  const Source* sources;
  int64_t channels;
  bool is_unsigned;

  // The weight less its zero point.
  int32_t weight(int64_t tap, int64_t channel) const {
    const uint8_t byte = static_cast<const uint8_t*>(sources[DEPTHWISE_SOURCE_WEIGHTS].data)[tap * channels + channel];
    return is_unsigned ? byte - p.w_zero_point : static_cast<int8_t>(byte);
  }
  // bias - zero * sum of weights, modulo 2^32 as vector additions do.
  int32_t bias(int64_t channel, int32_t zero) const {
    int32_t value = 0;
    if (const void* data = sources[DEPTHWISE_SOURCE_BIAS].data) {
      memcpy(&value, static_cast<const char*>(data) + channel * 4, 4);
    }
    int64_t sum = 0;
    for (int64_t t = 0; t < depthwise_taps(p); t++) sum += weight(t, channel);
    return static_cast<int32_t>(static_cast<uint32_t>(int64_t{value} - zero * sum));
  }
  float scale(int64_t channel) const {
    float value;
    memcpy(&value, static_cast<const char*>(sources[DEPTHWISE_SOURCE_SCALE].data) + channel * 4, 4);
    return value;
  }
};

template <class T>
void put(char** out, T value) {
  memcpy(*out, &value, sizeof value);
  *out += sizeof value;
}

// ---- depthwise_*_taps: bias, scale, weights as they come, for rows that take one tap at a time ------

inline int64_t taps_bytes(const void* params, const Source* sources) {
  const P& p = *static_cast<const P*>(params);
  if (check_sources(p, sources) != SINTER_OK) return -1;
  return depthwise_channels(p) * (8 + depthwise_taps(p));
}

template <bool is_unsigned>
sinter_status taps_pack(const void* params, const Source* sources, void* out, int64_t) {
  const P& p = *static_cast<const P*>(params);
  const Reader in = {p, sources, depthwise_channels(p), is_unsigned};
  char* at = static_cast<char*>(out);
  for (int64_t c = 0; c < in.channels; c++) put(&at, in.bias(c, p.in_zero_point));
  for (int64_t c = 0; c < in.channels; c++) put(&at, in.scale(c));
  memcpy(at, sources[DEPTHWISE_SOURCE_WEIGHTS].data, static_cast<size_t>(depthwise_taps(p) * in.channels));
  return SINTER_OK;
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_DEPTHWISE_PACKING_TAPS_H_
