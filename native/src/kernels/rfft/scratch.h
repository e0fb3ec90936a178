// How much memory rfft's vector rows work in: planes whose rows are `lanes` doubles abreast.
// SPDX-License-Identifier: Apache-2.0
//
// Plain functions of internal linkage: files built for one ISA include it, as does the one for any machine.
#ifndef SINTER_KERNELS_RFFT_SCRATCH_H_
#define SINTER_KERNELS_RFFT_SCRATCH_H_

#include "kernels/rfft/op.h"

namespace sinter {

// Numbers of one of the two buffers that a transform goes back and forth between.
static inline int64_t rfft_buffer_numbers(const RfftParams& p, int64_t lanes) {
  int64_t most = p.fft_w / 2 > 1 ? p.fft_w / 2 : 1;
  if (p.fft_h > most) most = p.fft_h;
  return most * lanes;
}
// For planes of several rows: one plane of their transforms.
static inline int64_t rfft_plane_numbers(const RfftParams& p, int64_t lanes) {
  return p.fft_h == 1 ? 0 : (int64_t{p.fft_w} / 2 + 1) * ((p.fft_h + lanes - 1) / lanes * lanes);
}
static inline int64_t rfft_thread_bytes(const RfftParams& p, int64_t lanes) {
  return ((2 * rfft_buffer_numbers(p, lanes) + rfft_plane_numbers(p, lanes)) * 16 + 63) / 64 * 64;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_RFFT_SCRATCH_H_
