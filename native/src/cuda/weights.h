// Packed constants on the GPU: packed on the host, copied once, the host's copy released.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_WEIGHTS_H_
#define SINTER_CUDA_WEIGHTS_H_

#include "core/weights.h"

namespace sinter {

class CudaWeights : public Weights {
 protected:
  bool settle(Blob* blob) override;
};

}  // namespace sinter

#endif  // SINTER_CUDA_WEIGHTS_H_
