// lookup: one load per element; the table stays in the first-level cache.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/lookup/op.h"

namespace sinter {

void lookup_u8_reference(const Call* call) {
  const int64_t count = static_cast<const LookupParams*>(call->params)->count;
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[LOOKUP_IN]);
  const uint8_t* table = static_cast<const uint8_t*>(call->slots[LOOKUP_TABLE]);
  uint8_t* out = static_cast<uint8_t*>(call->slots[LOOKUP_OUT]);
  const int64_t part = fair_rows(count, 16384, 64, call->workers->threads), parts = (count + part - 1) / part;
  parallel_for(call->workers, parts, [&](int64_t index, int) {
    const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
    for (int64_t i = index * part; i < end; i++) out[i] = table[in[i]];
  });
}

void lookup_s16_reference(const Call* call) {
  const bool whole = static_cast<const LookupParams*>(call->params)->entries == 65536;
  const int64_t count = static_cast<const LookupParams*>(call->params)->count;
  const char* in = static_cast<const char*>(call->slots[LOOKUP_IN]);
  const char* table = static_cast<const char*>(call->slots[LOOKUP_TABLE]);
  char* out = static_cast<char*>(call->slots[LOOKUP_OUT]);
  const int64_t part = fair_rows(count, 16384, 64, call->workers->threads), parts = (count + part - 1) / part;
  parallel_for(call->workers, parts, [&](int64_t index, int) {
    const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
    for (int64_t i = index * part; i < end; i++) {
      int16_t x, ends[2];
      memcpy(&x, in + 2 * i, 2);
      const int32_t t = x + 32768;
      if (whole) {
        memcpy(out + 2 * i, table + 2 * t, 2);
        continue;
      }
      memcpy(ends, table + 2 * (t / 128), 4);
      const int16_t slope = static_cast<int16_t>(ends[1] - ends[0]);  // wraps around, as TFLite's does
      const int16_t y = static_cast<int16_t>(ends[0] + ((slope * (t % 128) + 64) >> 7));
      memcpy(out + 2 * i, &y, 2);
    }
  });
}

}  // namespace sinter
