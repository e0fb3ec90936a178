// The contract of batch_matmul: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/batch_matmul/op.h"

#include <math.h>

#include "core/checked.h"
#include "core/status.h"
#include "kernels/gemm/dynamic.h"

namespace sinter {
namespace {

typedef BatchMatmulParams P;
const Field fields[] = {SINTER_BATCH_MATMUL_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"a", SLOT_IN}, {"b", SLOT_IN}, {"c", SLOT_OUT}};

// Bytes from the first element of an operand to its last; -1: overflow. No batch dimension is 0.
int64_t operand_bytes(const int32_t* batch, const int32_t* step, int64_t matrix, int64_t element) {
  int64_t elements = matrix;
  for (int i = 0; i < 3; i++) {
    const int64_t part = checked_product<2>({batch[i] - 1, step[i]});
    if (part < 0 || __builtin_add_overflow(elements, part, &elements)) return -1;
  }
  return checked_product<2>({elements, element});
}

// Elements from the first of `lines` lines of `width` elements, `pitch` (0: width) apart, to the last; -1: overflow.
int64_t matrix_elements(int64_t lines, int64_t width, int64_t pitch) {
  const int64_t before = checked_product<2>({lines - 1, pitch == 0 ? width : pitch});
  int64_t all;
  return before < 0 || __builtin_add_overflow(before, width, &all) ? -1 : all;
}

sinter_status check_rows(const P& p) {
  const struct {
    int32_t row, least;
  } pitches[] = {{p.a_row, p.transpose_a ? p.m : p.k}, {p.b_row, p.transpose_b ? p.k : p.n}, {p.c_row, p.n}};
  for (const auto& pitch : pitches) {
    if (pitch.row != 0 && pitch.row < pitch.least) {
      return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: rows of %d elements are %d apart", pitch.least, pitch.row);
    }
  }
  if (p.c_batch0 < 0 || p.c_batch1 < 0 || p.c_batch2 < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: steps of the result %d, %d, %d", p.c_batch0, p.c_batch1,
                p.c_batch2);
  }
  return SINTER_OK;
}

sinter_status check_s8(const P& p) {
  // 2^31 / (255 * 255): the largest sum of products is still exact.
  if (p.k > 33025) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: k %d is over 33025: int32 sums might overflow", p.k);
  }
  const int32_t zero_points[] = {p.a_zero_point, p.b_zero_point, p.out_zero_point};
  for (int32_t zero_point : zero_points) {
    if (zero_point < -128 || zero_point > 127) {
      return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: zero point %d is not an int8", zero_point);
    }
  }
  if (!(p.scale >= 0) || isinf(p.scale)) return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: scale %g", p.scale);
  if (p.out_min < -128 || p.out_max > 127 || p.out_min > p.out_max) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: out_min %d, out_max %d", p.out_min, p.out_max);
  }
  return SINTER_OK;
}

sinter_status check_hybrid(const P& p) {
  if (p.k > 65536) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: k %d is over 65536: int32 sums might overflow", p.k);
  }
  if (p.dynamic < 0 || p.dynamic > DYNAMIC_LAST || !(p.scale >= 0) || isinf(p.scale)) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: dynamic %d, scale %g", p.dynamic, p.scale);
  }
  return SINTER_OK;
}

