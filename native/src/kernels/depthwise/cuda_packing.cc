// Packed forms of depthwise weights on the GPU: those of the scalar rows, whose channels lie side by side.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise/packing_f32.h"
#include "kernels/depthwise/packing_taps.h"

namespace sinter {

extern const OpDef depthwise_op;
extern const PackingDef depthwise_s8_cuda_packing, depthwise_u8_cuda_packing, depthwise_f32_cuda_packing;
const PackingDef depthwise_s8_cuda_packing = {"depthwise_s8_cuda", 1,          &depthwise_op,
                                              DEPTHWISE_SOURCES,   taps_bytes, taps_pack<false>};
const PackingDef depthwise_u8_cuda_packing = {"depthwise_u8_cuda", 1,          &depthwise_op,
                                              DEPTHWISE_SOURCES,   taps_bytes, taps_pack<true>};
const PackingDef depthwise_f32_cuda_packing = {"depthwise_f32_cuda", 1,         &depthwise_op,
                                               DEPTHWISE_SOURCES,    f32_bytes, f32_pack};

}  // namespace sinter
