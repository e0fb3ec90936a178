// Moving elements of any size: the largest pieces that alignment, sizes and strides allow.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CUDA_BYTES_CUH_
#define SINTER_CUDA_BYTES_CUH_

#include <stdint.h>

namespace sinter {
namespace {

template <int bytes>
struct alignas(bytes) Piece {
  char byte[bytes];
};
template <>
struct alignas(2) Piece<2> {
  uint16_t value;
};
template <>
struct alignas(4) Piece<4> {
  uint32_t value;
};
template <>
struct alignas(8) Piece<8> {
  uint32_t value[2];
};
template <>
struct alignas(16) Piece<16> {
  uint32_t value[4];
};

// The largest of 16, 8, 4, 2, 1 that divides all that `take` was given.
class PieceSize {
 public:
  PieceSize& take(int64_t bytes) {
    bits_ |= static_cast<uint64_t>(bytes < 0 ? -bytes : bytes);
    return *this;
  }
  PieceSize& take(const void* address) {
    bits_ |= reinterpret_cast<uintptr_t>(address);
    return *this;
  }
  int bytes() const {
    int size = 16;
    while (bits_ % static_cast<unsigned>(size) != 0) size /= 2;
    return size;
  }

 private:
  uint64_t bits_ = 0;
};

// f(Piece<bytes>()) for one of the sizes.
template <class F>
void with_piece(int bytes, const F& f) {
  switch (bytes) {
    case 16:
      return f(Piece<16>());
    case 8:
      return f(Piece<8>());
    case 4:
      return f(Piece<4>());
    case 2:
      return f(Piece<2>());
    default:
      return f(Piece<1>());
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_CUDA_BYTES_CUH_
