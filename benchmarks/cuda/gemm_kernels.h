// The kernels that the benchmark of gemm checks and times.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_BENCHMARKS_CUDA_GEMM_KERNELS_H_
#define SINTER_BENCHMARKS_CUDA_GEMM_KERNELS_H_

#include <vector>

#include "core/row.h"
#include "kernels/gemm/cuda_gemm.h"
#include "kernels/gemm/cuda_packing.h"

enum Types { S8_S32, S8_S8, BF16_F32, BF16_BF16, BF16S8_F32 };

struct Kernel {
  const char* name;
  Types types;
  const sinter::PackingDef* packing;
  cudaError_t (*launch)(const sinter::GemmTask&);
  bool sparse, aligned;  // needs aligned rows of A
  std::vector<int> variants;
  int largest_m;
};
const std::vector<Kernel>& kernels();

inline int64_t a_bytes(Types t) {
  return t == S8_S32 || t == S8_S8 ? 1 : 2;
}
inline int64_t w_bytes(Types t) {
  return t == BF16_F32 || t == BF16_BF16 ? 2 : 1;
}
inline int64_t out_bytes(Types t) {
  return t == S8_S8 ? 1 : t == BF16_BF16 ? 2 : 4;
}

// Against plain products on the GPU, with the requantization of the CPU's rows. 0: all is right.
int check_kernel(const Kernel& kernel);

#endif  // SINTER_BENCHMARKS_CUDA_GEMM_KERNELS_H_
