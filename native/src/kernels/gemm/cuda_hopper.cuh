// What sm_90a offers beyond CUDA C++: mbarriers, bulk tensor copies, products of a warpgroup. Thin wrappers.
// SPDX-License-Identifier: Apache-2.0
//
// Names are those of the PTX ISA. Everything here is internal to the file that includes it.
#ifndef SINTER_KERNELS_GEMM_CUDA_HOPPER_CUH_
#define SINTER_KERNELS_GEMM_CUDA_HOPPER_CUH_

#include <cuda.h>
#include <stdint.h>

namespace sinter {
namespace {

__device__ __forceinline__ uint32_t shared_address(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

// ---- mbarriers --------------------------------------------------------------------------------------

__device__ __forceinline__ void barrier_init(uint32_t barrier, uint32_t arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
// Makes initialised barriers visible to the copy engine and to the other blocks of the cluster.
__device__ __forceinline__ void barrier_init_fence() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
__device__ __forceinline__ void barrier_expect(uint32_t barrier, uint32_t bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}
__device__ __forceinline__ void barrier_arrive(uint32_t barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
// On the barrier at the same place in another block of the cluster (or in this one). Says that reads are done, which
// the wait for their products has ensured; a release to the whole cluster would wait for all of the block's stores to
// memory.
__device__ __forceinline__ void barrier_arrive_at(uint32_t barrier, uint32_t block) {
  asm volatile(
      "{\n\t.reg .b32 there;\n\tmapa.shared::cluster.u32 there, %0, %1;\n\t"
      "mbarrier.arrive.shared::cluster.b64 _, [there];\n\t}" ::"r"(barrier),
      "r"(block)
      : "memory");
}
__device__ __forceinline__ bool barrier_try_wait(uint32_t barrier, uint32_t parity) {
  uint32_t done;
  asm volatile(
      "{\n\t.reg .pred p;\n\tmbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n\tselp.u32 %0, 1, 0, p;\n\t}"
      : "=r"(done)
      : "r"(barrier), "r"(parity)
      : "memory");
  return done != 0;
}
// A wait that lasts a thousand times longer than any kernel here is a fault of the kernel: an error instead of a hang.
__device__ __forceinline__ void barrier_wait(uint32_t barrier, uint32_t parity) {
  for (int tries = 0; !barrier_try_wait(barrier, parity); tries++) {
    if (tries == 1 << 22) __trap();
  }
}

// ---- clusters, registers ----------------------------------------------------------------------------

__device__ __forceinline__ uint32_t cluster_rank() {
  uint32_t rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
}
__device__ __forceinline__ void cluster_sync() {
  asm volatile("barrier.cluster.arrive.release.aligned;\n\tbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}
template <int count>
__device__ __forceinline__ void registers_up() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(count));
}
template <int count>
__device__ __forceinline__ void registers_down() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(count));
}

// ---- copies from global to shared memory ------------------------------------------------------------

// The box at (x bytes, y rows) of a two-dimensional tensor. What lies outside of the tensor arrives as 0.
__device__ __forceinline__ void copy_box(uint32_t to, const CUtensorMap* map, int32_t x, int32_t y, uint32_t barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];" ::"r"(
          to),
      "l"(map), "r"(x), "r"(y), "r"(barrier)
      : "memory");
}
// The same to this place in each block of the cluster that `blocks` names by a bit.
__device__ __forceinline__ void copy_box_to(uint32_t to, const CUtensorMap* map, int32_t x, int32_t y, uint32_t barrier,
                                            uint16_t blocks) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster"
      " [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(to),
      "l"(map), "r"(x), "r"(y), "r"(barrier), "h"(blocks)
      : "memory");
}
// Bytes as they stand; addresses and size are multiples of 16.
__device__ __forceinline__ void copy_bytes(uint32_t to, const void* from, uint32_t bytes, uint32_t barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(to),
               "l"(from), "r"(bytes), "r"(barrier)
               : "memory");
}
// A box of shared memory to its place in a tensor; what lies outside of the tensor is not written. One thread issues
// and waits; what the others wrote is visible after their fence and a barrier.
__device__ __forceinline__ void store_box(const CUtensorMap* map, int32_t x, int32_t y, uint32_t from) {
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%1, %2}], [%3];" ::"l"(map), "r"(x), "r"(y),
               "r"(from)
               : "memory");
}
// Boxes since the last one are a group. Until all groups but the last `pending` have left shared memory, or all
// arrived:
__device__ __forceinline__ void stores_commit() {
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}
template <int pending>
__device__ __forceinline__ void stores_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(pending) : "memory");
}
__device__ __forceinline__ void stores_done() {
  asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}
