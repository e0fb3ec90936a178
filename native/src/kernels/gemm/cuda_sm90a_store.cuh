// How the sums of gemm_tiles (cuda_sm90a_tile.cuh) reach C, and the forms and tasks that both speak of.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_CUDA_SM90A_STORE_CUH_
#define SINTER_KERNELS_GEMM_CUDA_SM90A_STORE_CUH_

#include <cuda_runtime.h>
#include <string.h>

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
  // Transposed results are put together there, 64 of n for each of some columns, in two parts by turns.
  static constexpr int staged_part = 4096;
  static constexpr int staged_columns = staged_part / (64 * static_cast<int>(sizeof(typename To::Out)));
  static constexpr int staged = sparse ? 2 * staged_part : 0;
  // What the columns of C bring to their sums, bias and scale, for each warpgroup.
  static constexpr int vectors = sparse ? 0 : (To::scaled ? 8 : 4) * columns;
  static constexpr int apart = 2 * staged + 2 * vectors;
  static constexpr int room = (227 * 1024 - 256 - apart) / stage;
  static constexpr int stages = room > 8 ? 8 : room;
  static constexpr int shared_bytes = stages * stage + apart + 16 * stages + 16;
  static constexpr int threads = 384;
  static constexpr int halves = turns ? 2 : 1;  // of 64 rows, that one warpgroup multiplies
  static_assert(!(sparse && turns), "places are read for 64 rows");
  static_assert(stage % 1024 == 0, "tiles start at multiples of 1024 bytes");
};

// ---- bias and scale ---------------------------------------------------------------------------------
// Dense: those of a tile's columns come to shared memory while its products run; waiting for them one by one costs as
// much as all the rest of storing.

// By the threads of a warpgroup, into `to`. Behind n the header has zeros up to a multiple of 256.
template <class F>
__device__ __forceinline__ void fetch_vectors(uint32_t to, const TileTask& t, int column0) {
  for (int v = threadIdx.x % 128; v < F::vectors / 16; v += 128) {
    const bool is_scale = F::To::scaled && v >= F::columns / 4;
    const char* from = is_scale ? reinterpret_cast<const char*>(t.scale + column0) - 4 * F::columns
                                : static_cast<const char*>(t.bias) + 4 * column0;
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16;" ::"r"(to + 16 * v), "l"(from + 16 * v) : "memory");
  }
}
__device__ __forceinline__ void vectors_wait() {
  asm volatile("cp.async.wait_all;" ::: "memory");
}

// Of one of the tile's columns, or of two neighbours, the first of which is even.
template <class F>
struct ColumnVectors {
  typedef typename F::To::Bias Bias;
  uint32_t at;
  __device__ __forceinline__ void pair(int column, Bias (&bias)[2], float (&scale)[2]) const {
    uint32_t words[2];
    read(at + 4 * column, words);
    memcpy(bias, words, 8);
    if (F::To::scaled) {
      read(at + 4 * F::columns + 4 * column, words);
      memcpy(scale, words, 8);
    }
  }

 private:
  static __device__ __forceinline__ void read(uint32_t from, uint32_t (&words)[2]) {
    asm volatile("ld.shared.v2.u32 {%0, %1}, [%2];" : "=r"(words[0]), "=r"(words[1]) : "r"(from) : "memory");
  }
};

// ---- stores -----------------------------------------------------------------------------------------
// d[4 j + 0, 1]: row `lane / 4` of the warp's 16, columns 8 j + 2 (lane % 4) + 0, 1; d[4 j + 2, 3]: eight rows below.

