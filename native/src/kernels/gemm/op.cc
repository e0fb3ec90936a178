// The contract of gemm: fields, slots, what sizes its slots need.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/op.h"

#include "core/checked.h"
#include "core/element.h"
#include "core/status.h"
#include "kernels/gemm/dynamic.h"

namespace sinter {
namespace {

typedef GemmParams P;
const Field fields[] = {SINTER_GEMM_FIELDS(SINTER_FIELD_ENTRY)};
const SlotDef slots[] = {{"a", SLOT_IN}, {"weights", SLOT_WEIGHTS}, {"c", SLOT_OUT}};

// Bytes of `rows` rows of `columns` elements, `stride` elements apart; or the same in quads, where
// `stride` counts pixels. -1: overflow.
int64_t matrix_bytes(Layout layout, int64_t rows, int64_t columns, int64_t stride, int64_t element) {
  if (rows == 0) return 0;
  if (layout == PLANAR_QUADS) return ((columns + 3) / 4 - 1) * stride * 4 + rows * 4;
  const int64_t gaps = checked_product<3>({rows - 1, stride, element});
  return gaps < 0 ? -1 : gaps + columns * element;
}

int32_t lowest_of(DataType type) {
  return type == U8 ? 0 : type == S16 ? -32768 : -128;
}

sinter_status check(const void* params, const RowDef* row, int64_t* slot_bytes) {
  const P& p = *static_cast<const P*>(params);
  if (p.m < 0 || p.n < 1 || p.k < 1) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: m %d, n %d, k %d; m must be >= 0, n and k >= 1", p.m, p.n, p.k);
  }
  const DataType type = row->types[GEMM_A], out = row->types[GEMM_C];
  if (type == S8 || type == U8) {
    const int32_t low = lowest_of(type), high = low + 255;
    // 2^31 / (255 * 128) or 2^31 / (255 * 255): the largest sum of products is still exact.
    const int32_t most = type == S8 ? 65536 : 33025;
    if (p.k > most) {
      return fail(SINTER_INVALID_ARGUMENT, "gemm: k %d is over %d: int32 sums might overflow", p.k, most);
    }
    if (p.a_zero_point < low || p.a_zero_point > high) {
      return fail(SINTER_INVALID_ARGUMENT, "gemm: a_zero_point %d is not in %d..%d", p.a_zero_point, low, high);
    }
  }
  if (type == U8 ? p.w_zero_point < 0 || p.w_zero_point > 255 : p.w_zero_point != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: w_zero_point %d", p.w_zero_point);
  }
  const bool integers = type == F32 && (row->types[GEMM_WEIGHTS] == S8 || row->types[GEMM_WEIGHTS] == S4);
  if (integers && p.dynamic < WEIGHT_ONLY && p.k > 65536) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: k %d is over 65536: int32 sums might overflow", p.k);
  }
  if (p.requantization < 0 || p.requantization > (type == S16 ? 3 : 0)) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: requantization %d", p.requantization);
  }
  // Activations in bfloat16 leave no choice, but may say so.
  const bool short_by_s8 = type == BF16 && row->types[GEMM_WEIGHTS] == S8 && p.dynamic == WEIGHT_ONLY_BF16;
  if (!short_by_s8 && (p.dynamic < 0 || p.dynamic > (integers ? WEIGHT_ONLY_BF16 : 0))) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: dynamic %d", p.dynamic);
  }
  const bool blocks = integers && (p.dynamic == DYNAMIC_DELEGATE || p.dynamic >= WEIGHT_ONLY);
  if (p.block < 0 || (p.block > 0 && (!blocks || p.k % p.block != 0))) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: blocks of %d for k %d", p.block, p.k);
  }
  if (p.pattern != GEMM_PATTERN_NONE && p.pattern != GEMM_PATTERN_2OF4) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: pattern %d", p.pattern);
  }
  // 2^40 products of 2^22 fit 64 bits; sizes stay far below.
  if (type == S16 && (p.a_zero_point != 0 || p.out_zero_point != 0 || p.k > INT32_MAX / 8)) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: int16 with zero points %d, %d and k %d", p.a_zero_point,
                p.out_zero_point, p.k);
  }
  if (out == S8 || out == U8 || out == S16) {
    const int32_t low = lowest_of(out), high = out == S16 ? 32767 : low + 255;
    if (p.out_zero_point < low || p.out_zero_point > high) {
      return fail(SINTER_INVALID_ARGUMENT, "gemm: out_zero_point %d is not in %d..%d", p.out_zero_point, low, high);
    }
    if (p.out_min < low || p.out_max > high || p.out_min > p.out_max) {
      return fail(SINTER_INVALID_ARGUMENT, "gemm: out_min %d, out_max %d", p.out_min, p.out_max);
    }
  }
  if ((out == F32 || out == BF16) && !(p.act_min <= p.act_max)) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: act_min %g, act_max %g", p.act_min, p.act_max);
  }
  const int64_t need_lda = row->layout_in == PLANAR_QUADS ? p.m : p.k;
  const int64_t need_ldc = row->layout_out == PLANAR_QUADS ? p.m : p.n;
  if (p.lda < need_lda || p.ldc < need_ldc) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: lda %d, ldc %d for m %d, n %d, k %d", p.lda, p.ldc, p.m, p.n, p.k);
  }
  slot_bytes[GEMM_A] = matrix_bytes(row->layout_in, p.m, p.k, p.lda, element_bytes(type));
  slot_bytes[GEMM_WEIGHTS] = 0;
  slot_bytes[GEMM_C] = matrix_bytes(row->layout_out, p.m, p.n, p.ldc, element_bytes(out));
  if (slot_bytes[GEMM_A] < 0 || slot_bytes[GEMM_C] < 0) return fail(SINTER_INVALID_ARGUMENT, "gemm: sizes overflow");
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
const OpDef gemm_op = {"gemm", fields, sizeof fields / sizeof fields[0], sizeof(P), slots, GEMM_SLOTS, check};

}  // namespace sinter
