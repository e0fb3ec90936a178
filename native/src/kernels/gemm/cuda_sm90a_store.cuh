// How the sums of gemm_tiles (cuda_sm90a_tile.cuh) reach C, and the forms and tasks that both speak of.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_CUDA_SM90A_STORE_CUH_
#define SINTER_KERNELS_GEMM_CUDA_SM90A_STORE_CUH_

#include <cuda_runtime.h>

#include "kernels/gemm/cuda_epilogue.cuh"
#include "kernels/gemm/cuda_hopper.cuh"
#include "kernels/gemm/cuda_packing.h"

namespace sinter {
namespace {

// Everything a launch hands over besides the tensor maps.
struct TileTask {
  int32_t rows, columns;            // extents of the instruction's operands
  int32_t steps;                    // of 128 bytes along k
  int32_t row_tiles, column_tiles;  // row_tiles: of one cluster's rows
  int32_t group;                    // so many row tiles side by side share columns in L2
  const void* bias;                 // [n'], of 4 bytes
  const float* scale;               // [n']
  const uint32_t* places;           // sparse
  void* c;
  int64_t ldc;
  int32_t wide;  // C and ldc allow for vector stores
  Bounds bounds;
};

// Sum: int32_t (int8 operands) or float (bfloat16 operands).
template <class SumType, class ToType, bool is_sparse, int tile_columns, int cluster_blocks, bool take_turns = false>
struct TileForm {
  typedef SumType Sum;
  typedef ToType To;
  static constexpr bool sparse = is_sparse, turns = take_turns;
  static constexpr int rows = 128, columns = tile_columns, cluster = cluster_blocks;
  static constexpr int part = columns / cluster;  // what one block fetches of the columns
  static constexpr int row_bytes = sparse ? 64 : 128;
  static constexpr int row_tile = rows * row_bytes, column_tile = columns * 128;
  static constexpr int places = sparse ? CUDA_2OF4_PLACES : 0;
  static constexpr int stage = row_tile + column_tile + places;
  // Results of one byte, transposed, are put together there, in turns: 64 bytes of n for each of 64 columns.
  static constexpr int staged_columns = 64, staged_part = staged_columns * 64;
  static constexpr int staged = sparse && sizeof(typename To::Out) == 1 ? 2 * staged_part : 0;
  static constexpr int room = (227 * 1024 - 512 - 2 * staged) / stage;
  static constexpr int stages = room > 8 ? 8 : room;
  static constexpr int shared_bytes = stages * stage + 2 * staged + 16 * stages + 16;
  static constexpr int threads = 384;
  static constexpr int halves = turns ? 2 : 1;  // of 64 rows, that one warpgroup multiplies
  static_assert(!(sparse && turns), "places are read for 64 rows");
  static_assert(stage % 1024 == 0, "tiles start at multiples of 1024 bytes");
};

// ---- stores -----------------------------------------------------------------------------------------
// d[4 j + 0, 1]: row `lane / 4` of the warp's 16, columns 8 j + 2 (lane % 4) + 0, 1; d[4 j + 2, 3]: eight rows below.

// Four neighbouring results of 4 bytes in one store: lanes with even and odd numbers exchange halves of two blocks of
// eight columns.
template <class F>
__device__ __forceinline__ void store_wide_4(const typename F::Sum (&d)[F::columns / 2], const TileTask& t, int row,
                                             int column0, int lane) {
  typedef typename F::To::Out Out;
  typedef typename F::To::Bias Bias;
  const int q = lane % 4;
  const bool odd = q % 2;
  Out* c = static_cast<Out*>(t.c);
#pragma unroll
  for (int j = 0; j < F::columns / 8; j += 2) {
    const int at = column0 + 8 * j + 2 * q;
    const Bias* bias = static_cast<const Bias*>(t.bias) + at;
    Bias b[4] = {__ldg(bias), __ldg(bias + 1), __ldg(bias + 8), __ldg(bias + 9)};
    float s[4] = {0, 0, 0, 0};
    if (F::To::scaled) {
      const float* scale = t.scale + at;
      s[0] = __ldg(scale), s[1] = __ldg(scale + 1), s[2] = __ldg(scale + 8), s[3] = __ldg(scale + 9);
    }
    const int column = column0 + 8 * j + (odd ? 8 : 0) + 4 * (q / 2);
#pragma unroll
    for (int below = 0; below < 2; below++) {
      Out v[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        v[i] = F::To::value(d[4 * (j + i / 2) + 2 * below + i % 2], b[i], s[i], t.bounds);
      }
      const Out away0 = odd ? v[0] : v[2], away1 = odd ? v[1] : v[3];
      const Out come0 = __shfl_xor_sync(0xffffffff, away0, 1), come1 = __shfl_xor_sync(0xffffffff, away1, 1);
      const Out out[4] = {odd ? come0 : v[0], odd ? come1 : v[1], odd ? v[2] : come0, odd ? v[3] : come1};
      const int r = row + 8 * below;
      if (r < t.rows && column < t.columns) {
        Out* to = c + r * t.ldc + column;
        if (column + 4 <= t.columns) {
          *reinterpret_cast<int4*>(to) = *reinterpret_cast<const int4*>(out);
        } else {
#pragma unroll
          for (int i = 0; i < 3; i++) {
            if (column + i < t.columns) to[i] = out[i];
          }
        }
      }
    }
  }
}

// Four sums of bytes.
__device__ __forceinline__ uint32_t add_bytes(uint32_t a, uint32_t b) {
  return ((a & 0x7f7f7f7f) + (b & 0x7f7f7f7f)) ^ ((a ^ b) & 0x80808080);
}

// Eight neighbouring results of one byte in one store: the four lanes of a row exchange so that each has a block.
template <class F>
__device__ __forceinline__ void store_wide_1(const typename F::Sum (&d)[F::columns / 2], const TileTask& t, int row,
                                             int column0, int lane) {
  const int q = lane % 4;
  int8_t* c = static_cast<int8_t*>(t.c);
  const float lowest = ToS8::lowest(t.bounds), highest = ToS8::highest(t.bounds);
  const uint32_t zero_points = (t.bounds.zero_point & 0xff) * 0x01010101u;
#pragma unroll
  for (int j = 0; j < F::columns / 8; j += 4) {
    uint32_t pair[2][4];  // below, block: two results less the zero point
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int at = column0 + 8 * (j + i) + 2 * q;
      const int2 b = __ldg(reinterpret_cast<const int2*>(static_cast<const int32_t*>(t.bias) + at));
      const float2 s = __ldg(reinterpret_cast<const float2*>(t.scale + at));
#pragma unroll
      for (int below = 0; below < 2; below++) {
        pair[below][i] = __byte_perm(ToS8::bits(d[4 * (j + i) + 2 * below], b.x, s.x, lowest, highest),
                                     ToS8::bits(d[4 * (j + i) + 2 * below + 1], b.y, s.y, lowest, highest), 0x0040);
      }
    }
#pragma unroll
    for (int below = 0; below < 2; below++) {
      // Words of two blocks; lanes two apart, then one apart, exchange what the other one will store.
      const uint32_t w01 = add_bytes(__byte_perm(pair[below][0], pair[below][1], 0x5410), zero_points),
                     w23 = add_bytes(__byte_perm(pair[below][2], pair[below][3], 0x5410), zero_points);
      const bool upper = q / 2;
      const uint32_t mine = upper ? w23 : w01;
      const uint32_t come = __shfl_xor_sync(0xffffffff, upper ? w01 : w23, 2);
      // Of blocks 2 (q / 2) + 0, 1: `near` from lane q % 2, `far` from lane q % 2 + 2 of the four.
      const uint32_t near = upper ? come : mine, far = upper ? mine : come;
      const bool odd = q % 2;
      const uint32_t keep = odd ? __byte_perm(near, far, 0x7632) : __byte_perm(near, far, 0x5410);
      const uint32_t send = odd ? __byte_perm(near, far, 0x5410) : __byte_perm(near, far, 0x7632);
      const uint32_t got = __shfl_xor_sync(0xffffffff, send, 1);
      // keep: columns of lanes q % 2 and q % 2 + 2 of my block; got: those of the other two.
      const uint32_t even_lanes = odd ? got : keep, odd_lanes = odd ? keep : got;
      const uint32_t lo = __byte_perm(even_lanes, odd_lanes, 0x5410), hi = __byte_perm(even_lanes, odd_lanes, 0x7632);
      const int r = row + 8 * below, column = column0 + 8 * (j + q);
      if (r < t.rows && column < t.columns) {
        int8_t* to = c + r * t.ldc + column;
        if (column + 8 <= t.columns) {
          *reinterpret_cast<uint2*>(to) = make_uint2(lo, hi);
        } else {
          const uint64_t all = lo | static_cast<uint64_t>(hi) << 32;
          for (int i = 0; column + i < t.columns; i++) to[i] = static_cast<int8_t>(all >> 8 * i);
        }
      }
    }
  }
}

// Any alignment.
template <class F>
__device__ __forceinline__ void store_single(const typename F::Sum (&d)[F::columns / 2], const TileTask& t, int row,
                                             int column0, int lane) {
  typedef typename F::To::Bias Bias;
  typename F::To::Out* c = static_cast<typename F::To::Out*>(t.c);
#pragma unroll
  for (int j = 0; j < F::columns / 8; j++) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const int column = column0 + 8 * j + 2 * (lane % 4) + i;
      if (column < t.columns) {
        const Bias bias = __ldg(static_cast<const Bias*>(t.bias) + column);
        const float scale = F::To::scaled ? __ldg(t.scale + column) : 0.0f;
        if (row < t.rows) c[row * t.ldc + column] = F::To::value(d[4 * j + i], bias, scale, t.bounds);
        if (row + 8 < t.rows) c[(row + 8) * t.ldc + column] = F::To::value(d[4 * j + 2 + i], bias, scale, t.bounds);
      }
    }
  }
}