// Four neighbouring results of 4 bytes in one store: lanes with even and odd numbers exchange halves of two blocks of
// eight columns.
template <class F>
__device__ __forceinline__ void store_wide_4(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                             const ColumnVectors<F>& vectors, int row, int column0, int lane) {
  typedef typename F::To::Out Out;
  typedef typename F::To::Bias Bias;
  const int q = lane % 4;
  const bool odd = q % 2;
  Out* c = static_cast<Out*>(t.c);
#pragma unroll
  for (int j = 0; j < F::columns / 8; j += 2) {
    Bias b[2][2];
    float s[2][2] = {};
    vectors.pair(8 * j + 2 * q, b[0], s[0]);
    vectors.pair(8 * j + 8 + 2 * q, b[1], s[1]);
    const int column = column0 + 8 * j + (odd ? 8 : 0) + 4 * (q / 2);
#pragma unroll
    for (int below = 0; below < 2; below++) {
      Out v[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        v[i] = F::To::value(d[4 * (j + i / 2) + 2 * below + i % 2], b[i / 2][i % 2], s[i / 2][i % 2], t.bounds);
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
__device__ __forceinline__ void store_wide_1(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                             const ColumnVectors<F>& vectors, int row, int column0, int lane) {
  const int q = lane % 4;
  int8_t* c = static_cast<int8_t*>(t.c);
  const float lowest = ToS8::lowest(t.bounds), highest = ToS8::highest(t.bounds);
  const uint32_t zero_points = (t.bounds.zero_point & 0xff) * 0x01010101u;
#pragma unroll
  for (int j = 0; j < F::columns / 8; j += 4) {
    uint32_t pair[2][4];  // below, block: two results less the zero point
#pragma unroll
    for (int i = 0; i < 4; i++) {
      int32_t b[2];
      float s[2];
      vectors.pair(8 * (j + i) + 2 * q, b, s);
#pragma unroll
      for (int below = 0; below < 2; below++) {
        pair[below][i] = __byte_perm(ToS8::bits(d[4 * (j + i) + 2 * below], b[0], s[0], lowest, highest),
                                     ToS8::bits(d[4 * (j + i) + 2 * below + 1], b[1], s[1], lowest, highest), 0x0040);
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

// Eight neighbouring results in bfloat16 in one store: the four lanes of a row exchange so that each has a block.
template <class F>
__device__ __forceinline__ void store_wide_2(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                             const ColumnVectors<F>& vectors, int row, int column0, int lane) {
  const int q = lane % 4;
  const bool upper = q / 2, odd = q % 2;
  uint16_t* c = static_cast<uint16_t*>(t.c);
#pragma unroll
  for (int j = 0; j < F::columns / 8; j += 4) {
    uint32_t pair[2][4];  // below, block
#pragma unroll
    for (int i = 0; i < 4; i++) {
      float b[2], s[2] = {};
      vectors.pair(8 * (j + i) + 2 * q, b, s);
#pragma unroll
      for (int below = 0; below < 2; below++) {
        pair[below][i] = ToBf16::pair(ToF32::value(d[4 * (j + i) + 2 * below], b[0], s[0], t.bounds),
                                      ToF32::value(d[4 * (j + i) + 2 * below + 1], b[1], s[1], t.bounds));
      }
    }
#pragma unroll
    for (int below = 0; below < 2; below++) {
      const uint32_t(&w)[4] = pair[below];
      // Lanes two apart, then one apart, exchange what the other one will store.
      uint32_t mine[2], come[2];  // of blocks 2 (q / 2) + 0, 1: my columns, and those of the lane two apart
#pragma unroll
      for (int i = 0; i < 2; i++) {
        mine[i] = upper ? w[2 + i] : w[i];
        come[i] = __shfl_xor_sync(0xffffffff, upper ? w[i] : w[2 + i], 2);
      }
      const uint32_t near = __shfl_xor_sync(0xffffffff, odd ? mine[0] : mine[1], 1),
                     far = __shfl_xor_sync(0xffffffff, odd ? come[0] : come[1], 1);
      const uint32_t own = odd ? mine[1] : mine[0], other = odd ? come[1] : come[0];
      // The lanes of this half of four, and those of the other half, in the order of their columns.
      const uint32_t here[2] = {odd ? near : own, odd ? own : near}, there[2] = {odd ? far : other, odd ? other : far};
      const uint32_t out[4] = {upper ? there[0] : here[0], upper ? there[1] : here[1], upper ? here[0] : there[0],
                               upper ? here[1] : there[1]};
      const int r = row + 8 * below, column = column0 + 8 * (j + q);
      if (r < t.rows && column < t.columns) {
        uint16_t* to = c + r * t.ldc + column;
        if (column + 8 <= t.columns) {
          *reinterpret_cast<uint4*>(to) = make_uint4(out[0], out[1], out[2], out[3]);
        } else {
#pragma unroll
          for (int i = 0; i < 7; i++) {
            if (column + i < t.columns) to[i] = static_cast<uint16_t>(out[i / 2] >> i % 2 * 16);
          }
        }
      }
    }
  }
}

// Any alignment.
template <class F>
__device__ __forceinline__ void store_single(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                             const ColumnVectors<F>& vectors, int row, int column0, int lane) {
  typedef typename F::To::Bias Bias;
  typename F::To::Out* c = static_cast<typename F::To::Out*>(t.c);
#pragma unroll
  for (int j = 0; j < F::columns / 8; j++) {
    Bias bias[2];
    float scale[2] = {};
    vectors.pair(8 * j + 2 * (lane % 4), bias, scale);
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const int column = column0 + 8 * j + 2 * (lane % 4) + i;
      if (column < t.columns) {
        if (row < t.rows) c[row * t.ldc + column] = F::To::value(d[4 * j + i], bias[i], scale[i], t.bounds);
        if (row + 8 < t.rows) {
          c[(row + 8) * t.ldc + column] = F::To::value(d[4 * j + 2 + i], bias[i], scale[i], t.bounds);
        }
      }
    }
  }
}

// ---- transposed: the instruction's row is a column of C -----------------------------------------------

// What a thread's two rows, eight apart, bring to their sums.
template <class F>
struct RowVectors {
  typename F::To::Bias bias[2];
  float scale[2];
  __device__ __forceinline__ RowVectors(const TileTask& t, int row) : bias{}, scale{} {
#pragma unroll
    for (int below = 0; below < 2; below++) {
      if (row + 8 * below < t.rows) {
        bias[below] = __ldg(static_cast<const typename F::To::Bias*>(t.bias) + row + 8 * below);
        if (F::To::scaled) scale[below] = __ldg(t.scale + row + 8 * below);
      }
    }
  }
};

// Any alignment. The eight lanes with the same lane % 4 hold eight neighbours.
template <class F>
__device__ __forceinline__ void store_transposed(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                                 const RowVectors<F>& vectors, int row, int column0, int lane) {
  typedef typename F::To::Out Out;
  Out* c = static_cast<Out*>(t.c);
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
                F::To::value(d[4 * j + 2 * below + i], vectors.bias[below], vectors.scale[below], t.bounds);
          }
        }
      }
    }
  }
}

// Results of one byte by way of shared memory: a line of 64 bytes, all of the warpgroup's rows, for each column. The
// copy engine swizzles: which 16 bytes of a line are where depends on the line, so that lanes write to different banks.
// `first_row` counts within C's columns.
template <class F>
__device__ __forceinline__ void store_staged_1(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                               const RowVectors<F>& vectors, const CUtensorMap* map, uint32_t staging,
                                               int first_row, int column0, int group) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4, q = lane % 4;
  const bool issues = threadIdx.x % 128 == 0;
  const int bit0 = lane >> 2 & 1, bit1 = lane >> 3 & 1;
  const float lowest = ToS8::lowest(t.bounds), highest = ToS8::highest(t.bounds);
  const uint32_t zero_points = (t.bounds.zero_point & 0xff) * 0x01010101u;
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
          v[i] = ToS8::bits(d[4 * (j + i / 2) + 2 * below + i % 2], vectors.bias[below], vectors.scale[below], lowest,
                            highest);
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
    if (issues) {
      store_box(map, first_row, column0 + part * F::staged_columns, here);
      stores_commit();
    }
  }
}