__device__ __forceinline__ void store_fence() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}
// A barrier of `threads` threads of the block; number 0 is __syncthreads().
template <int threads>
__device__ __forceinline__ void group_sync(int number) {
  asm volatile("bar.sync %0, %1;" ::"r"(number), "n"(threads) : "memory");
}
__device__ __forceinline__ void prefetch_map(const CUtensorMap* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

// ---- products of a warpgroup ------------------------------------------------------------------------

// The descriptor of an operand whose rows of 128 (or 64) bytes are swizzled as the copy engine leaves them: eight rows
// stand together, and the next eight follow. The tile starts at a multiple of 1024 bytes.
template <int row_bytes>
__device__ __forceinline__ uint64_t operand(uint32_t address) {
  static_assert(row_bytes == 128 || row_bytes == 64, "other swizzles are not in use");
  const uint64_t swizzle = row_bytes == 128 ? 1 : 2;
  return static_cast<uint64_t>((address & 0x3ffff) >> 4) | uint64_t{1} << 16 | uint64_t{row_bytes * 8 / 16} << 32 |
         swizzle << 62;
}
__device__ __forceinline__ void products_fence() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
__device__ __forceinline__ void products_commit() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
template <int pending>
__device__ __forceinline__ void products_wait() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}

#define SINTER_SUMS_128(C)                                                                                          \
  C(d[0]), C(d[1]), C(d[2]), C(d[3]), C(d[4]), C(d[5]), C(d[6]), C(d[7]), C(d[8]), C(d[9]), C(d[10]), C(d[11]),     \
      C(d[12]), C(d[13]), C(d[14]), C(d[15]), C(d[16]), C(d[17]), C(d[18]), C(d[19]), C(d[20]), C(d[21]), C(d[22]), \
      C(d[23]), C(d[24]), C(d[25]), C(d[26]), C(d[27]), C(d[28]), C(d[29]), C(d[30]), C(d[31]), C(d[32]), C(d[33]), \
      C(d[34]), C(d[35]), C(d[36]), C(d[37]), C(d[38]), C(d[39]), C(d[40]), C(d[41]), C(d[42]), C(d[43]), C(d[44]), \
      C(d[45]), C(d[46]), C(d[47]), C(d[48]), C(d[49]), C(d[50]), C(d[51]), C(d[52]), C(d[53]), C(d[54]), C(d[55]), \
      C(d[56]), C(d[57]), C(d[58]), C(d[59]), C(d[60]), C(d[61]), C(d[62]), C(d[63]), C(d[64]), C(d[65]), C(d[66]), \
      C(d[67]), C(d[68]), C(d[69]), C(d[70]), C(d[71]), C(d[72]), C(d[73]), C(d[74]), C(d[75]), C(d[76]), C(d[77]), \
      C(d[78]), C(d[79]), C(d[80]), C(d[81]), C(d[82]), C(d[83]), C(d[84]), C(d[85]), C(d[86]), C(d[87]), C(d[88]), \
      C(d[89]), C(d[90]), C(d[91]), C(d[92]), C(d[93]), C(d[94]), C(d[95]), C(d[96]), C(d[97]), C(d[98]), C(d[99]), \
      C(d[100]), C(d[101]), C(d[102]), C(d[103]), C(d[104]), C(d[105]), C(d[106]), C(d[107]), C(d[108]), C(d[109]), \
      C(d[110]), C(d[111]), C(d[112]), C(d[113]), C(d[114]), C(d[115]), C(d[116]), C(d[117]), C(d[118]), C(d[119]), \
      C(d[120]), C(d[121]), C(d[122]), C(d[123]), C(d[124]), C(d[125]), C(d[126]), C(d[127])
#define SINTER_LIST_128                                                                              \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, " \
  "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, "  \
  "%40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, "  \
  "%59, %60, %61, %62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, "  \
  "%78, %79, %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, %96, "  \
  "%97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, "    \
  "%113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "
#define SINTER_SUMS_64(C)                                                                                           \
  C(d[0]), C(d[1]), C(d[2]), C(d[3]), C(d[4]), C(d[5]), C(d[6]), C(d[7]), C(d[8]), C(d[9]), C(d[10]), C(d[11]),     \
      C(d[12]), C(d[13]), C(d[14]), C(d[15]), C(d[16]), C(d[17]), C(d[18]), C(d[19]), C(d[20]), C(d[21]), C(d[22]), \
      C(d[23]), C(d[24]), C(d[25]), C(d[26]), C(d[27]), C(d[28]), C(d[29]), C(d[30]), C(d[31]), C(d[32]), C(d[33]), \
      C(d[34]), C(d[35]), C(d[36]), C(d[37]), C(d[38]), C(d[39]), C(d[40]), C(d[41]), C(d[42]), C(d[43]), C(d[44]), \
      C(d[45]), C(d[46]), C(d[47]), C(d[48]), C(d[49]), C(d[50]), C(d[51]), C(d[52]), C(d[53]), C(d[54]), C(d[55]), \
      C(d[56]), C(d[57]), C(d[58]), C(d[59]), C(d[60]), C(d[61]), C(d[62]), C(d[63])
