// One kernel for gemm on Hopper: tensor copies into a ring of tiles, products of warpgroups, dense or 2:4 sparse.
// SPDX-License-Identifier: Apache-2.0
//
// Words: the product instruction takes 64 ROWS of one operand by N COLUMNS of the other one. Dense: rows are rows of A
// (m), columns are those of C (n). Sparse: only the instruction's rows may be sparse, so rows are rows of W (n),
// columns are rows of A (m), and what is computed is C transposed.
//
// A block has three warpgroups. One thread of the first copies tiles of 128 bytes of k, of 128 rows and `columns`
// columns, into the ring; each of the other two multiplies 64 rows, or all 128 of every other tile: then one stores
// while the other multiplies. The blocks of a cluster work on
// neighbouring rows with the same columns, of which each block fetches a part for all. Blocks stay and take one tile
// after the other: while sums are stored, the ring fills for the next tile.
#ifndef SINTER_KERNELS_GEMM_CUDA_SM90A_TILE_CUH_
#define SINTER_KERNELS_GEMM_CUDA_SM90A_TILE_CUH_

#include "kernels/gemm/cuda_sm90a_store.cuh"

namespace sinter {
namespace {

// Tiles in an order that keeps the operands of neighbours in L2.
__device__ __forceinline__ void place_of_tile(int tile, const TileTask& t, int* row, int* column) {
  const int in_group = t.group * t.column_tiles;
  const int first = tile / in_group * t.group, within = tile % in_group;
  const int height = min(t.group, t.row_tiles - first);
  *row = first + within % height;
  *column = within / height;
}

// ---- the kernel -------------------------------------------------------------------------------------

// Registers that products read stay as they are up to here.
__device__ __forceinline__ void keep(uint32_t (&values)[2]) {
  asm volatile("" : "+r"(values[0]), "+r"(values[1])::"memory");
}

template <class F>
__global__ void __launch_bounds__(F::threads, 1)
    gemm_tiles(const __grid_constant__ CUtensorMap row_map, const __grid_constant__ CUtensorMap column_map,
               const __grid_constant__ CUtensorMap out_map, const __grid_constant__ TileTask t) {
  extern __shared__ __align__(1024) char dynamic_shared[];
  const uint32_t ring = shared_address(dynamic_shared);
  if (ring % 1024 != 0) __trap();  // swizzles count from multiples of 1024; a kernel without static memory has that
  const uint32_t staging = ring + F::stages * F::stage, full = staging + F::apart, empty = full + 8 * F::stages,
                 order = empty + 8 * F::stages;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const uint32_t rank = F::cluster > 1 ? cluster_rank() : 0;

  if (threadIdx.x == 0) {
    for (int s = 0; s < F::stages; s++) {
      barrier_init(full + 8 * s, 1);
      // Each warp that multiplies, of each block that gets the columns.
      barrier_init(empty + 8 * s, (F::turns ? 4 : 8) * F::cluster);
    }
    barrier_init(order, 4);
    barrier_init(order + 8, 4);
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
    const int group = warp / 4 - 1;
    typename F::Sum d[F::halves][F::columns / 2];
    int s = 0;
    uint32_t phase = 0;
    int turn = 0;
    for (int tile = first; tile < tiles; tile += stride) {
      if (F::turns && turn++ % 2 != group) {
        // The other group's: its stages go by.
        s += t.steps;
        phase ^= s / F::stages & 1;
        s %= F::stages;
        continue;
      }
      // A wait tells this round of a stage from the one before only, so a group starts when the other has seen its last
      // stage arrive.
      if (F::turns) {
        barrier_wait(order + 8 * group, (turn - 1) / 2 & 1 ^ (group == 0));
      }
      int row_tile, column_tile;
      place_of_tile(tile, t, &row_tile, &column_tile);
      // Fetched while products run: what the sums need when they are stored.
      const int row0 = (row_tile * F::cluster + rank) * F::rows + (F::turns ? 0 : group * 64);
      const RowVectors<F> row_vectors(t, F::sparse ? row0 + warp % 4 * 16 + lane / 4 : t.rows);
      const ColumnVectors<F> vectors = {staging + group * F::vectors};
      if constexpr (!F::sparse) {
        group_sync<128>(1 + group);  // all have used the last ones
        fetch_vectors<F>(vectors.at, t, column_tile * F::columns);
      }
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
        const uint64_t rows = operand<F::row_bytes>(rows_at + (F::turns ? 0 : group * 64 * F::row_bytes));
        const uint64_t columns = operand<128>(columns_at);
        if constexpr (F::sparse) {
          asm volatile("ld.shared.v2.b32 {%0, %1}, [%2];"
                       : "=r"(places[0]), "=r"(places[1])
                       : "r"(rows_at + F::row_tile + group * 1024 + threadIdx.x % 128 * 8));
          products_fence();
#pragma unroll
          for (int i = 0; i < 2; i++) sparse_product(d[0], rows + 2 * i, columns + 4 * i, places[i], step + i > 0);
        } else {
          products_fence();
#pragma unroll
          for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int h = 0; h < F::halves; h++) {
              product(d[h], rows + h * (64 * F::row_bytes / 16) + 2 * i, columns + 2 * i, step + i > 0);
            }
          }
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
      if (F::turns && lane == 0) barrier_arrive(order + 8 * (1 - group));
      products_wait<0>();
      if (F::sparse) {
        keep(places[0]);
        keep(places[1]);
      }
      release();
      const int column0 = column_tile * F::columns;
      if constexpr (!F::sparse) {
        vectors_wait();
        group_sync<128>(1 + group);
      }
#pragma unroll
      for (int h = 0; h < F::halves; h++) {
        const int row = row0 + h * 64 + warp % 4 * 16 + lane / 4;
        if constexpr (F::sparse) {
          if (!t.wide) {
            store_transposed<F>(d[h], t, row_vectors, row, column0, lane);
          } else if constexpr (sizeof(typename F::To::Out) == 1) {
            store_staged_1<F>(d[h], t, row_vectors, &out_map, staging + group * F::staged, row0, column0, group);
          } else if constexpr (sizeof(typename F::To::Out) == 2) {
            store_staged_2<F>(d[h], t, row_vectors, &out_map, staging + group * F::staged, row0, column0, group);
          } else {
            store_staged_4<F>(d[h], t, row_vectors, &out_map, staging + group * F::staged, row0, column0);
          }
        } else if (!t.wide) {
          store_single<F>(d[h], t, vectors, row, column0, lane);
        } else if constexpr (sizeof(typename F::To::Out) == 1) {
          store_wide_1<F>(d[h], t, vectors, row, column0, lane);
        } else if constexpr (sizeof(typename F::To::Out) == 2) {
          store_wide_2<F>(d[h], t, vectors, row, column0, lane);
        } else {
          store_wide_4<F>(d[h], t, vectors, row, column0, lane);
        }
      }
    }
    if (F::staged && lane == 0) stores_done();
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

// Fills in the tiles' part of the task and launches. out_map: of C, for forms that are staged. `group`: so many blocks'
// rows meet the same columns at a time.
template <class F>
cudaError_t launch_tiles(const CUtensorMap& row_map, const CUtensorMap& column_map, const CUtensorMap& out_map,
                         TileTask t, int group, cudaStream_t stream) {
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
  return cudaLaunchKernelEx(&config, gemm_tiles<F>, row_map, column_map, out_map, t);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_SM90A_TILE_CUH_
