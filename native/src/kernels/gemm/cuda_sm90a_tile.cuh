// One kernel for gemm on Hopper: tensor copies into a ring of tiles, products of warpgroups, dense or 2:4 sparse.
// SPDX-License-Identifier: Apache-2.0
//
// Words: the product instruction takes 64 ROWS of one operand by N COLUMNS of the other one. Dense: rows are rows of A
// (m), columns are those of C (n). Sparse: only the instruction's rows may be sparse, so rows are rows of W (n),
// columns are rows of A (m), and what is computed is C transposed.
//
// A block has three warpgroups. One thread of the first copies tiles of 128 bytes of k, of 128 rows and `columns`
// columns, into the ring; each of the other two multiplies 64 rows. The blocks of a cluster work on neighbouring rows
// with the same columns, of which each block fetches a part for all. Blocks stay and take one tile after the other:
// while sums are stored, the ring fills for the next tile.
#ifndef SINTER_KERNELS_GEMM_CUDA_SM90A_TILE_CUH_
#define SINTER_KERNELS_GEMM_CUDA_SM90A_TILE_CUH_

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
template <class SumType, class ToType, bool is_sparse, int tile_columns, int cluster_blocks>
struct TileForm {
  typedef SumType Sum;
  typedef ToType To;
  static constexpr bool sparse = is_sparse;
  static constexpr int rows = 128, columns = tile_columns, cluster = cluster_blocks;
  static constexpr int part = columns / cluster;  // what one block fetches of the columns
  static constexpr int row_bytes = sparse ? 64 : 128;
  static constexpr int row_tile = rows * row_bytes, column_tile = columns * 128;
  static constexpr int places = sparse ? CUDA_2OF4_PLACES : 0;
  static constexpr int stage = row_tile + column_tile + places;
  static constexpr int stages = (227 * 1024 - 2048) / stage > 8 ? 8 : (227 * 1024 - 2048) / stage;
  static constexpr int shared_bytes = 1024 + stages * stage + 16 * stages;
  static constexpr int threads = 384;
  static_assert(stage % 1024 == 0, "tiles start at multiples of 1024 bytes");
};

// Tiles in an order that keeps the operands of neighbours in L2.
__device__ __forceinline__ void place_of_tile(int tile, const TileTask& t, int* row, int* column) {
  const int in_group = t.group * t.column_tiles;
  const int first = tile / in_group * t.group, within = tile % in_group;
  const int height = min(t.group, t.row_tiles - first);
  *row = first + within % height;
  *column = within / height;
}

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