sinter_status check_s16(const P& p) {
  if (p.a_zero_point != 0 || p.b_zero_point != 0 || p.out_zero_point != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: zero points %d, %d, %d of int16", p.a_zero_point,
                p.b_zero_point, p.out_zero_point);
  }
  if (p.scale_multiplier < 0 || p.scale_shift < -31 || p.scale_shift > 14) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: scale_multiplier %d, scale_shift %d", p.scale_multiplier,
                p.scale_shift);
  }
  if (p.out_min < -32768 || p.out_max > 32767 || p.out_min > p.out_max) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: out_min %d, out_max %d", p.out_min, p.out_max);
  }
  return SINTER_OK;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.m < 0 || p.n < 1 || p.k < 1) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: m %d, n %d, k %d; m must be >= 0, n and k >= 1", p.m, p.n, p.k);
  }
  const int32_t batch[] = {p.batch0, p.batch1, p.batch2};
  const int32_t a_step[] = {p.a_batch0, p.a_batch1, p.a_batch2}, b_step[] = {p.b_batch0, p.b_batch1, p.b_batch2};
  bool empty = p.m == 0;
  for (int i = 0; i < 3; i++) {
    if (batch[i] < 0 || a_step[i] < 0 || b_step[i] < 0) {
      return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: batch dimension %d is %d, its steps %d and %d", i, batch[i],
                  a_step[i], b_step[i]);
    }
    empty = empty || batch[i] == 0;
  }
  if ((p.transpose_a | p.transpose_b) >> 1 != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: transpose_a %d, transpose_b %d; each must be 0 or 1",
                p.transpose_a, p.transpose_b);
  }
  const sinter_status rows = check_rows(p);
  if (rows != SINTER_OK) return rows;
  if (p.bf16 < 0 || p.bf16 > (row->types[BATCH_MATMUL_B] == F32 ? 1 : 0)) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: bf16 %d", p.bf16);
  }
  const bool int8 = row->types[BATCH_MATMUL_A] == S8;
  if (int8) {
    const sinter_status status = check_s8(p);
    if (status != SINTER_OK) return status;
  }
  const bool int16 = row->types[BATCH_MATMUL_A] == S16;
  if (int16) {
    const sinter_status status = check_s16(p);
    if (status != SINTER_OK) return status;
  }
  if (row->types[BATCH_MATMUL_A] == F32 && row->types[BATCH_MATMUL_B] == S8) {
    const sinter_status status = check_hybrid(p);
    if (status != SINTER_OK) return status;
  } else if (p.dynamic != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: dynamic %d", p.dynamic);
  }
  const int64_t element = int8 ? 1 : int16 ? 2 : 4, b_element = row->types[BATCH_MATMUL_B] == S8 ? 1 : element;
  slot_bytes[BATCH_MATMUL_A] = slot_bytes[BATCH_MATMUL_B] = slot_bytes[BATCH_MATMUL_C] = 0;
  if (checked_product<2>({p.m, p.k}) < 0 || checked_product<2>({p.k, p.n}) < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: sizes overflow");
  }
  if (empty) return SINTER_OK;
  const int64_t a_matrix = p.transpose_a ? matrix_elements(p.k, p.m, p.a_row) : matrix_elements(p.m, p.k, p.a_row);
  const int64_t b_matrix = p.transpose_b ? matrix_elements(p.n, p.k, p.b_row) : matrix_elements(p.k, p.n, p.b_row);
  const int64_t c_matrix = matrix_elements(p.m, p.n, p.c_row);
  if (a_matrix < 0 || b_matrix < 0 || c_matrix < 0) {
    return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: sizes overflow");
  }
  slot_bytes[BATCH_MATMUL_A] = operand_bytes(batch, a_step, a_matrix, element);
  slot_bytes[BATCH_MATMUL_B] = operand_bytes(batch, b_step, b_matrix, b_element);
  const int32_t c_step[] = {p.c_batch0, p.c_batch1, p.c_batch2};
  slot_bytes[BATCH_MATMUL_C] = p.c_row == 0 ? checked_product<6>({p.batch0, p.batch1, p.batch2, p.m, p.n, element})
                                            : operand_bytes(batch, c_step, c_matrix, element);
  for (int i = 0; i < BATCH_MATMUL_SLOTS; i++) {
    if (slot_bytes[i] < 0) return fail(SINTER_INVALID_ARGUMENT, "batch_matmul: sizes overflow");
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef batch_matmul_op;
const OpDef batch_matmul_op = {"batch_matmul",     fields, sizeof fields / sizeof fields[0], sizeof(P), slots,
                               BATCH_MATMUL_SLOTS, check};

}  // namespace sinter
