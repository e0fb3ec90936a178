// The tile that products on the GPU are made of, for compute capability 8.0 and above: C tile = A tile * W tile^T over
// all of k, operands in shared memory in rows of 64 bytes, four stages ahead.
// SPDX-License-Identifier: Apache-2.0
//
// The 16-byte chunks of a row are exchanged by the row's number, so that eight rows of one chunk lie in different
// banks: chunk c of row r stands at c ^ (r / 2 % 4). One geometry serves all types, because it counts bytes: 32 bytes
// of k are one m16n8k32 of int8 or one m16n8k16 of bfloat16, and for floats 4 chunks of 4.
#ifndef SINTER_KERNELS_GEMM_CUDA_TILE_CUH_
#define SINTER_KERNELS_GEMM_CUDA_TILE_CUH_

#include <stdint.h>

#include "cuda/launch.h"
#include "kernels/gemm/cuda_source.cuh"
#include "kernels/gemm/requantize.h"

namespace sinter {
namespace {

enum { TILE_ROW = 64, TILE_STAGES = 4 };

__device__ inline uint32_t tile_place(int row, int chunk) {
  return static_cast<uint32_t>(row * TILE_ROW + ((chunk ^ (row >> 1 & 3)) << 4));
}

__device__ inline void load_matrices(uint32_t (&r)[4], uint32_t shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared));
}

// ---- one instruction's product per type -------------------------------------------------------------------------

