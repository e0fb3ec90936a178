// gemm by 2:4 sparse weights on the tensor cores of any GPU (mma.sp), in the packing of Hopper's rows.
// SPDX-License-Identifier: Apache-2.0
//
// Only the instruction's rows may be sparse, so its rows are rows of W and its columns rows of A: what is computed is C
// transposed, and stored through shared memory. A step takes 128 bytes of k of A, 64 kept bytes of W, and per 16 rows
// and 64 bytes of k one word of places per lane, which a lane reads itself, the next step's while this one is
// multiplied.
#include "kernels/gemm/cuda_epilogue.cuh"
#include "kernels/gemm/cuda_packing.h"
#include "kernels/gemm/cuda_tile.cuh"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

enum { SPARSE_ROWS = 128, SPARSE_COLUMNS = 128, SPARSE_THREADS = 256, SPARSE_STAGES = 3 };
enum { SPARSE_LEFT = SPARSE_ROWS * 64, SPARSE_STAGE = SPARSE_LEFT + SPARSE_COLUMNS * 128 };

// Rows of 128 bytes: chunk c of row r stands at c ^ (r % 8).
__device__ inline uint32_t wide_place(int row, int chunk) {
  return static_cast<uint32_t>(row * 128 + ((chunk ^ (row & 7)) << 4));
}

