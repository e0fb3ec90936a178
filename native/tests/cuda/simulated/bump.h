// An op for the simulated GPU: out[i] = in[i] + 1, by way of scratch if the row says so. An input that starts with 255
// is a fault. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_TESTS_CUDA_SIMULATED_BUMP_H_
#define SINTER_TESTS_CUDA_SIMULATED_BUMP_H_

#include "core/row.h"

namespace sinter {

#define SINTER_BUMP_FIELDS(F) F(i32, bytes, RUN)
SINTER_PARAMS(BumpParams, SINTER_BUMP_FIELDS);

}  // namespace sinter

#endif  // SINTER_TESTS_CUDA_SIMULATED_BUMP_H_
