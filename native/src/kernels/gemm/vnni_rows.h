// What the int8 micro-kernels of VNNI share, whatever their vectors: rows of activations, loops that are unrolled.
// Internal linkage: for files that are built for one ISA.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_VNNI_ROWS_H_
#define SINTER_KERNELS_GEMM_VNNI_ROWS_H_

#include <stdint.h>

namespace sinter {
namespace {

#if defined(SINTER_EMULATED)
// Emulated instructions are long: inlined, they take minutes to build.
#define SINTER_ONE_INSTRUCTION __attribute__((noinline, unused))
#define SINTER_VNNI_INLINE inline
#define SINTER_VNNI_LAMBDA
#else
#define SINTER_ONE_INSTRUCTION inline
#define SINTER_VNNI_INLINE inline __attribute__((always_inline))
#define SINTER_VNNI_LAMBDA __attribute__((always_inline))
#endif

// Constants of 16 columns in front of a tile's weights: bias, scale, bias for activations that are not moved.
constexpr int64_t vnni_header_bytes = 3 * 64;

// More weights than a usual L2 holds.
constexpr int64_t FAR_BYTES = 1280 * 1024;

// Rows of activations. A row's values of k are `runs` runs of 4 * groups bytes, `pitch` bytes apart.
struct VnniRows {
  const uint8_t* a;
  int64_t rows, stride;  // bytes from row to row
  int64_t runs, pitch, groups;
  const int32_t* lacking;  // per row: what its sums lack; null: nothing
  // Where the weights of the tile after this one stand, to be brought nearer meanwhile; null: nowhere.
  const char* next = nullptr;
  bool far = false;  // weights come from beyond L2
};

// How a sum becomes a float: dynamic_result of dynamic.h.
enum DynamicResult { FUSED, ROUNDED, FOLDED };

template <int N>
struct VnniConstant {
  static constexpr int value = N;
  constexpr operator int() const {
    return N;
  }
};

// f(0) .. f(N - 1), each with its argument as a constant.
template <int N, int I = 0, class F>
SINTER_VNNI_INLINE void vnni_repeat(const F& f) {
  if constexpr (I < N) {
    f(VnniConstant<I>());
    vnni_repeat<N, I + 1>(f);
  }
}

// f with a number, 1..MOST, as a constant; other numbers: nothing.
template <int MOST, int I = 1, class F>
SINTER_VNNI_INLINE void with_number(int64_t number, const F& f) {
  if constexpr (I <= MOST) {
    if (number == I) return f(VnniConstant<I>());
    with_number<MOST, I + 1>(number, f);
  }
}
// Of rows, and of vectors of a tile.
template <int MOST, class F>
SINTER_VNNI_INLINE void with_vnni_rows(int64_t rows, const F& f) {
  with_number<MOST>(rows, f);
}
template <class F>
SINTER_VNNI_INLINE void with_vectors(int64_t vectors, const F& f) {
  with_number<4>(vectors, f);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_VNNI_ROWS_H_