// Transposed: the instruction's row is a column of C. The eight lanes with the same lane % 4 hold eight neighbours.
template <class F>
__device__ __forceinline__ void store_transposed(const typename F::Sum (&d)[F::columns / 2], const TileTask& t, int row,
                                                 int column0, int lane) {
  typedef typename F::To::Out Out;
  typedef typename F::To::Bias Bias;
  Out* c = static_cast<Out*>(t.c);
  Bias bias[2] = {};
  float scale[2] = {};
#pragma unroll
  for (int below = 0; below < 2; below++) {
    if (row + 8 * below < t.rows) {
      bias[below] = __ldg(static_cast<const Bias*>(t.bias) + row + 8 * below);
      if (F::To::scaled) scale[below] = __ldg(t.scale + row + 8 * below);
    }
  }
#pragma unroll
  for (int j = 0; j < F::columns / 8; j++) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const int column = column0 + 8 * j + 2 * (lane % 4) + i;
      if (column < t.columns) {
#pragma unroll
        for (int below = 0; below < 2; below++) {
          if (row + 8 * below < t.rows) {
            c[column * t.ldc + row + 8 * below] =
                F::To::value(d[4 * j + 2 * below + i], bias[below], scale[below], t.bounds);
          }
        }
      }
    }
  }
}

