// depthwise's float packing.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise/packing_f32.h"

namespace sinter {

extern const OpDef depthwise_op;
extern const PackingDef depthwise_f32_rows_packing;
const PackingDef depthwise_f32_rows_packing = {"depthwise_f32_rows", 1,         &depthwise_op,
                                               DEPTHWISE_SOURCES,    f32_bytes, f32_pack};

}  // namespace sinter
