// cast: the loops as they are.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/cast/each.h"

namespace sinter {

void cast_u8_reference(const Call* call) {
  visit_cast(*static_cast<const CastParams*>(call->params), Each{call});
}

}  // namespace sinter
