// What the float and bfloat16 tiles of AVX-512 have in common (tiles_f32.h): 16 x 16, 8 x 32, 8 x 48 and 6 x 64; for a
// single row up to 128 columns. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_TILE_LANES_512_H_
#define SINTER_KERNELS_GEMM_TILE_LANES_512_H_

#include "kernels/simd/floats_512.h"

namespace sinter {
namespace {

struct TileLanes512 : Floats512 {
  static constexpr int W = 16, VECTORS = 4, VECTORS_OF_ONE = 8;
  static constexpr bool TAPS = true;
  static constexpr bool AHEAD = true;
  static constexpr int SOON = 8;

  static constexpr int most_rows(int vectors) {
    return vectors == 1 ? 16 : vectors == 4 ? 6 : 8;
  }
  LANES void ahead(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T1);
  }
  LANES void soon(const float* p) {
    _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0);
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_LANES_512_H_
