// unary: the vector row of floats, built for AVX2.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/avx2.h"

#include "kernels/unary/forms_avx2.h"

namespace sinter {
namespace {

struct Forms {
  typedef Alone<VectorSqrt> Sqrt;
  typedef EstimatedRsqrt Rsqrt;
  typedef TableLogistic Logistic;
  typedef Alone<VectorTanh> Tanh;
  typedef Alone<VectorElu> Elu;
  typedef Alone<VectorGelu> Gelu;
  typedef Alone<VectorGeluApproximate<TableLogistic>> GeluApproximate;
};

}  // namespace

void unary_f32_avx2(const Call* call) {
  unary_f32<Forms>(call);
}

}  // namespace sinter
