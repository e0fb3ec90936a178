// Sums of AMX's tiles that go to C as they are, by way of a panel in L1: up to 64 columns of a block of rows, copied to C
// while products of the next panel run. Only for files that are built for AMX; internal linkage.
// SPDX-License-Identifier: Apache-2.0
//
// C costs more than products where it leaves L1: a line that is written takes 4 cycles there and back, twice that where
// rows are a power of two apart and each tile's store meets one set of L1, and again where tiles' rows cross lines. Whole
// lines, a row of the panel after the other, are stored once each.
#ifndef SINTER_KERNELS_GEMM_PANEL_AMX_H_
#define SINTER_KERNELS_GEMM_PANEL_AMX_H_

#include "kernels/gemm/results_amx.h"

namespace sinter {
namespace {

// A row of W vectors to C, all of them results.
template <int W>
SINTER_VNNI_INLINE void amx_copy_row(const char* from, char* c) {
  const int64_t lead = -reinterpret_cast<intptr_t>(c) & 63;
  if (lead == 0) {
    vnni_repeat<W>([&](auto v) SINTER_VNNI_LAMBDA { _mm512_store_si512(c + 64 * v, _mm512_load_si512(from + 64 * v)); });
    return;
  }
  const __mmask64 head = ~__mmask64{0} >> (64 - lead);
  _mm512_mask_storeu_epi8(c, head, _mm512_load_si512(from));
  from += lead, c += lead;
  vnni_repeat<W - 1>(
      [&](auto v) SINTER_VNNI_LAMBDA { _mm512_store_si512(c + 64 * v, _mm512_loadu_si512(from + 64 * v)); });
  _mm512_mask_storeu_epi8(c + 64 * (W - 1), ~head >> lead, _mm512_maskz_loadu_epi8(~head >> lead, from + 64 * (W - 1)));
}

// The next `rows` rows of what waits in a panel of W vectors; any number of columns.
template <int W>
__attribute__((noinline)) void amx_copy_panel(AmxWaiting* w, int rows) {
  const char* from = reinterpret_cast<const char*>(w->at);
  const int64_t bytes = 4 * w->columns, stride = 4 * w->ldc;
  for (; rows > 0 && w->rows > 0; rows--, w->rows--, from += 64 * W, w->c += stride) {
    if (bytes == 64 * W) {
      amx_copy_row<W>(from, w->c);
      continue;
    }
    for (int64_t done = 0, some; done < bytes; done += some) {
      const int64_t line = 64 - (reinterpret_cast<intptr_t>(w->c + done) & 63);
      some = bytes - done < line ? bytes - done : line;
      const __mmask64 mask = ~__mmask64{0} >> (64 - some);
      _mm512_mask_storeu_epi8(w->c + done, mask, _mm512_maskz_loadu_epi8(mask, from + done));
    }
  }
  w->at = reinterpret_cast<const int32_t*>(from);
}

// What a block's products are beside of: rows of the panel that waits, all but `leave` of them.
template <int W>
struct AmxBesidePanel {
  AmxWaiting* waiting;
  int leave;
  bool whole;  // without calls
  int rows = 0, products = 0, credit = 0;
  const char* from = nullptr;
  char* c = nullptr;
  int64_t stride = 0;

  SINTER_VNNI_INLINE AmxBesidePanel(AmxWaiting* w, int rows_to_leave)
      : waiting(w), leave(rows_to_leave), whole(w->results == amx_copy_panel<W> && w->columns == 16 * W) {}
  SINTER_AMX_INLINE void begin(int64_t to_come) {
    rows = waiting->rows > leave ? waiting->rows - leave : 0;
    products = static_cast<int>(to_come);
    if (!whole) return;
    from = reinterpret_cast<const char*>(waiting->at), c = waiting->c, stride = 4 * waiting->ldc;
    waiting->rows -= rows, waiting->at += 16 * W * rows, waiting->c += stride * rows;
  }
  // Of V vectors a row.
  template <int V>
  SINTER_AMX_INLINE void product() {
    // Before begin() there is nothing to do.
    for (credit += rows; products > 0 && credit >= products; credit -= products) some();
  }
  SINTER_AMX_INLINE void end() {
    while (done < rows) some();
  }

 private:
  int done = 0;
  SINTER_AMX_INLINE void some() {
    done++;
    if (whole) {
      if(AHEADROWS>0){ const char*q=c+AHEADROWS*stride; vnni_repeat<W>([&](auto v) SINTER_VNNI_LAMBDA { amx_will_write(q+64*v); }); if((reinterpret_cast<intptr_t>(q)&63)!=0) amx_will_write(q+64*W-1); }
      amx_copy_row<W>(from, c);
      from += 64 * W, c += stride;
    } else {
      waiting->results(waiting, 1);
    }
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_PANEL_AMX_H_