// Eight neighbouring results of one byte in one store: the four lanes of a row exchange so that each has a block.
template <class F>
__device__ __forceinline__ void store_wide_1(const typename F::Sum (&d)[F::columns / 2], const TileTask& t, int row,
                                             int column0, int lane) {
  const int q = lane % 4;
  int8_t* c = static_cast<int8_t*>(t.c);
#pragma unroll
  for (int j = 0; j < F::columns / 8; j += 4) {
    uint32_t pair[2][4];  // below, block: two results
#pragma unroll
    for (int i = 0; i < 4; i++) {
      const int at = column0 + 8 * (j + i) + 2 * q;
      const int2 b = __ldg(reinterpret_cast<const int2*>(static_cast<const int32_t*>(t.bias) + at));
      const float2 s = __ldg(reinterpret_cast<const float2*>(t.scale + at));
#pragma unroll
      for (int below = 0; below < 2; below++) {
        const int8_t lo = F::To::value(d[4 * (j + i) + 2 * below], b.x, s.x, t.bounds);
        const int8_t hi = F::To::value(d[4 * (j + i) + 2 * below + 1], b.y, s.y, t.bounds);
        pair[below][i] = static_cast<uint8_t>(lo) | static_cast<uint32_t>(static_cast<uint8_t>(hi)) << 8;
      }
    }
#pragma unroll
    for (int below = 0; below < 2; below++) {
      // Words of two blocks; lanes two apart, then one apart, exchange what the other one will store.
      const uint32_t w01 = pair[below][0] | pair[below][1] << 16, w23 = pair[below][2] | pair[below][3] << 16;
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

// ---- the kernel -------------------------------------------------------------------------------------

// Registers that products read stay as they are up to here.
__device__ __forceinline__ void keep(uint32_t (&values)[2]) {
  asm volatile("" : "+r"(values[0]), "+r"(values[1])::"memory");
}

template <class F>
__global__ void __launch_bounds__(F::threads, 1)
    gemm_tiles(const __grid_constant__ CUtensorMap row_map, const __grid_constant__ CUtensorMap column_map,
               const __grid_constant__ TileTask t) {
  extern __shared__ char dynamic_shared[];
  const uint32_t ring = (shared_address(dynamic_shared) + 1023) & ~1023u;
  const uint32_t full = ring + F::stages * F::stage, empty = full + 8 * F::stages;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const uint32_t rank = F::cluster > 1 ? cluster_rank() : 0;

  if (threadIdx.x == 0) {
    for (int s = 0; s < F::stages; s++) {
      barrier_init(full + 8 * s, 1);
      barrier_init(empty + 8 * s, 8 * F::cluster);  // each warp that multiplies, of each block that gets the columns
    }
    barrier_init_fence();
  }
  if (F::cluster > 1) {
    cluster_sync();
  } else {
    __syncthreads();
  }

  const int tiles = t.row_tiles * t.column_tiles;
  const int first = blockIdx.x / F::cluster, stride = gridDim.x / F::cluster;
  if (warp < 4) {
    registers_down<40>();
    if (threadIdx.x == 0) {
      prefetch_map(&row_map);
      prefetch_map(&column_map);
      int s = 0;
      uint32_t phase = 0;
      for (int tile = first; tile < tiles; tile += stride) {
        int row_tile, column_tile;
        place_of_tile(tile, t, &row_tile, &column_tile);
        const int row = (row_tile * F::cluster + rank) * F::rows, column = column_tile * F::columns;
        // Behind the last rows there are no places; any will do.
        const int place_tile = min(row, t.rows - 1) / F::rows;
        for (int step = 0; step < t.steps; step++) {
          barrier_wait(empty + 8 * s, phase ^ 1);
          barrier_expect(full + 8 * s, F::stage);
          const uint32_t columns_at = ring + s * F::stage, rows_at = columns_at + F::column_tile;
          copy_box(rows_at, &row_map, step * F::row_bytes, row, full + 8 * s);
          if (F::cluster > 1) {
            copy_box_to(columns_at + rank * F::part * 128, &column_map, step * 128, column + rank * F::part,
                        full + 8 * s, (1 << F::cluster) - 1);
          } else {
            copy_box(columns_at, &column_map, step * 128, column, full + 8 * s);
          }
          if (F::sparse) {
            const int64_t at = static_cast<int64_t>(place_tile) * t.steps + step;
            copy_bytes(rows_at + F::row_tile, t.places + at * (F::places / 4), F::places, full + 8 * s);
          }
          if (++s == F::stages) {
            s = 0;
            phase ^= 1;
          }
        }
      }
    }
  } else {
    registers_up<232>();
    const int half = warp / 4 - 1;
    typename F::Sum d[F::columns / 2];
    int s = 0;
    uint32_t phase = 0;
    for (int tile = first; tile < tiles; tile += stride) {
      int row_tile, column_tile;
      place_of_tile(tile, t, &row_tile, &column_tile);
      int before = 0;  // the stage whose products may still run
      auto release = [&] {
        if (lane < F::cluster) {
          F::cluster > 1 ? barrier_arrive_at(empty + 8 * before, lane) : barrier_arrive(empty + 8 * before);
        }
      };
      // `places`: of the sparse rows; read by the products for as long as these run, so that two sets take turns.
      auto multiply = [&](int step, uint32_t(&places)[2], uint32_t(&places_before)[2]) {
        const uint32_t columns_at = ring + s * F::stage, rows_at = columns_at + F::column_tile;
        barrier_wait(full + 8 * s, phase);
        const uint64_t rows = operand<F::row_bytes>(rows_at + half * 64 * F::row_bytes);
        const uint64_t columns = operand<128>(columns_at);
        if constexpr (F::sparse) {
          asm volatile("ld.shared.v2.b32 {%0, %1}, [%2];"
                       : "=r"(places[0]), "=r"(places[1])
                       : "r"(rows_at + F::row_tile + half * 1024 + threadIdx.x % 128 * 8));
          products_fence();
#pragma unroll
          for (int i = 0; i < 2; i++) sparse_product(d, rows + 2 * i, columns + 4 * i, places[i], step + i > 0);
        } else {
          products_fence();
#pragma unroll
          for (int i = 0; i < 4; i++) product(d, rows + 2 * i, columns + 2 * i, step + i > 0);
        }
        products_commit();
        if (step > 0) {
          products_wait<1>();
          if (F::sparse) keep(places_before);
          release();
        }
        before = s;
        if (++s == F::stages) {
          s = 0;
          phase ^= 1;
        }
      };
      uint32_t places[2][2] = {};
      if constexpr (F::sparse) {
        for (int step = 0; step < t.steps; step += 2) {
          multiply(step, places[0], places[1]);
          if (step + 1 < t.steps) multiply(step + 1, places[1], places[0]);
        }
      } else {
        for (int step = 0; step < t.steps; step++) multiply(step, places[0], places[1]);
      }
      products_wait<0>();
      if (F::sparse) {
        keep(places[0]);
        keep(places[1]);
      }
      release();
      const int row = (row_tile * F::cluster + rank) * F::rows + half * 64 + warp % 4 * 16 + lane / 4;
      const int column0 = column_tile * F::columns;
      if constexpr (F::sparse) {
        store_transposed<F>(d, t, row, column0, lane);
      } else if (!t.wide) {
        store_single<F>(d, t, row, column0, lane);
      } else if constexpr (sizeof(typename F::To::Out) == 1) {
        store_wide_1<F>(d, t, row, column0, lane);
      } else {
        store_wide_4<F>(d, t, row, column0, lane);
      }
    }
  }
  // A block that ends takes its shared memory along, into which its neighbour may still copy or arrive.
  if (F::cluster > 1) {
    __syncwarp();
    cluster_sync();
  }
}

// ---- host -------------------------------------------------------------------------------------------

typedef CUresult (*EncodeTiled)(CUtensorMap*, CUtensorMapDataType, cuuint32_t, void*, const cuuint64_t*,
                                const cuuint64_t*, const cuuint32_t*, const cuuint32_t*, CUtensorMapInterleave,
                                CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill);

static inline EncodeTiled encode_tiled() {
  static const EncodeTiled function = [] {
    void* pointer = nullptr;
    cudaDriverEntryPointQueryResult found;
    if (cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &pointer, 12000, cudaEnableDefault, &found) !=
            cudaSuccess ||
        found != cudaDriverEntryPointSuccess) {
      pointer = nullptr;
    }
    return reinterpret_cast<EncodeTiled>(pointer);
  }();
  return function;
}

// `rows` rows of `bytes` bytes, `stride` bytes apart, read in boxes of box_bytes (64 or 128) by box_rows.
static inline cudaError_t make_map(CUtensorMap* map, const void* data, int64_t bytes, int64_t rows, int64_t stride,
                                   uint32_t box_bytes, uint32_t box_rows) {
  const EncodeTiled encode = encode_tiled();
  if (!encode) return cudaErrorSymbolNotFound;
  const cuuint64_t sizes[2] = {static_cast<cuuint64_t>(bytes), static_cast<cuuint64_t>(rows)};
  const cuuint64_t strides[1] = {static_cast<cuuint64_t>(stride)};
  const cuuint32_t box[2] = {box_bytes, box_rows}, steps[2] = {1, 1};
  const CUresult result =
      encode(map, CU_TENSOR_MAP_DATA_TYPE_UINT8, 2, const_cast<void*>(data), sizes, strides, box, steps,
             CU_TENSOR_MAP_INTERLEAVE_NONE, box_bytes == 128 ? CU_TENSOR_MAP_SWIZZLE_128B : CU_TENSOR_MAP_SWIZZLE_64B,
             CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
  return result == CUDA_SUCCESS ? cudaSuccess : cudaErrorInvalidValue;
}

static inline int multiprocessors() {
  static const int count = [] {
    int device = 0, value = 0;
    cudaGetDevice(&device);
    cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, device);
    return value;
  }();
  return count;
}

// Fills in the tiles' part of the task and launches. `group`: so many blocks' rows meet the same columns at a time.
template <class F>
cudaError_t launch_tiles(const CUtensorMap& row_map, const CUtensorMap& column_map, TileTask t, int group,
                         cudaStream_t stream) {
  static const cudaError_t raised =
      cudaFuncSetAttribute(gemm_tiles<F>, cudaFuncAttributeMaxDynamicSharedMemorySize, F::shared_bytes);
  if (raised != cudaSuccess) return raised;
  t.row_tiles = (t.rows + F::rows * F::cluster - 1) / (F::rows * F::cluster);
  t.column_tiles = (t.columns + F::columns - 1) / F::columns;
  t.group = group / F::cluster;
  const int64_t tiles = static_cast<int64_t>(t.row_tiles) * t.column_tiles;
  cudaLaunchConfig_t config = {};
  config.blockDim = dim3(F::threads);
  config.dynamicSmemBytes = F::shared_bytes;
  config.stream = stream;
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = F::cluster;
  attribute.val.clusterDim.y = attribute.val.clusterDim.z = 1;
  config.attrs = &attribute;
  config.numAttrs = 1;
  // As many clusters as run at once: the GPU's parts may not divide by the size of a cluster.
  static const int most = [&config] {
    int clusters = 0;
    config.gridDim = dim3(F::cluster);
    if (cudaOccupancyMaxActiveClusters(&clusters, gemm_tiles<F>, &config) != cudaSuccess || clusters < 1) {
      cudaGetLastError();
      clusters = multiprocessors() / F::cluster;
    }
    return clusters;
  }();
  config.gridDim = dim3(static_cast<unsigned>(tiles < most ? tiles : most) * F::cluster);
  return cudaLaunchKernelEx(&config, gemm_tiles<F>, row_map, column_map, t);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_SM90A_TILE_CUH_
