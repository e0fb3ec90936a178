// lookup: one load per element; the table stays in the first-level cache.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/lookup/op.h"

namespace sinter {

void lookup_u8_reference(const Call* call) {
  const int64_t count = static_cast<const LookupParams*>(call->params)->count;
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[LOOKUP_IN]);
  const uint8_t* table = static_cast<const uint8_t*>(call->slots[LOOKUP_TABLE]);
  uint8_t* out = static_cast<uint8_t*>(call->slots[LOOKUP_OUT]);
  const int64_t part = 16384, parts = (count + part - 1) / part;
  parallel_for(call->workers, parts, [&](int64_t index, int) {
    const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
    for (int64_t i = index * part; i < end; i++) out[i] = table[in[i]];
  });
}

}  // namespace sinter