// row_sums: what a row of A adds up to is wanted, too, since the weights have a zero point.
struct ProductS8 {
  typedef int32_t Sum;
  static constexpr bool row_sums = false;
  __device__ static void multiply(Sum (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};\n"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
};

// uint8 activations by weights that were made int8.
struct ProductU8 {
  typedef int32_t Sum;
  static constexpr bool row_sums = true;
  __device__ static void multiply(Sum (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
        "%3};\n"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
};

struct ProductBf16 {
  typedef float Sum;
  static constexpr bool row_sums = false;
  __device__ static void multiply(Sum (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, "
        "%2, %3};\n"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
};

// Sums of a tile on tensor cores: warps_m x warps_n warps, each 16 * units_m rows by 16 * units_n columns.
template <class Product, int warps_m, int warps_n, int units_m, int units_n>
struct TensorSums {
  typedef typename Product::Sum Sum;
  static constexpr int rows = warps_m * units_m * 16, columns = warps_n * units_n * 16;
  static constexpr int threads = warps_m * warps_n * 32;
  Sum sums[units_m][units_n * 2][4];
  Sum of_rows[units_m][4];  // the product with ones: every column holds the row's sum
  int warp_row, warp_column, lane;

  __device__ TensorSums() {
    const int warp = static_cast<int>(threadIdx.x) / 32;
    lane = static_cast<int>(threadIdx.x) % 32;
    warp_row = warp / warps_n * units_m * 16;
    warp_column = warp % warps_n * units_n * 16;
    for (auto& unit : sums) {
      for (auto& eight : unit) {
        for (Sum& sum : eight) sum = 0;
      }
    }
    for (auto& unit : of_rows) {
      for (Sum& sum : unit) sum = 0;
    }
  }

  // Adds what one stage holds.
  __device__ void add(uint32_t a, uint32_t b) {
#pragma unroll
    for (int step = 0; step < 2; step++) {  // 32 bytes of k each
      uint32_t right[units_n][4];
#pragma unroll
      for (int n = 0; n < units_n; n++) {
        // Columns 0-7 with both halves of k, then columns 8-15.
        const int row = warp_column + n * 16 + (lane & 7) + (lane >> 4) * 8;
        load_matrices(right[n], b + tile_place(row, step * 2 + (lane >> 3 & 1)));
      }
#pragma unroll
      for (int m = 0; m < units_m; m++) {
        uint32_t left[4];
        // Rows 0-15 of the first half of k, then of the second.
        load_matrices(left, a + tile_place(warp_row + m * 16 + (lane & 15), step * 2 + (lane >> 4)));
        if constexpr (Product::row_sums) Product::multiply(of_rows[m], left, 0x01010101, 0x01010101);
#pragma unroll
        for (int n = 0; n < units_n; n++) {
          Product::multiply(sums[m][n * 2], left, right[n][0], right[n][1]);
          Product::multiply(sums[m][n * 2 + 1], left, right[n][2], right[n][3]);
        }
      }
    }
  }

  // f(row, column, sum, sum of the next column) for what this thread holds; behind them the row's sum where it is
  // wanted.
  template <class F>
  __device__ void each_pair(const F& f) const {
#pragma unroll
    for (int m = 0; m < units_m; m++) {
#pragma unroll
      for (int n = 0; n < units_n * 2; n++) {
        const int row = warp_row + m * 16 + lane / 4, column = warp_column + n * 8 + lane % 4 * 2;
        if constexpr (Product::row_sums) {
          f(row, column, sums[m][n][0], sums[m][n][1], of_rows[m][0]);
          f(row + 8, column, sums[m][n][2], sums[m][n][3], of_rows[m][2]);
        } else {
          f(row, column, sums[m][n][0], sums[m][n][1]);
          f(row + 8, column, sums[m][n][2], sums[m][n][3]);
        }
      }
    }
  }
};

// Sums of a tile of floats on the plain units, with fused products: 256 threads of 4 x 4.
struct PlainSums {
  typedef float Sum;
  static constexpr int rows = 64, columns = 64, threads = 256;
  float sums[4][4];
  int first_row, first_column;

  __device__ PlainSums() {
    first_row = static_cast<int>(threadIdx.x) / 16;
    first_column = static_cast<int>(threadIdx.x) % 16 * 2;
    for (auto& row : sums) {
      for (float& sum : row) sum = 0;
    }
  }
  // Columns in pairs, so that a thread stores 8 bytes.
  __device__ int column(int n) const {
    return first_column + n / 2 * 32 + n % 2;
  }
  __device__ static float4 at(uint32_t shared) {
    float4 v;
    asm volatile("ld.shared.v4.f32 {%0, %1, %2, %3}, [%4];\n"
                 : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w)
                 : "r"(shared));
    return v;
  }
  __device__ void add(uint32_t a, uint32_t b) {
#pragma unroll
    for (int chunk = 0; chunk < 4; chunk++) {
      float4 left[4], right[4];
#pragma unroll
      for (int i = 0; i < 4; i++) {
        left[i] = at(a + tile_place(first_row + 16 * i, chunk));
        right[i] = at(b + tile_place(column(i), chunk));
      }
#pragma unroll
      for (int m = 0; m < 4; m++) {
#pragma unroll
        for (int n = 0; n < 4; n++) {
          float sum = sums[m][n];
          sum = __fmaf_rn(left[m].x, right[n].x, sum);
          sum = __fmaf_rn(left[m].y, right[n].y, sum);
          sum = __fmaf_rn(left[m].z, right[n].z, sum);
          sums[m][n] = __fmaf_rn(left[m].w, right[n].w, sum);
        }
      }
    }
  }
  template <class F>
  __device__ void each_pair(const F& f) const {
#pragma unroll
    for (int m = 0; m < 4; m++) {
#pragma unroll
      for (int n = 0; n < 4; n += 2) f(first_row + 16 * m, column(n), sums[m][n], sums[m][n + 1]);
    }
  }
};

// ---- the tile -----------------------------------------------------------------------------------------------------

// One product, or one group of a grouped one. W rows are `pitch` bytes apart, a multiple of 64 with zeros behind k.
struct TileShape {
  int m, n;     // of one group
  int stages;   // of k, 64 bytes each
  int n_tiles;  // tiles side by side
  const char* weights;
  int64_t pitch;
};

template <class Sums, class Source, class Epilogue>
__global__ void __launch_bounds__(Sums::threads) product_tile(Source source, TileShape shape, Epilogue epilogue) {
  extern __shared__ __align__(128) char shared[];
  constexpr int stage_bytes = (Sums::rows + Sums::columns) * TILE_ROW;
  constexpr int rows_per_pass = Sums::threads / 4;
  constexpr int left_passes = Sums::rows / rows_per_pass, right_passes = Sums::columns / rows_per_pass;
  static_assert(Sums::rows % rows_per_pass == 0 && Sums::columns % rows_per_pass == 0, "whole passes");
  const int group = static_cast<int>(blockIdx.y);
  const int first_m = static_cast<int>(blockIdx.x) / shape.n_tiles * Sums::rows;
  const int first_n = static_cast<int>(blockIdx.x) % shape.n_tiles * Sums::columns;
  const int my_row = static_cast<int>(threadIdx.x) / 4, my_chunk = static_cast<int>(threadIdx.x) % 4;
  const uint32_t base = static_cast<uint32_t>(__cvta_generic_to_shared(shared));

  typename Source::Row rows[left_passes];
#pragma unroll
  for (int i = 0; i < left_passes; i++) rows[i] = source.row(first_m + my_row + i * rows_per_pass, group);
  const char* weights = shape.weights + (int64_t{group} * shape.n + first_n + my_row) * shape.pitch + my_chunk * 16;

  auto load = [&](int stage) {
    const uint32_t to = base + static_cast<uint32_t>(stage % TILE_STAGES * stage_bytes);
    const int at = stage * TILE_ROW + my_chunk * 16;
#pragma unroll
    for (int i = 0; i < left_passes; i++) {
      source.load(rows[i], at, to + tile_place(my_row + i * rows_per_pass, my_chunk));
    }
#pragma unroll
    for (int i = 0; i < right_passes; i++) {
      const bool there = first_n + my_row + i * rows_per_pass < shape.n;
      const char* from = weights + int64_t{i * rows_per_pass} * shape.pitch + int64_t{stage} * TILE_ROW;
      copy_async<16>(to + Sums::rows * TILE_ROW + tile_place(my_row + i * rows_per_pass, my_chunk),
                     there ? from : shape.weights, there ? 16 : 0);
    }
  };
  for (int s = 0; s < TILE_STAGES - 1; s++) {
    if (s < shape.stages) load(s);
    asm volatile("cp.async.commit_group;\n");
  }
  Sums sums;
  for (int s = 0; s < shape.stages; s++) {
    asm volatile("cp.async.wait_group %0;\n" ::"n"(TILE_STAGES - 2));
    __syncthreads();  // stage s is there, and all are done with the one that is loaded next
    if (s + TILE_STAGES - 1 < shape.stages) load(s + TILE_STAGES - 1);
    asm volatile("cp.async.commit_group;\n");
    const uint32_t from = base + static_cast<uint32_t>(s % TILE_STAGES * stage_bytes);
    sums.add(from, from + Sums::rows * TILE_ROW);
  }
  asm volatile("cp.async.wait_group 0;\n");
  __syncthreads();
  epilogue.template store<Sums>(sums, first_m, first_n, group, shape, shared);
}

// ---- what becomes of the sums ---------------------------------------------------------------------------------------

// Words of 32 bits, two columns at a time where places allow.
template <class Word>
__device__ inline void store_pair(Word* c, int64_t ldc, int row, int column, int m, int n, Word x, Word y) {
  if (row >= m || column >= n) return;
  Word* to = c + row * ldc + column;
  to[0] = x;
  if (column + 1 < n) to[1] = y;
}

struct StoreSums {
  int32_t* c;
  int64_t ldc;
  const int32_t* bias;
  template <class Sums>
  __device__ void store(const Sums& sums, int first_m, int first_n, int group, const TileShape& shape, char*) const {
    const int offset = group * shape.n;
    sums.each_pair([&](int row, int column, int32_t x, int32_t y) {
      const int n = first_n + column;
      if (n >= shape.n) return;
      x += bias[offset + n];
      if (n + 1 < shape.n) y += bias[offset + n + 1];
      store_pair(c + offset, ldc, first_m + row, n, shape.m, shape.n, x, y);
    });
  }
};

// Out: float, or uint16_t for bfloat16.
template <class Out>
struct StoreBounded {
  Out* c;
  int64_t ldc;
  const float* bias;
  float act_min, act_max;
  __device__ Out bounded(float v) const {
    v = v < act_min ? act_min : v;  // NaN stays
    Out out;
    put_float(&out, v > act_max ? act_max : v);
    return out;
  }
  template <class Sums>
  __device__ void store(const Sums& sums, int first_m, int first_n, int group, const TileShape& shape, char*) const {
    const int offset = group * shape.n;
    sums.each_pair([&](int row, int column, float x, float y) {
      const int n = first_n + column;
      if (n >= shape.n) return;
      const Out left = bounded(x + bias[offset + n]),
                right = n + 1 < shape.n ? bounded(y + bias[offset + n + 1]) : Out();
      store_pair(c + offset, ldc, first_m + row, n, shape.m, shape.n, left, right);
    });
  }
};
typedef StoreBounded<float> StoreFloats;
typedef StoreBounded<uint16_t> StoreBf16;

// xnn.gemm to 8 bits, by way of shared memory: rows are stored in words. `lowest`: of the type, -128 or 0.
template <int lowest>
struct StoreBytes {
  char* c;
  int64_t ldc;
  const int32_t* bias;
  const float* scale;
  int32_t zero_point, out_min, out_max;
  bool words;            // c and ldc allow words of 4 bytes
  int32_t w_zero_point;  // of the packed weights, where rows have sums

  __device__ char value(int32_t sum, int column) const {
    return static_cast<char>(requantize_8(sum + bias[column], scale[column], zero_point, out_min, out_max, lowest));
  }

  template <class Sums>
  __device__ void store(const Sums& sums, int first_m, int first_n, int group, const TileShape& shape,
                        char* shared) const {
    constexpr int pitch = Sums::columns + 16;
    static_assert(Sums::rows * pitch <= TILE_STAGES * (Sums::rows + Sums::columns) * TILE_ROW, "fits the stages");
    const int offset = group * shape.n;
    auto stage = [&](int row, int column, int32_t x, int32_t y, int32_t row_sum = 0) {
      const int n = first_n + column;
      const int32_t less = row_sum * w_zero_point;
      if (n < shape.n) shared[row * pitch + column] = value(x - less, offset + n);
      if (n + 1 < shape.n) shared[row * pitch + column + 1] = value(y - less, offset + n + 1);
    };
    sums.each_pair(stage);
    __syncthreads();
    constexpr int words_per_row = Sums::columns / 4;
    for (int i = static_cast<int>(threadIdx.x); i < Sums::rows * words_per_row; i += Sums::threads) {
      const int row = i / words_per_row, column = i % words_per_row * 4;
      const int m = first_m + row, n = first_n + column;
      if (m >= shape.m || n >= shape.n) continue;
      const char* from = shared + row * pitch + column;
      char* to = c + m * ldc + offset + n;
      if (words && n + 4 <= shape.n) {
        *reinterpret_cast<uint32_t*>(to) = *reinterpret_cast<const uint32_t*>(from);
      } else {
        for (int byte = 0; byte < 4 && n + byte < shape.n; byte++) to[byte] = from[byte];
      }
    }
  }
};
typedef StoreBytes<-128> StoreS8;
typedef StoreBytes<0> StoreU8;

// ---- launching
// --------------------------------------------------------------------------------------------------------

template <class Sums, class Source, class Epilogue>
void launch_tiles(const Source& source, TileShape shape, const Epilogue& epilogue, int groups, cudaStream_t stream) {
  constexpr int bytes = TILE_STAGES * (Sums::rows + Sums::columns) * TILE_ROW;
  if (bytes > 48 * 1024) {
    cudaFuncSetAttribute(product_tile<Sums, Source, Epilogue>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  }
  shape.n_tiles = (shape.n + Sums::columns - 1) / Sums::columns;
  const int64_t m_tiles = (shape.m + Sums::rows - 1) / Sums::rows;
  const dim3 grid(static_cast<unsigned>(m_tiles * shape.n_tiles), static_cast<unsigned>(groups));
  product_tile<Sums, Source, Epilogue><<<grid, Sums::threads, bytes, stream>>>(source, shape, epilogue);
}

// Large tiles where they fill the GPU, small ones elsewhere.
template <class Product, class Source, class Epilogue>
void launch_product(const Source& source, const TileShape& shape, const Epilogue& epilogue, int groups,
                    cudaStream_t stream) {
  const int64_t large = int64_t{(shape.m + 127) / 128} * ((shape.n + 127) / 128) * groups;
  if (large >= 128) {
    launch_tiles<TensorSums<Product, 2, 4, 4, 2>>(source, shape, epilogue, groups, stream);
  } else {
    launch_tiles<TensorSums<Product, 2, 2, 2, 2>>(source, shape, epilogue, groups, stream);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_TILE_CUH_
