// depthwise in float for arm64: vector_f32.h with 4 lanes.
// SPDX-License-Identifier: Apache-2.0
#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

namespace sinter {
namespace {

struct V {
  static constexpr int64_t W = 4, REGISTERS = 32;
  typedef float32x4_t F;
  static constexpr bool FREE_MASKS = false;
  typedef int64_t Mask;  // how many lanes
  typedef uint8x16_t Index;
  typedef V Half;

  static Mask first(int64_t n) {
    return n < 4 ? n : 4;
  }
  static F load(const float* p) {
    return vld1q_f32(p);
  }
  static F load(const float* p, Mask count) {
    float lanes[4] = {};
    memcpy(lanes, p, static_cast<size_t>(count) * 4);
    return vld1q_f32(lanes);
  }
  static void store(float* p, F v) {
    vst1q_f32(p, v);
  }
  static void store(float* p, F v, Mask count) {
    float lanes[4];
    vst1q_f32(lanes, v);
    memcpy(p, lanes, static_cast<size_t>(count) * 4);
  }
  static F set(float x) {
    return vdupq_n_f32(x);
  }
  static F fma(F a, F b, F c) {
    return vfmaq_f32(c, a, b);
  }
  static F bound(F v, F low, F high) {
    return vminq_f32(vmaxq_f32(v, low), high);
  }
  static Index index(const int32_t* lanes) {
    uint8_t bytes[16];
    for (int i = 0; i < 16; i++) bytes[i] = static_cast<uint8_t>(4 * lanes[i / 4] + i % 4);
    return vld1q_u8(bytes);
  }
  static F pick(F v, Index lanes) {
    return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(v), lanes));
  }
};

}  // namespace
}  // namespace sinter

#include "kernels/depthwise/vector_f32.h"

namespace sinter {

void depthwise_f32_neon(const Call* call) {
  depthwise_f32(call);
}

}  // namespace sinter
