// reverse_sequence: the first elements of each sequence backwards, the others as they stand.
// SPDX-License-Identifier: Apache-2.0
//
// in is [outer][batch][mid][sequence][inner], or [outer][sequence][mid][batch][inner] where batch_first is 0, inner
// counting bytes. Element s of the sequence of batch b is in's element s < length[b] ? length[b] - 1 - s : s. A length
// that is not in 0 .. sequence is a fault: nothing is written.
//
// slots    in, length [batch], out
// types    u8 (any type), s32 | s64, u8
// numerics exact
#ifndef SINTER_KERNELS_REVERSE_SEQUENCE_OP_H_
#define SINTER_KERNELS_REVERSE_SEQUENCE_OP_H_

#include "core/row.h"

namespace sinter {

// clang-format off
#define SINTER_REVERSE_SEQUENCE_FIELDS(F) \
  F(i32, outer, RUN) F(i32, batch, RUN) F(i32, sequence, RUN) F(i32, mid, RUN) F(i32, inner_bytes, RUN) \
  F(i32, batch_first, RUN) /* 0 or 1 */
// clang-format on
SINTER_PARAMS(ReverseSequenceParams, SINTER_REVERSE_SEQUENCE_FIELDS);

enum { REVERSE_IN, REVERSE_LENGTH, REVERSE_OUT, REVERSE_SLOTS };

}  // namespace sinter

#endif  // SINTER_KERNELS_REVERSE_SEQUENCE_OP_H_