#define SINTER_LIST_64                                                                               \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, " \
  "%21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, %36, %37, %38, %39, "  \
  "%40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, "  \
  "%59, %60, %61, %62, %63}, "
#define SINTER_INT(value) "+r"(value)
#define SINTER_FLOAT(value) "+f"(value)
// Operands behind the sums are numbered from `a` on; p says whether the sums count or start at 0.
#define SINTER_PRODUCT(shape, list, sums, a, b, p, tail)                                                          \
  asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.b32 p, " p ", 0;\n\twgmma.mma_async.sync.aligned." shape " " list a \
               ", " b ", p" tail ";\n\t}"                                                                         \
               : sums                                                                                             \
               : "l"(rows), "l"(columns), "r"(add))
#define SINTER_SPARSE_PRODUCT(shape, list, sums, a, b, e, p, tail)                                                   \
  asm volatile("{\n\t.reg .pred p;\n\tsetp.ne.b32 p, " p ", 0;\n\twgmma.mma_async.sp.sync.aligned." shape " " list a \
               ", " b ", " e ", 0, p" tail ";\n\t}"                                                                  \
               : sums                                                                                                \
               : "l"(rows), "l"(columns), "r"(places), "r"(add))

// d (+)= 64 rows by N columns over 32 bytes of each; d[4 j + i]: see docs of the kernel that reads them.
__device__ __forceinline__ void product(int32_t (&d)[128], uint64_t rows, uint64_t columns, uint32_t add) {
  SINTER_PRODUCT("m64n256k32.s32.s8.s8", SINTER_LIST_128, SINTER_SUMS_128(SINTER_INT), "%128", "%129", "%130", "");
}
__device__ __forceinline__ void product(float (&d)[128], uint64_t rows, uint64_t columns, uint32_t add) {
  SINTER_PRODUCT("m64n256k16.f32.bf16.bf16", SINTER_LIST_128, SINTER_SUMS_128(SINTER_FLOAT), "%128", "%129", "%130",
                 ", 1, 1, 0, 0");
}
__device__ __forceinline__ void product(int32_t (&d)[64], uint64_t rows, uint64_t columns, uint32_t add) {
  SINTER_PRODUCT("m64n128k32.s32.s8.s8", SINTER_LIST_64, SINTER_SUMS_64(SINTER_INT), "%64", "%65", "%66", "");
}
__device__ __forceinline__ void product(float (&d)[64], uint64_t rows, uint64_t columns, uint32_t add) {
  SINTER_PRODUCT("m64n128k16.f32.bf16.bf16", SINTER_LIST_64, SINTER_SUMS_64(SINTER_FLOAT), "%64", "%65", "%66",
                 ", 1, 1, 0, 0");
}
// The rows hold two of each four values (32 bytes stand for 64), `places` says which.
__device__ __forceinline__ void sparse_product(int32_t (&d)[128], uint64_t rows, uint64_t columns, uint32_t places,
                                               uint32_t add) {
  SINTER_SPARSE_PRODUCT("m64n256k64.s32.s8.s8", SINTER_LIST_128, SINTER_SUMS_128(SINTER_INT), "%128", "%129", "%130",
                        "%131", "");
}
__device__ __forceinline__ void sparse_product(float (&d)[128], uint64_t rows, uint64_t columns, uint32_t places,
                                               uint32_t add) {
  SINTER_SPARSE_PRODUCT("m64n256k32.f32.bf16.bf16", SINTER_LIST_128, SINTER_SUMS_128(SINTER_FLOAT), "%128", "%129",
                        "%130", "%131", ", 1, 1, 0, 0");
}
__device__ __forceinline__ void sparse_product(int32_t (&d)[64], uint64_t rows, uint64_t columns, uint32_t places,
                                               uint32_t add) {
  SINTER_SPARSE_PRODUCT("m64n128k64.s32.s8.s8", SINTER_LIST_64, SINTER_SUMS_64(SINTER_INT), "%64", "%65", "%66", "%67",
                        "");
}
__device__ __forceinline__ void sparse_product(float (&d)[64], uint64_t rows, uint64_t columns, uint32_t places,
                                               uint32_t add) {
  SINTER_SPARSE_PRODUCT("m64n128k32.f32.bf16.bf16", SINTER_LIST_64, SINTER_SUMS_64(SINTER_FLOAT), "%64", "%65", "%66",
                        "%67", ", 1, 1, 0, 0");
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_CUDA_HOPPER_CUH_