// Results of two bytes: a line of 128 bytes, all of the warpgroup's rows, for each column, swizzled likewise. Four
// blocks of 8 by 8 are transposed on their way there.
template <class F>
__device__ __forceinline__ void store_staged_2(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                               const RowVectors<F>& vectors, const CUtensorMap* map, uint32_t staging,
                                               int first_row, int column0, int group) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4;
  const bool issues = threadIdx.x % 128 == 0;
  // This lane's line of the four blocks: the rows' upper and lower eight, of two neighbours along the columns.
  const int line = lane / 16 * 8 + lane % 8, place = warp * 2 + lane / 8 % 2;
#pragma unroll
  for (int part = 0; part < F::columns / F::staged_columns; part++) {
    const uint32_t here = staging + part % 2 * F::staged_part;
    if (issues) stores_read<1>();  // this half's last box
    group_sync<128>(1 + group);
#pragma unroll
    for (int b = 0; b < F::staged_columns / 8; b += 2) {
      uint32_t words[2][2];  // block, below
#pragma unroll
      for (int i = 0; i < 2; i++) {
        const int j = part * (F::staged_columns / 8) + b + i;
#pragma unroll
        for (int below = 0; below < 2; below++) {
          const float bias = vectors.bias[below], scale = vectors.scale[below];
          words[i][below] = ToBf16::pair(ToF32::value(d[4 * j + 2 * below], bias, scale, t.bounds),
                                         ToF32::value(d[4 * j + 2 * below + 1], bias, scale, t.bounds));
        }
      }
      const uint32_t at = here + (8 * b + line) * 128 + (place ^ (line & 7)) * 16;
      asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(at), "r"(words[0][0]),
                   "r"(words[0][1]), "r"(words[1][0]), "r"(words[1][1])
                   : "memory");
    }
    store_fence();
    group_sync<128>(1 + group);
    if (issues) {
      store_box(map, 2 * first_row, column0 + part * F::staged_columns, here);
      stores_commit();
    }
  }
}

