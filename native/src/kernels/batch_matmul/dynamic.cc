// batch_matmul of float rows, quantized on the way, and int8 matrices.
// SPDX-License-Identifier: Apache-2.0
//
// Scratch per thread: the ranges of A's rows, their values less the zero point, sums of one row.
#pragma GCC optimize("O3")  // -O2 leaves the sums scalar
#include <string.h>

#include "core/workers.h"
#include "kernels/batch_matmul/shape.h"
#include "kernels/gemm/dynamic_images.h"

namespace sinter {
namespace {

struct Room {
  int64_t values, sums, row, bytes;
};

Room room_of(const BatchMatmulParams& p) {
  Room r;
  r.values = dynamic_round_up(p.m * static_cast<int64_t>(sizeof(DynamicRange)));
  r.sums = r.values + dynamic_round_up(2 * int64_t{p.m} * p.k);
  r.row = r.sums + dynamic_round_up(4 * int64_t{p.n});
  r.bytes = r.row + dynamic_round_up(4 * int64_t{p.k});
  return r;
}

inline int32_t dot(const int16_t* a, const int8_t* b, int64_t count) {
  int32_t sum = 0;
  for (int64_t i = 0; i < count; i++) sum += a[i] * b[i];
  return sum;
}

void one_product(const BatchMatmulParams& p, const float* a, const int8_t* b, float* c, char* scratch) {
  const Room room = room_of(p);
  DynamicRange* ranges = reinterpret_cast<DynamicRange*>(scratch);
  int16_t* values = reinterpret_cast<int16_t*>(scratch + room.values);
  int32_t* sums = reinterpret_cast<int32_t*>(scratch + room.sums);
  const int64_t lda = a_pitch(p), ldb = b_pitch(p), ldc = c_pitch(p);
  float* gathered = reinterpret_cast<float*>(scratch + room.row);
  for (int64_t m = 0; m < p.m; m++) {
    const float* row = a + m * lda;
    if (p.transpose_a) {
      for (int64_t k = 0; k < p.k; k++) gathered[k] = a[k * lda + m];
      row = gathered;
    }
    float low, high;
    DynamicPlain::extremes(row, p.k, &low, &high);
    ranges[m] = dynamic_range(low, high, p.dynamic);
    DynamicPlain::quantize(row, p.k, ranges[m], values + m * p.k);
  }
  for (int64_t m = 0; m < p.m; m++) {
    const int16_t* row = values + m * p.k;
    if (p.transpose_b) {
      for (int64_t n = 0; n < p.n; n++) sums[n] = dot(row, b + n * ldb, p.k);
    } else {
      memset(sums, 0, 4 * static_cast<size_t>(p.n));
      for (int64_t k = 0; k < p.k; k++) {
        const int32_t factor = row[k];
        const int8_t* right = b + k * ldb;
        for (int64_t n = 0; n < p.n; n++) sums[n] += factor * right[n];
      }
    }
    for (int64_t n = 0; n < p.n; n++) c[m * ldc + n] = dynamic_result(sums[n], ranges[m], p.scale, 0.0f);
  }
}

}  // namespace

int64_t batch_matmul_f32s8_scratch(const void* params, int threads) {
  return threads * room_of(*static_cast<const BatchMatmulParams*>(params)).bytes;
}

void batch_matmul_f32s8f32_reference(const Call* call) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(call->params);
  const float* a = static_cast<const float*>(call->slots[BATCH_MATMUL_A]);
  const int8_t* b = static_cast<const int8_t*>(call->slots[BATCH_MATMUL_B]);
  float* c = static_cast<float*>(call->slots[BATCH_MATMUL_C]);
  const bool empty = p.m == 0 || p.batch0 == 0 || p.batch1 == 0 || p.batch2 == 0;
  const int64_t batches = empty ? 0 : int64_t{p.batch0} * p.batch1 * p.batch2;
  const int64_t bytes = room_of(p).bytes;
  parallel_for(call->workers, batches, [&](int64_t index, int thread) {
    one_product(p, a + a_offset(p, index), b + b_offset(p, index), c + c_offset(p, index),
                static_cast<char*>(call->scratch) + thread * bytes);
  });
}

}  // namespace sinter
