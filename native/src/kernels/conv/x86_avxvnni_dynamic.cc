// conv of float activations and int8 weights for AVX-VNNI. SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/dynamic_avxvnni.h"
//
#include "kernels/conv/drive_dynamic_vnni.h"

namespace sinter {

void conv_f32s8f32_avxvnni(const Call* call) {
  conv_dynamic(call);
}

}  // namespace sinter
