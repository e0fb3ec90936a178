// batch_matmul of operands rounded to bfloat16 for AVX-512 with vdpbf16ps; gemm's product.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "kernels/batch_matmul/drive_bf16.h"
#include "kernels/gemm/round_bf16_avx512.h"
#include "kernels/gemm/strip_f32.h"

namespace sinter {
namespace {

struct Tile {
  enum { TILES = 2 };
  typedef uint16_t Value;

  int64_t next_rows(int64_t left) const {
    return left;
  }
  void fill(const float* x, int64_t count, Value* out) const {
    fill_panel(x, count, out);
  }
  void multiply(int64_t rows, const Value* a, int64_t stride, const uint32_t* tile, int64_t one_tile, int64_t pairs,
                float* c, int64_t ldc, int columns) const {
    const FloatWeights weights = packed_strip_f32(reinterpret_cast<const float*>(tile), one_tile, 0, 0, false);
    const FloatResults results = {c, ldc, -INFINITY, INFINITY};
    multiply_strip_bf16_avx512({a, rows, stride, 1, 0, 2 * pairs}, weights, results, columns);
  }
};

}  // namespace

void batch_matmul_bf16_avx512bf16(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  batch_matmul_bf16(call, cut_avx512_bf16(p, call->workers->threads), Tile());
}

}  // namespace sinter
