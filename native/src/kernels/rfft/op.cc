// The contract of rfft: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/rfft/op.h"

#include "core/checked.h"
#include "core/status.h"
#include "kernels/rfft/scratch.h"

namespace sinter {
namespace {

typedef RfftParams P;
const Field fields[] = {SINTER_RFFT_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"in", SLOT_IN}, {"roots", SLOT_IN}, {"out", SLOT_OUT}};

bool is_length(int32_t n) {
  return n >= 1 && n <= RFFT_LONGEST && (n & (n - 1)) == 0;
}

sinter_status check(const void* params, const RowDef*, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.batch < 0 || p.in_h < 0 || p.in_w < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "rfft: %d planes of %d x %d", p.batch, p.in_h, p.in_w);
  }
  if (!is_length(p.fft_h) || !is_length(p.fft_w)) {
    return fail(SINTER_INVALID_ARGUMENT, "rfft: %d x %d are not powers of two up to %d", p.fft_h, p.fft_w,
                RFFT_LONGEST);
  }
  slot_bytes[RFFT_IN] = checked_product<4>({p.batch, p.in_h, p.in_w, 4});
  slot_bytes[RFFT_ROOTS] = (int64_t{p.fft_w} + p.fft_h) * 16;
  slot_bytes[RFFT_OUT] = checked_product<4>({p.batch, p.fft_h, p.fft_w / 2 + 1, 8});
  return slot_bytes[RFFT_IN] < 0 || slot_bytes[RFFT_OUT] < 0 ? fail(SINTER_INVALID_ARGUMENT, "rfft: sizes overflow")
                                                             : SINTER_OK;
}

int64_t scratch(const void* params, int threads, int64_t lanes) {
  return threads * rfft_thread_bytes(*static_cast<const P*>(params), lanes);
}

}  // namespace

int64_t rfft_portable_scratch(const void* params, int threads) {
  return scratch(params, threads, 2);
}
int64_t rfft_avx2_scratch(const void* params, int threads) {
  return scratch(params, threads, 4);
}
int64_t rfft_avx512_scratch(const void* params, int threads) {
  return scratch(params, threads, 8);
}

extern const OpDef rfft_op;
const OpDef rfft_op = {"rfft", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, RFFT_SLOTS, check};

}  // namespace sinter
