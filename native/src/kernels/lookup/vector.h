// lookup of bytes in vectors. Internal linkage: ISA files include it. SPDX-License-Identifier: Apache-2.0
//
// AVX2 and AVX-512 without permutations of bytes: sixteen shuffles, each of which knows sixteen entries and gives 0 for
// a byte of 128 or more. A byte falls by 16 from each to the next; those found are joined by exclusive or. A byte below
// 128 meets the parts up to its own, and is then negative, where it stays: from the ninth step on, steps saturate. One
// of part p from the eighth on meets p - 7 to p. So part p is its entries, those of the one before, and part p - 8.
#ifndef SINTER_KERNELS_LOOKUP_VECTOR_H_
#define SINTER_KERNELS_LOOKUP_VECTOR_H_

#include <string.h>

#include "core/workers.h"
#include "kernels/lookup/op.h"

namespace sinter {
namespace {

// An ISA has BYTES, how many a vector holds, and Tables: made of a table of 256, of(in, out) looks up a vector.
template <class Isa>
inline void look_up_bytes(const Call* call) {
  const int64_t count = static_cast<const LookupParams*>(call->params)->count;
  const uint8_t* in = static_cast<const uint8_t*>(call->slots[LOOKUP_IN]);
  const uint8_t* table = static_cast<const uint8_t*>(call->slots[LOOKUP_TABLE]);
  uint8_t* out = static_cast<uint8_t*>(call->slots[LOOKUP_OUT]);
  const int64_t part = fair_rows(count, 16384, 64, call->workers->threads), parts = (count + part - 1) / part;
  parallel_for(call->workers, parts, [&](int64_t index, int) {
    const typename Isa::Tables tables(table);
    const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
    int64_t i = index * part;
    for (; i + Isa::BYTES <= end; i += Isa::BYTES) tables.of(in + i, out + i);
    for (; i < end; i++) out[i] = table[in[i]];
  });
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_LOOKUP_VECTOR_H_