struct SparseS8 {
  typedef int32_t Sum;
  __device__ static void multiply(Sum (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[4], uint32_t places) {
    asm volatile(
        "mma.sp::ordered_metadata.sync.aligned.m16n8k64.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, "
        "%9, %10, %11}, {%0, %1, %2, %3}, %12, 0x0;\n"
        : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(b[2]), "r"(b[3]), "r"(places));
  }
};

struct SparseBf16 {
  typedef float Sum;
  __device__ static void multiply(Sum (&c)[4], const uint32_t (&a)[4], const uint32_t (&b)[4], uint32_t places) {
    asm volatile(
        "mma.sp::ordered_metadata.sync.aligned.m16n8k32.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9, %10, %11}, {%0, %1, %2, %3}, %12, 0x0;\n"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(b[2]), "r"(b[3]), "r"(places));
  }
};

struct SparseTask {
  const char* kept;  // [n][pitch]
  int64_t pitch;
  const uint2* places;  // per 128 rows, step and 64 rows: 128 lanes
  const void* bias;
  const float* scale;
  void* c;
  int64_t ldc;
  int m, n, steps, n_tiles;
  Bounds bounds;
};

// 8 warps: 4 x 32 rows of W by 2 x 64 rows of A.
template <class Product, class To, class Source>
__global__ void __launch_bounds__(SPARSE_THREADS) sparse_tile(Source source, SparseTask t) {
  typedef typename Product::Sum Sum;
  typedef typename To::Out Out;
  typedef typename To::Bias Bias;
  extern __shared__ __align__(128) char shared[];
  const uint32_t base = static_cast<uint32_t>(__cvta_generic_to_shared(shared));
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int tile = static_cast<int>(blockIdx.x) % t.n_tiles;
  const int first_n = tile * SPARSE_ROWS, first_m = static_cast<int>(blockIdx.x) / t.n_tiles * SPARSE_COLUMNS;
  const int warp_row = warp / 2 * 32, warp_column = warp % 2 * 64;

  // Of A 32 rows per pass, 8 chunks each; of W 64 rows per pass, 4 chunks.
  typename Source::Row rows[4];
#pragma unroll
  for (int i = 0; i < 4; i++) rows[i] = source.row(first_m + thread / 8 + 32 * i, 0);
  auto load = [&](int step) {
    const uint32_t to = base + static_cast<uint32_t>(step % SPARSE_STAGES * SPARSE_STAGE);
#pragma unroll
    for (int i = 0; i < 4; i++) {
      source.load(rows[i], step * 128 + thread % 8 * 16,
                  to + SPARSE_LEFT + wide_place(thread / 8 + 32 * i, thread % 8));
    }
#pragma unroll
    for (int i = 0; i < 2; i++) {
      const int row = thread / 4 + 64 * i;
      const bool there = first_n + row < t.n;
      const char* from = t.kept + (first_n + row) * t.pitch + int64_t{step} * 64 + thread % 4 * 16;
      copy_async<16>(to + tile_place(row, thread % 4), there ? from : t.kept, there ? 16 : 0);
    }
  };
  // Places of this warp's two units of 16 rows: words of the first and second 64 bytes of k.
  auto places_of = [&](int step, uint2(&places)[2]) {
#pragma unroll
    for (int unit = 0; unit < 2; unit++) {
      const int row = warp_row + unit * 16;
      const int64_t at = (int64_t{tile} * t.steps + step) * 2 + row / 64;
      places[unit] = __ldg(t.places + at * 128 + row % 64 / 16 * 32 + lane);
    }
  };

  for (int s = 0; s < SPARSE_STAGES - 1; s++) {
    if (s < t.steps) load(s);
    asm volatile("cp.async.commit_group;\n");
  }
  Sum sums[2][8][4] = {};
  uint2 next[2];
  places_of(0, next);
  for (int s = 0; s < t.steps; s++) {
    const uint2 places[2] = {next[0], next[1]};
    if (s + 1 < t.steps) places_of(s + 1, next);
    asm volatile("cp.async.wait_group %0;\n" ::"n"(SPARSE_STAGES - 2));
    __syncthreads();
    if (s + SPARSE_STAGES - 1 < t.steps) load(s + SPARSE_STAGES - 1);
    asm volatile("cp.async.commit_group;\n");
    const uint32_t left = base + static_cast<uint32_t>(s % SPARSE_STAGES * SPARSE_STAGE), right = left + SPARSE_LEFT;
#pragma unroll
    for (int product = 0; product < 2; product++) {  // 64 bytes of k, 32 kept ones
      uint32_t kept[2][4];
#pragma unroll
      for (int unit = 0; unit < 2; unit++) {
        load_matrices(kept[unit], left + tile_place(warp_row + unit * 16 + (lane & 15), product * 2 + (lane >> 4)));
      }
#pragma unroll
      for (int column = 0; column < 8; column++) {
        // Eight columns by the four 16-byte chunks of this product.
        uint32_t dense[4];
        load_matrices(dense, right + wide_place(warp_column + column * 8 + (lane & 7), product * 4 + (lane >> 3)));
#pragma unroll
        for (int unit = 0; unit < 2; unit++) {
          Product::multiply(sums[unit][column], kept[unit], dense, product == 0 ? places[unit].x : places[unit].y);
        }
      }
    }
  }
  asm volatile("cp.async.wait_group 0;\n");
  __syncthreads();

  // Results as rows of C: [rows of A][rows of W].
  constexpr int pitch = SPARSE_ROWS + 16 / static_cast<int>(sizeof(Out));
  Out* staged = reinterpret_cast<Out*>(shared);
#pragma unroll
  for (int unit = 0; unit < 2; unit++) {
#pragma unroll
    for (int below = 0; below < 2; below++) {
      const int row = warp_row + unit * 16 + lane / 4 + below * 8, n = first_n + row;
      if (n >= t.n) continue;
      const Bias bias = static_cast<const Bias*>(t.bias)[n];
      const float scale = To::scaled ? t.scale[n] : 0.0f;
#pragma unroll
      for (int column = 0; column < 8; column++) {
#pragma unroll
        for (int beside = 0; beside < 2; beside++) {
          const int m = warp_column + column * 8 + lane % 4 * 2 + beside;
          staged[m * pitch + row] = To::value(sums[unit][column][below * 2 + beside], bias, scale, t.bounds);
        }
      }
    }
  }
  __syncthreads();
  const int columns = t.n - first_n < SPARSE_ROWS ? t.n - first_n : SPARSE_ROWS;
  Out* c = static_cast<Out*>(t.c);
  for (int m = warp; m < SPARSE_COLUMNS && first_m + m < t.m; m += SPARSE_THREADS / 32) {
    Out* to = c + (first_m + m) * t.ldc + first_n;
    for (int n = lane; n < columns; n += 32) to[n] = staged[m * pitch + n];
  }
}

template <class Product, class To, class Source>
void launch_sparse(const Call* call, const Source& source, SparseTask t) {
  constexpr int staged = SPARSE_COLUMNS * (SPARSE_ROWS * static_cast<int>(sizeof(typename To::Out)) + 16);
  constexpr int bytes = staged > SPARSE_STAGES * SPARSE_STAGE ? staged : SPARSE_STAGES * SPARSE_STAGE;
  cudaFuncSetAttribute(sparse_tile<Product, To, Source>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  t.n_tiles = (t.n + SPARSE_ROWS - 1) / SPARSE_ROWS;
  const int64_t blocks = int64_t{t.n_tiles} * ((t.m + SPARSE_COLUMNS - 1) / SPARSE_COLUMNS);
  sparse_tile<Product, To, Source>
      <<<static_cast<unsigned>(blocks), SPARSE_THREADS, bytes, stream_of(call)>>>(source, t);
}

template <class Product, class To>
void launch(const Call* call, int value_bytes) {
  const GemmParams& p = params_of<GemmParams>(call);
  if (p.m == 0) return;
  const char* packed = slot_of<const char>(call, GEMM_WEIGHTS);
  SparseTask t = {};
  t.kept = packed + cuda_header_bytes(p.n);
  t.pitch = cuda_2of4_row_bytes(p.k, value_bytes);
  t.places = reinterpret_cast<const uint2*>(packed + cuda_2of4_places_offset(p.n, p.k, value_bytes));
  t.bias = packed;
  t.scale = reinterpret_cast<const float*>(packed + 4 * cuda_header_columns(p.n));
  t.c = call->slots[GEMM_C];
  t.ldc = p.ldc;
  t.m = p.m;
  t.n = p.n;
  t.steps = static_cast<int>(cuda_2of4_steps(p.k, value_bytes));
  t.bounds = bounds_of(p);
  const MatrixPlaces places = {slot_of<const char>(call, GEMM_A), int64_t{p.lda} * value_bytes, p.m, p.k * value_bytes};
  const uintptr_t bits = reinterpret_cast<uintptr_t>(places.data) | static_cast<uintptr_t>(places.pitch);
  if (bits % 16 == 0) {
    launch_sparse<Product, To>(call, PlainSource<MatrixPlaces, 16>{places, t.kept}, t);
  } else if (bits % 4 == 0) {
    launch_sparse<Product, To>(call, PlainSource<MatrixPlaces, 4>{places, t.kept}, t);
  } else {
    launch_sparse<Product, To>(call, PlainSource<MatrixPlaces, 1>{places, t.kept}, t);
  }
}

}  // namespace

void gemm_s8s8s32_sm80_2of4(const Call* call) {
  launch<SparseS8, ToS32>(call, 1);
}
void gemm_s8s8s8_sm80_2of4(const Call* call) {
  launch<SparseS8, ToS8>(call, 1);
}
void gemm_bf16bf16f32_sm80_2of4(const Call* call) {
  launch<SparseBf16, ToF32>(call, 2);
}
void gemm_bf16bf16bf16_sm80_2of4(const Call* call) {
  launch<SparseBf16, ToBf16>(call, 2);
}

}  // namespace sinter
