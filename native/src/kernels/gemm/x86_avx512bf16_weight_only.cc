// gemm in bfloat16 by int8 weights, for AVX-512 with vdpbf16ps: few rows meet weights as floats, more meet a panel of
// bfloat16. Int8 is exact as either.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gemm/drive_strips_bf16.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_bf16s8.h"
#include "kernels/gemm/round_bf16_avx512.h"
// After the stores of bfloat16, which it uses.
#include "kernels/gemm/widen_avx512.h"
#include "kernels/gemm/widen_bf16_avx512.h"

namespace sinter {
namespace {

typedef RowsForm<int8_t, true> Form;

// A tile's weights as tiles of packing_bf16s8.h, each read once and in their order.
inline void widen_tile(const char* tile, int64_t width, int64_t k, uint32_t* panel) {
  const int64_t pairs = bf16_pairs(k), one_tile = bf16s8_tile_words(k), vectors = width / 16;
  StoredColumns of[WEIGHT_ONLY_COLUMNS / 16];
  for (int64_t v = 0; v < vectors; v++) {
    const int8_t* w = reinterpret_cast<const int8_t*>(tile + weight_only_header_bytes(width)) + 16 * v;
    of[v] = {tile + 64 * v, tile + 4 * width + 64 * v, w, width};
    memcpy(panel + v * one_tile, of[v].bias, 64);
    memcpy(panel + v * one_tile + 16, of[v].scale, 64);
  }
  constexpr int64_t some = 8;
  for (int64_t i = 0; i < pairs; i += some) {
    const int64_t end = pairs - i < some ? pairs : i + some;
    for (int64_t v = 0; v < vectors; v++) widen_pairs(of[v], k, i, end, panel + v * one_tile);
  }
}

template <class In, class Out>
inline void run(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const int64_t k = p.k, stride = 2 * bf16_pairs(k), one_tile = bf16s8_tile_words(k);
  const Form form = {k};
  const StoredProduct<In, Out> of(call, form.tile_bytes(WEIGHT_ONLY_COLUMNS), 7);
  const bool direct = p.m <= WEIGHT_ONLY_DIRECT_ROWS, in_place = sizeof(In) == 2 && k % 2 == 0;
  parallel_for(call->workers, of.tasks.count(), [&](int64_t task, int thread) {
    const ProductTask part = of.tasks.at(task);
    char* own = static_cast<char*>(call->scratch) + thread * weight_only_bf16_thread_bytes(k);
    uint32_t* panel = reinterpret_cast<uint32_t*>(own);
    char* rounded = own + weight_only_bf16_panel_bytes(k);
    float* few = reinterpret_cast<float*>(rounded);
    uint16_t* many = reinterpret_cast<uint16_t*>(rounded);
    const In* x = of.a + part.first_row * p.lda;
    Bf16Rows rows = {many, part.rows, stride, 1, 0, stride};
    if (direct) {
      for (int64_t r = 0; r < part.rows; r++) {
        for (int64_t i = 0; i < k; i++) few[r * k + i] = bf16_operand(x[r * p.lda + i]);
      }
    } else if (in_place) {
      rows.a = reinterpret_cast<const uint16_t*>(x);
      rows.stride = p.lda;
    } else {
      for (int64_t r = 0; r < part.rows; r++) {
        fill_panel(x + r * p.lda, k, many + r * stride);
        if (k % 2) many[r * stride + k] = 0;
      }
    }
    of.each_tile(part, part.first_row, [&](const char* tile, int64_t width, Out* out, int columns) {
      if (direct) {
        widened_tile(form, part.rows, few, k, tile, width, out, p.ldc, columns, of.clamp);
      } else {
        widen_tile(tile, width, k, panel);
        const FloatWeights weights = packed_strip_f32(reinterpret_cast<const float*>(panel), one_tile, 0, 0, false);
        const StripResults<Out> results = {out, p.ldc, p.act_min, p.act_max};
        multiply_strip_bf16_avx512(rows, scaled_strip(weights), results, columns);
      }
    });
  });
}

}  // namespace

void gemm_weight_only_bf16_s8_avx512bf16(const Call* call) {
  run<float, float>(call);
}
void gemm_bf16s8f32_avx512bf16(const Call* call) {
  run<uint16_t, float>(call);
}
void gemm_f32s8bf16_avx512bf16(const Call* call) {
  run<float, uint16_t>(call);
}
void gemm_bf16s8bf16_avx512bf16(const Call* call) {
  run<uint16_t, uint16_t>(call);
}

}  // namespace sinter
