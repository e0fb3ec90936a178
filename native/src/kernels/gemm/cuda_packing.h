// Weights as gemm's CUDA kernels read them. Plain C++, shared by the packings and the kernels.
// SPDX-License-Identifier: Apache-2.0
//
// cuda_rows: a header of bias[n'] and scale[n'] (4 bytes each, n' is n rounded up to 256; zeros behind n), then W as n
// rows of row_bytes(k * bytes of a value), a multiple of 64, zeros behind k. Rows start at multiples of 64 bytes as the
// copy engine and 16-byte loads want them; zeros spare the kernels a tail of k.
//
// cuda_2of4: the same header; then for each row the two values kept of each four neighbours in k (in order), each row a
// multiple of 64 bytes; then the places of the kept values, as the threads of a warpgroup hand them to
// wgmma.mma_async.sp: for 128 rows, for each step of 128 bytes of k, for each half of 64 rows: 128 threads x 2 words.
#ifndef SINTER_KERNELS_GEMM_CUDA_PACKING_H_
#define SINTER_KERNELS_GEMM_CUDA_PACKING_H_

#include <stdint.h>

namespace sinter {

static inline int64_t cuda_round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
static inline int64_t cuda_header_columns(int64_t n) {
  return cuda_round_up(n, 256);
}
static inline int64_t cuda_header_bytes(int64_t n) {
  return 8 * cuda_header_columns(n);
}
static inline int64_t cuda_row_bytes(int64_t k, int64_t value_bytes) {
  return cuda_round_up(k * value_bytes, 64);
}
static inline int64_t cuda_rows_bytes(int64_t n, int64_t k, int64_t value_bytes) {
  return cuda_header_bytes(n) + n * cuda_row_bytes(k, value_bytes);
}

// Rows of int8 made bfloat16 as they stand.
static inline int64_t cuda_wide_bytes(int64_t n, int64_t k) {
  return n * 2 * cuda_row_bytes(k, 1);
}

// Steps of 128 bytes along k, of the dense weights.
static inline int64_t cuda_2of4_steps(int64_t k, int64_t value_bytes) {
  return (k * value_bytes + 127) / 128;
}
static inline int64_t cuda_2of4_row_bytes(int64_t k, int64_t value_bytes) {
  return 64 * cuda_2of4_steps(k, value_bytes);
}
enum { CUDA_2OF4_PLACES = 2048 };  // bytes of places for 128 rows and one step
static inline int64_t cuda_2of4_places_offset(int64_t n, int64_t k, int64_t value_bytes) {
  return cuda_header_bytes(n) + cuda_round_up(n * cuda_2of4_row_bytes(k, value_bytes), 256);
}
static inline int64_t cuda_2of4_bytes(int64_t n, int64_t k, int64_t value_bytes) {
  return cuda_2of4_places_offset(n, k, value_bytes) +
         (n + 127) / 128 * cuda_2of4_steps(k, value_bytes) * CUDA_2OF4_PLACES;
}

// Where the two bits of kept value `kept` (0 or 1) of the group of four at (row, 4 * group) stand among the places:
// the index of a word, and the shift in it. `row` within 128 rows, `group` within one step.
struct CudaPlace {
  int word, shift;
};
static inline CudaPlace cuda_2of4_place(int row, int group, int kept, int value_bytes) {
  const int half = row / 64, warp = row % 64 / 16, eighth = row % 16 / 8, lane = row % 8 * 4;
  // A product takes 64 values of k of one byte, 32 of two: 16 or 8 groups.
  const int per_product = value_bytes == 1 ? 16 : 8, product = group / per_product, within = group % per_product;
  int thread, shift;
  if (value_bytes == 1) {
    // Lanes 0, 1 of four: k 0..31 of rows r, r + 8; lanes 2, 3: k 32..63.
    thread = warp * 32 + lane + eighth + within / 8 * 2;
    shift = within % 8 * 4;
  } else {
    // Lane 0 of four: k 0..15, lane 1: k 16..31; row r in the lower half of the word, r + 8 in the upper one. Lanes 2
    // and 3 are not asked with selector 0; they hold the same.
    thread = warp * 32 + lane + within / 4;
    shift = eighth * 16 + within % 4 * 4;
  }
  return {half * 256 + thread * 2 + product, shift + kept * 2};
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_PACKING_H_
