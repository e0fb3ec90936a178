// rfft: the Fourier transform of real planes, of which the half is kept that the other half follows from.
// SPDX-License-Identifier: Apache-2.0
//
// A plane [in_h][in_w] is cut, or filled up with zeros, to [fft_h][fft_w]; then
//   out[u][v] = sum over y, x of plane[y][x] * exp(-2 pi i (u y / fft_h + v x / fft_w)),   v <= fft_w / 2
// The roots of one, exp(-2 pi i k / n) for k < n, are an input: first those of n = fft_w, then those of n = fft_h, each
// a pair of doubles. So nothing is computed anew in each call, and all machines have the same ones.
//
// slots    in [batch][in_h][in_w], roots [fft_w + fft_h][2] (doubles), out [batch][fft_h][fft_w / 2 + 1][2]
// types    f32 s64 f32
// numerics rfft.f32: in doubles, results rounded once
#ifndef SINTER_KERNELS_RFFT_OP_H_
#define SINTER_KERNELS_RFFT_OP_H_

#include "core/row.h"

namespace sinter {

enum { RFFT_LONGEST = 1 << 20 };

// clang-format off
#define SINTER_RFFT_FIELDS(F) \
  F(i32, batch, RUN) \
  F(i32, in_h, RUN)  \
  F(i32, in_w, RUN)  \
  F(i32, fft_h, RUN) /* a power of two */ \
  F(i32, fft_w, RUN) /* a power of two */
// clang-format on
SINTER_PARAMS(RfftParams, SINTER_RFFT_FIELDS);

enum { RFFT_IN, RFFT_ROOTS, RFFT_OUT, RFFT_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_RFFT_OP_H_
