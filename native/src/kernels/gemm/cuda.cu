// gemm on any GPU: the tile over rows of a matrix.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/cuda_gemm.h"
#include "kernels/gemm/cuda_packing.h"
#include "kernels/gemm/cuda_tile.cuh"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

// value_bytes: of A in memory; weight_bytes: of W as it was packed.
struct Parts {
  MatrixPlaces places;
  TileShape shape;
  const void* bias;
  const float* scale;
  const char* weights;
};

Parts parts_of(const Call* call, int value_bytes, int weight_bytes) {
  const GemmParams& p = params_of<GemmParams>(call);
  const char* packed = slot_of<const char>(call, GEMM_WEIGHTS);
  Parts parts;
  parts.places = {slot_of<const char>(call, GEMM_A), int64_t{p.lda} * value_bytes, p.m, p.k * value_bytes};
  parts.bias = packed;
  parts.scale = reinterpret_cast<const float*>(packed + 4 * cuda_header_columns(p.n));
  parts.weights = packed + cuda_header_bytes(p.n);
  parts.shape.m = p.m;
  parts.shape.n = p.n;
  parts.shape.pitch = cuda_row_bytes(p.k, weight_bytes);
  parts.shape.stages = static_cast<int>(parts.shape.pitch / TILE_ROW);
  parts.shape.weights = parts.weights;
  return parts;
}

// The most bytes that copies may take: what divides the address and the distance of rows.
int copy_bytes(const MatrixPlaces& places) {
  const uintptr_t bits = reinterpret_cast<uintptr_t>(places.data) | static_cast<uintptr_t>(places.pitch);
  return bits % 16 == 0 ? 16 : bits % 8 == 0 ? 8 : bits % 4 == 0 ? 4 : 1;
}

// Few rows of A are a matter of reading W; errors are the last one of the runtime, for which the session asks.
bool launch_few(const Call* call, cudaError_t (*launch)(const GemmTask&)) {
  const GemmParams& p = params_of<GemmParams>(call);
  if (p.m > 16) return false;
  launch({&p, call->slots[GEMM_A], call->slots[GEMM_WEIGHTS], call->slots[GEMM_C], stream_of(call), 0});
  return true;
}

template <class Product, class Epilogue>
void launch_plain(const Call* call, const Parts& parts, const Epilogue& store) {
  if (parts.shape.m == 0) return;
  auto launch = [&](auto source) { launch_product<Product>(source, parts.shape, store, 1, stream_of(call)); };
  switch (copy_bytes(parts.places)) {
    case 16:
      return launch(PlainSource<MatrixPlaces, 16>{parts.places, parts.weights});
    case 8:
      return launch(PlainSource<MatrixPlaces, 8>{parts.places, parts.weights});
    case 4:
      return launch(PlainSource<MatrixPlaces, 4>{parts.places, parts.weights});
    default:
      return launch(PlainSource<MatrixPlaces, 1>{parts.places, parts.weights});
  }
}

template <class Out>
StoreBounded<Out> store_bounded(const Call* call, const Parts& parts) {
  const GemmParams& p = params_of<GemmParams>(call);
  return {slot_of<Out>(call, GEMM_C), p.ldc, static_cast<const float*>(parts.bias), p.act_min, p.act_max};
}

}  // namespace

namespace {

template <class Product, class Store>
void launch_bytes(const Call* call, int32_t w_zero_point) {
  const GemmParams& p = params_of<GemmParams>(call);
  const Parts parts = parts_of(call, 1, 1);
  char* c = slot_of<char>(call, GEMM_C);
  const bool words = reinterpret_cast<uintptr_t>(c) % 4 == 0 && p.ldc % 4 == 0;
  launch_plain<Product>(call, parts,
                        Store{c, p.ldc, static_cast<const int32_t*>(parts.bias), parts.scale, p.out_zero_point,
                              p.out_min, p.out_max, words, w_zero_point});
}

}  // namespace

void gemm_s8s8s8_sm80(const Call* call) {
  if (launch_few(call, launch_skinny_s8s8)) return;
  launch_bytes<ProductS8, StoreS8>(call, 0);
}

void gemm_u8u8u8_sm80(const Call* call) {
  launch_bytes<ProductU8, StoreU8>(call, params_of<GemmParams>(call).w_zero_point - 128);
}

void gemm_s8s8s32_sm80(const Call* call) {
  if (launch_few(call, launch_skinny_s8s32)) return;
  const GemmParams& p = params_of<GemmParams>(call);
  const Parts parts = parts_of(call, 1, 1);
  launch_plain<ProductS8>(call, parts,
                          StoreSums{slot_of<int32_t>(call, GEMM_C), p.ldc, static_cast<const int32_t*>(parts.bias)});
}

void gemm_bf16bf16f32_sm80(const Call* call) {
  if (launch_few(call, launch_skinny_bf16)) return;
  const Parts parts = parts_of(call, 2, 2);
  launch_plain<ProductBf16>(call, parts, store_bounded<float>(call, parts));
}

void gemm_bf16bf16bf16_sm80(const Call* call) {
  if (launch_few(call, launch_skinny_bf16_bf16)) return;
  const Parts parts = parts_of(call, 2, 2);
  launch_plain<ProductBf16>(call, parts, store_bounded<uint16_t>(call, parts));
}

namespace {

template <class Out>
void launch_rounded(const Call* call) {
  const Parts parts = parts_of(call, 4, 2);
  if (parts.shape.m == 0) return;
  const StoreBounded<Out> store = store_bounded<Out>(call, parts);
  auto launch = [&](auto source) { launch_product<ProductBf16>(source, parts.shape, store, 1, stream_of(call)); };
  // Vectors of 16 bytes are read whole.
  if (copy_bytes(parts.places) == 16 && parts.places.k_bytes % 16 == 0) {
    return launch(RoundingSource<MatrixPlaces, 16>{parts.places, parts.weights});
  }
  launch(RoundingSource<MatrixPlaces, 4>{parts.places, parts.weights});
}

}  // namespace

void gemm_f32bf16f32_sm80(const Call* call) {
  launch_rounded<float>(call);
}
void gemm_f32bf16bf16_sm80(const Call* call) {
  launch_rounded<uint16_t>(call);
}

void gemm_f32f32f32_sm80(const Call* call) {
  const Parts parts = parts_of(call, 4, 4);
  if (parts.shape.m == 0) return;
  const StoreFloats store = store_bounded<float>(call, parts);
  auto launch = [&](auto source) { launch_tiles<PlainSums>(source, parts.shape, store, 1, stream_of(call)); };
  if (copy_bytes(parts.places) == 16) return launch(PlainSource<MatrixPlaces, 16>{parts.places, parts.weights});
  launch(PlainSource<MatrixPlaces, 4>{parts.places, parts.weights});
}

}  // namespace sinter
