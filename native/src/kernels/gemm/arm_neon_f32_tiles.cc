// The float product of NEON: tiles of 16 x 4, 12 x 8, 8 x 12 and 6 x 16, in up to 29 of the 32 registers; for a single
// row up to 32 columns.
// SPDX-License-Identifier: Apache-2.0
#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

namespace sinter {
namespace {

struct V {
  static constexpr int W = 4, VECTORS = 4, VECTORS_OF_ONE = 8;
  static constexpr bool TAPS = false;
  static constexpr bool AHEAD = false;
  static constexpr int SOON = 0;
  typedef float In;
  static constexpr int STEP = 1;
  typedef float32x4_t F;
  typedef int64_t Mask;  // how many lanes

  static constexpr int most_rows(int vectors) {
    return vectors == 1 ? 16 : 24 / vectors;
  }
  static Mask first(int64_t n) {
    return n;
  }
  static F load(const float* p) {
    return vld1q_f32(p);
  }
  static void store(float* p, F v) {
    vst1q_f32(p, v);
  }
  static void store(float* p, F v, Mask count) {
    if (count == 4) {
      vst1q_f32(p, v);
    } else {
      float lanes[4];
      vst1q_f32(lanes, v);
      memcpy(p, lanes, static_cast<size_t>(count) * 4);
    }
  }
  static F set(float x) {
    return vdupq_n_f32(x);
  }
  static F all(const float* p) {
    return vld1q_dup_f32(p);
  }
  static F bound(F v, F low, F high) {
    return vminq_f32(vmaxq_f32(v, low), high);
  }
  static void ahead(const float*) {}
  static void soon(const float*) {}
  static void add(F* sum, F x, F w) {
    *sum = vfmaq_f32(*sum, x, w);
  }
  static void add(F* sum, const float* x, F w) {
    *sum = vfmaq_f32(*sum, vld1q_dup_f32(x), w);
  }
};

}  // namespace
}  // namespace sinter

#include "kernels/gemm/tiles_f32.h"

namespace sinter {

void multiply_strip_f32_neon(const FloatRows& rows, const FloatWeights& weights, const FloatResults& results,
                             int columns) {
  multiply_strip(rows, weights, results, columns);
}

}  // namespace sinter