// Results of four bytes: a line of 64 bytes holds a warp's 16 rows, so that each warp stores alone.
template <class F>
__device__ __forceinline__ void store_staged_4(const typename F::Sum (&d)[F::columns / 2], const TileTask& t,
                                               const RowVectors<F>& vectors, const CUtensorMap* map, uint32_t staging,
                                               int first_row, int column0) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4;
#pragma unroll
  for (int part = 0; part < F::columns / F::staged_columns; part++) {
    const uint32_t here = staging + part % 2 * F::staged_part + warp * (F::staged_part / 4);
    if (lane == 0) stores_read<1>();  // this half's last box
    __syncwarp();
#pragma unroll
    for (int b = 0; b < F::staged_columns / 8; b++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int below = i / 2, line = 8 * b + lane % 4 * 2 + i % 2, place = below * 2 + lane / 16;
        const typename F::To::Out value = F::To::value(d[4 * (part * (F::staged_columns / 8) + b) + i],
                                                       vectors.bias[below], vectors.scale[below], t.bounds);
        uint32_t word;
        memcpy(&word, &value, 4);
        const uint32_t at = here + line * 64 + (place ^ (line >> 1 & 3)) * 16 + lane / 4 % 4 * 4;
        asm volatile("st.shared.u32 [%0], %1;" ::"r"(at), "r"(word) : "memory");
      }
    }
    store_fence();
    __syncwarp();
    if (lane == 0) {
      store_box(map, 4 * (first_row + 16 * warp), column0 + part * F::staged_columns, here);
      stores_commit();
    }
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_SM90A_STORE_CUH_
