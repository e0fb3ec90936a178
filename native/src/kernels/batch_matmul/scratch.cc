// Scratch sizes of batch_matmul's rows.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_matmul/shape.h"

namespace sinter {

int64_t batch_matmul_f32_avx2_scratch(const void* params, int threads) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(params);
  return threads * thread_bytes_f32(p, cut_avx2_f32(p, threads), 1);
}

int64_t batch_matmul_f32_avx512_scratch(const void* params, int threads) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(params);
  return threads * thread_bytes_f32(p, cut_avx512_f32(p, threads), 2);
}

int64_t batch_matmul_bf16_avx2_scratch(const void* params, int threads) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(params);
  return threads * bf16_scratch(p, cut_avx2_bf16(p, threads), 2, 4).all;
}

int64_t batch_matmul_bf16_avx512_scratch(const void* params, int threads) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(params);
  return threads * bf16_scratch(p, cut_avx512_bf16(p, threads), 2, 2).all;
}

int64_t batch_matmul_s8_avx2_scratch(const void* params, int threads) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(params);
  return threads * thread_bytes_avx2_s8(p, cut_avx2_s8(p, threads));
}

int64_t batch_matmul_s16_avx2_scratch(const void* params, int threads) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(params);
  return threads * thread_bytes_avx2_s16(p, cut_avx2_s8(p, threads));
}

int64_t batch_matmul_s8_avx512_scratch(const void* params, int threads) {
  const BatchMatmulParams& p = *static_cast<const BatchMatmulParams*>(params);
  return threads * thread_bytes_avx512_s8(p, cut_avx512_s8(p, threads));
}

}  // namespace sinter
