// Weights in float as gemm's CUDA kernel reads them; see cuda_packing.h.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/status.h"
#include "kernels/gemm/cuda_packing.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

int64_t bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const Source &weights = sources[GEMM_SOURCE_WEIGHTS], &bias = sources[GEMM_SOURCE_BIAS];
  if (weights.bytes != int64_t{4} * p.n * p.k || (bias.data && bias.bytes != int64_t{4} * p.n)) {
    fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, bias %lld, for %d x %d floats", (long long)weights.bytes,
         (long long)bias.bytes, p.n, p.k);
    return -1;
  }
  return cuda_rows_bytes(p.n, p.k, 4);
}

sinter_status pack(const void* params, const Source* sources, void* out, int64_t total) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  if (sources[GEMM_SOURCE_BIAS].data) memcpy(at, sources[GEMM_SOURCE_BIAS].data, size_t{4} * static_cast<size_t>(p.n));
  const char* weights = static_cast<const char*>(sources[GEMM_SOURCE_WEIGHTS].data);
  const int64_t used = int64_t{4} * p.k, pitch = cuda_row_bytes(p.k, 4);
  for (int64_t n = 0; n < p.n; n++) {
    memcpy(at + cuda_header_bytes(p.n) + n * pitch, weights + n * used, static_cast<size_t>(used));
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_f32_cuda_rows_packing;
const PackingDef gemm_f32_cuda_rows_packing = {"gemm_f32_cuda_rows", 1, &gemm_op, GEMM_SOURCES, bytes, pack};

}  // namespace sinter
