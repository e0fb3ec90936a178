// Where the left operand's rows of k come from: a matrix, or the windows of an image (an implicit im2col).
// SPDX-License-Identifier: Apache-2.0
//
// A tile of the operand is kept in shared memory as rows of 64 bytes along k. A source brings 16 bytes of one row, by
// asynchronous copies of `vector` bytes where addresses allow them and through registers where they do not. Bytes past
// the end of k become 0; pixels outside of an image become what stands for 0.
#ifndef SINTER_KERNELS_GEMM_CUDA_SOURCE_CUH_
#define SINTER_KERNELS_GEMM_CUDA_SOURCE_CUH_

#include <stdint.h>

#include "cuda/index.cuh"
#include "kernels/gemm/bf16.h"

namespace sinter {
namespace {

// Copies `vector` bytes, of which the first `bytes` are read and the others are 0.
template <int vector>
__device__ inline void copy_async(uint32_t shared, const void* global, int bytes) {
  if constexpr (vector == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(shared), "l"(global), "r"(bytes));
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %3, %2;\n" ::"r"(shared), "l"(global), "r"(bytes), "n"(vector));
  }
}

__device__ inline void store_shared(uint32_t shared, uint4 v) {
  asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};\n" ::"r"(shared), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w));
}

__device__ inline int clamp_bytes(int bytes, int most) {
  return bytes < 0 ? 0 : bytes > most ? most : bytes;
}

// ---- where byte `at` of a row is --------------------------------------------------------------------------

// Rows of a matrix, `pitch` bytes apart.
struct MatrixPlaces {
  const char* data;
  int64_t pitch;
  int rows, k_bytes;  // in the operand's own element type

  struct Row {
    const char* base;  // null: past the last row
  };
  __device__ Row row(int index, int) const {
    return {index < rows ? data + index * pitch : nullptr};
  }
  // Null: the value of nothing.
  __device__ const char* find(const Row& row, int at) const {
    return row.base + at;
  }
  __device__ bool exists(const Row& row) const {
    return row.base != nullptr;
  }
};

// The windows of images [batch][in_h][in_w][in_c]: k counts kernel_h x kernel_w taps of a group's channels.
struct WindowPlaces {
  const char* data;
  int rows, k_bytes;
  Divisor out_pixels, out_w;  // of one image, of one line
  Divisor tap_bytes, kernel_w;
  int in_h, in_w, pixel_bytes, group_bytes;
  int stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;

  struct Row {
    const char* image;
    int y, x;
  };
  __device__ Row row(int index, int group) const {
    if (index >= rows) return {nullptr, 0, 0};
    const uint32_t image = out_pixels.divide(static_cast<uint32_t>(index));
    const uint32_t pixel = static_cast<uint32_t>(index) - image * out_pixels.d;
    const uint32_t y = out_w.divide(pixel), x = pixel - y * out_w.d;
    return {data + int64_t{image} * in_h * in_w * pixel_bytes + int64_t{group} * group_bytes,
            static_cast<int>(y) * stride_h - pad_top, static_cast<int>(x) * stride_w - pad_left};
  }
  __device__ const char* find(const Row& row, int at) const {
    const uint32_t tap = tap_bytes.divide(static_cast<uint32_t>(at));
    const uint32_t i = kernel_w.divide(tap), j = tap - i * kernel_w.d;
    const int y = row.y + static_cast<int>(i) * dilation_h, x = row.x + static_cast<int>(j) * dilation_w;
    if (static_cast<unsigned>(y) >= static_cast<unsigned>(in_h) ||
        static_cast<unsigned>(x) >= static_cast<unsigned>(in_w)) {
      return nullptr;
    }
    return row.image + (int64_t{y} * in_w + x) * pixel_bytes + (at - static_cast<int>(tap * tap_bytes.d));
  }
  __device__ bool exists(const Row& row) const {
    return row.image != nullptr;
  }
};

// ---- how they get to shared memory ----------------------------------------------------------------------------

// As they are. vector: 16, 8, 4, or 1 for bytes through registers. `fill`: 16 bytes of what stands for 0.
template <class Places, int vector>
struct PlainSource {
  Places places;
  const char* fill;
  typedef typename Places::Row Row;

  __device__ Row row(int index, int group) const {
    return places.row(index, group);
  }
  __device__ void load(const Row& row, int at, uint32_t shared) const {
    const bool exists = places.exists(row);
    if constexpr (vector >= 4) {
#pragma unroll
      for (int piece = 0; piece < 16; piece += vector) {
        const int bytes = exists ? clamp_bytes(places.k_bytes - at - piece, vector) : 0;
        const char* from = bytes > 0 ? places.find(row, at + piece) : nullptr;
        copy_async<vector>(shared + piece, from ? from : fill, bytes);
      }
    } else {
      uint32_t words[4] = {};
#pragma unroll
      for (int byte = 0; byte < 16; byte++) {
        if (!exists || at + byte >= places.k_bytes) continue;
        const char* from = places.find(row, at + byte);
        words[byte / 4] |= static_cast<uint32_t>(static_cast<uint8_t>(*(from ? from : fill))) << byte % 4 * 8;
      }
      store_shared(shared, make_uint4(words[0], words[1], words[2], words[3]));
    }
  }
};

// Floats, rounded to bfloat16 on the way: 16 bytes of the tile are 8 values. vector: 16 or 4 bytes of floats.
template <class Places, int vector>
struct RoundingSource {
  Places places;  // in bytes of floats
  const char* fill;
  typedef typename Places::Row Row;

  __device__ Row row(int index, int group) const {
    return places.row(index, group);
  }
  __device__ void load(const Row& row, int at, uint32_t shared) const {
    float values[8] = {};
    if (places.exists(row)) {
#pragma unroll
      for (int piece = 0; piece < 32; piece += vector) {
        const int byte = at * 2 + piece;
        // With vectors of 16 bytes k is a multiple of them.
        const char* from = byte < places.k_bytes ? places.find(row, byte) : nullptr;
        if (!from) continue;
        if constexpr (vector == 16) {
          *reinterpret_cast<float4*>(values + piece / 4) = *reinterpret_cast<const float4*>(from);
        } else {
          values[piece / 4] = *reinterpret_cast<const float*>(from);
        }
      }
    }
    uint32_t words[4];
#pragma unroll
    for (int w = 0; w < 4; w++)
      words[w] = bf16_from_float(values[2 * w]) | static_cast<uint32_t>(bf16_from_float(values[2 * w + 1])) << 16;
    store_shared(shared, make_uint4(words[0], words[1], words[2], words[3]));
  }
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_SOURCE_CUH_
