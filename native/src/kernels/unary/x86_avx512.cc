// unary: the vector row of floats, built for AVX-512.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx512.h"

#include "kernels/unary/tables_avx512.h"

namespace sinter {
namespace {

struct FormsOfTables {
  typedef SharedSqrt Sqrt;
  typedef Alone<EstimatedRsqrt> Rsqrt;
  typedef TableLogistic Logistic;
  typedef Alone<PiecesTanh> Tanh;
  typedef Alone<TableElu> Elu;
  typedef Alone<PiecesGelu> Gelu;
  typedef Alone<PiecesGeluApproximate> GeluApproximate;
};

}  // namespace

void unary_f32_avx512(const Call* call) {
  unary_f32<FormsOfTables>(call);
}

}  // namespace sinter
