// The op of the simulated GPU.
// SPDX-License-Identifier: Apache-2.0
#include "cuda/simulated/bump.h"

#include <stdlib.h>

#include "cuda/simulated/runtime.h"

namespace sinter {
namespace {

typedef BumpParams P;
const Field fields[] = {SINTER_BUMP_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"out", SLOT_OUT}};

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  slot_bytes[0] = slot_bytes[1] = static_cast<const P*>(params)->bytes;
  return SINTER_OK;
}

void bump(const Call* call, bool by_scratch) {
  const size_t bytes = static_cast<size_t>(static_cast<const P*>(call->params)->bytes);
  const unsigned char* in = static_cast<const unsigned char*>(call->slots[0]);
  unsigned char* out = static_cast<unsigned char*>(call->slots[1]);
  unsigned char* scratch = by_scratch ? static_cast<unsigned char*>(call->scratch) : out;
  Fault* fault = call->fault;
  simulated::launch(call->queue, [=] {
    if (!simulated::on_device(in, bytes) || !simulated::on_device(out, bytes) ||
        !simulated::on_device(scratch, bytes)) {
      abort();
    }
    if (bytes > 0 && in[0] == 255) *fault = {"the first byte", 255, 255};
    for (size_t i = 0; i < bytes; i++) scratch[i] = static_cast<unsigned char>(in[i] + 1);
    for (size_t i = 0; i < bytes; i++) out[i] = scratch[i];
  });
}

}  // namespace

extern const OpDef bump_op;
const OpDef bump_op = {"bump", fields, 1, sizeof(P), slots, 2, check};

void bump_u8_cuda(const Call* call) {
  bump(call, false);
}
void bump_u8_cuda_scratch(const Call* call) {
  bump(call, true);
}
int64_t bump_scratch(const void* params, int) {
  return static_cast<const P*>(params)->bytes;
}

}  // namespace sinter