// Transposed results of one byte by way of shared memory. `row`, `first_row` count within C's columns: this thread's,
// and the first of the warpgroup's.
template <class F>
__device__ __forceinline__ void store_staged(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                             const CUtensorMap* map, uint32_t staging, int row, int first_row,
                                             int column0, int group) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4, q = lane % 4;
  const bool issues = threadIdx.x % 128 == 0;
  const int bit0 = lane >> 2 & 1, bit1 = lane >> 3 & 1;
  const float lowest = ToS8::lowest(t.bounds), highest = ToS8::highest(t.bounds);
  const uint32_t zero_points = (t.bounds.zero_point & 0xff) * 0x01010101u;
  int32_t bias[2] = {0, 0};
  float scale[2] = {0, 0};
#pragma unroll
  for (int below = 0; below < 2; below++) {
    if (row + 8 * below < t.rows) {
      bias[below] = __ldg(static_cast<const int32_t*>(t.bias) + row + 8 * below);
      scale[below] = __ldg(t.scale + row + 8 * below);
    }
  }
#pragma unroll
  for (int part = 0; part < F::columns / F::staged_columns; part++) {
    const uint32_t here = staging + part % 2 * F::staged_part;
    if (issues) stores_read<1>();  // this half's last box
    group_sync<128>(1 + group);
#pragma unroll
    for (int b = 0; b < F::staged_columns / 8; b += 2) {
      const int j = part * (F::staged_columns / 8) + b;
#pragma unroll
      for (int below = 0; below < 2; below++) {
        uint32_t v[4];
#pragma unroll
        for (int i = 0; i < 4; i++) {
          v[i] = ToS8::bits(d[4 * (j + i / 2) + 2 * below + i % 2], bias[below], scale[below], lowest, highest);
        }
        // Four columns of one row; lanes 8 and 4 apart exchange until each has four rows of one column.
        uint32_t word = add_bytes(__byte_perm(__byte_perm(v[0], v[1], 0x0040), __byte_perm(v[2], v[3], 0x0040), 0x5410),
                                  zero_points);
        uint32_t other = __shfl_xor_sync(0xffffffff, word, 8);
        word = bit1 ? __byte_perm(other, word, 0x7632) : __byte_perm(word, other, 0x5410);
        other = __shfl_xor_sync(0xffffffff, word, 4);
        word = bit0 ? __byte_perm(other, word, 0x7351) : __byte_perm(word, other, 0x6240);
        const int column = 8 * (b + bit1) + 2 * q + bit0;
        const uint32_t at = here + column * 64 + (warp ^ (column >> 1 & 3)) * 16 + below * 8 + (lane >> 4) * 4;
        asm volatile("st.shared.u32 [%0], %1;" ::"r"(at), "r"(word) : "memory");
      }
    }
    store_fence();
    group_sync<128>(1 + group);
    if (issues) store_box(map, first_row, column0 + part * F::staged_columns, here);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_SM90A_STORE_CUH_
