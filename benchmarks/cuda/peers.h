// The products of cuBLASLt and cuSPARSELt, loaded at run time: what gemm's CUDA kernels are measured against.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_BENCHMARKS_CUDA_PEERS_H_
#define SINTER_BENCHMARKS_CUDA_PEERS_H_

#include "bench_support.h"

enum PeerType { PEER_S8_S32, PEER_S8_S8, PEER_BF16_F32, PEER_BF16_BF16 };

// C [m][n] = A [m][k] x W [n][k], dense, row-major: a runner over sets of buffers with the fastest of the algorithms
// that the library's heuristics offer. Its enqueue is empty (and `why` says why) where the library or an algorithm is
// missing.
struct PeerBuffers {
  const void *a, *w;
  void* c;
};
Runner cublas_runner(PeerType type, int m, int n, int k, const std::vector<PeerBuffers>& sets, std::string* why);
// W holds 2:4; compressed by the library.
Runner cusparse_runner(PeerType type, int m, int n, int k, const std::vector<PeerBuffers>& sets, std::string* why);
std::string peer_versions();

#endif  // SINTER_BENCHMARKS_CUDA_PEERS_H_
