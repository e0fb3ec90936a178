// uint8 weights as gemm's CUDA kernel reads them (cuda_packing.h): made int8 (value - 128), with a zero point to match.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/status.h"
#include "kernels/gemm/cuda_packing.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

int64_t bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const Source &weights = sources[GEMM_SOURCE_WEIGHTS], &bias = sources[GEMM_SOURCE_BIAS],
               &scale = sources[GEMM_SOURCE_SCALE];
  const int64_t columns = int64_t{4} * p.n;
  if (weights.bytes != int64_t{p.n} * p.k || (bias.data && bias.bytes != columns) || scale.bytes != columns) {
    fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, bias %lld, scale %lld, for %d x %d",
         (long long)weights.bytes, (long long)bias.bytes, (long long)scale.bytes, p.n, p.k);
    return -1;
  }
  return cuda_rows_bytes(p.n, p.k, 1);
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t total) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  const uint8_t* weights = static_cast<const uint8_t*>(sources[GEMM_SOURCE_WEIGHTS].data);
  const int32_t* bias = static_cast<const int32_t*>(sources[GEMM_SOURCE_BIAS].data);
  memcpy(at + 4 * cuda_header_columns(p.n), sources[GEMM_SOURCE_SCALE].data, size_t{4} * static_cast<size_t>(p.n));
  const int32_t w_zero_point = p.w_zero_point - 128;
  for (int64_t n = 0; n < p.n; n++) {
    int8_t* row = reinterpret_cast<int8_t*>(at + cuda_header_bytes(p.n) + n * cuda_row_bytes(p.k, 1));
    int32_t sum = 0;
    for (int64_t i = 0; i < p.k; i++) {
      row[i] = static_cast<int8_t>(weights[n * p.k + i] ^ 128);
      sum += row[i] - w_zero_point;
    }
    // Unsigned: wraps as the sums do.
    const uint32_t folded =
        static_cast<uint32_t>(bias ? bias[n] : 0) - static_cast<uint32_t>(p.a_zero_point) * static_cast<uint32_t>(sum);
    memcpy(at + 4 * n, &folded, 4);
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_u8_cuda_rows_packing;
const PackingDef gemm_u8_cuda_rows_packing = {"gemm_u8_cuda_rows", 1, &gemm_op, GEMM_SOURCES, bytes, pack};

}  // namespace sinter
