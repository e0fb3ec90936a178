// conv on the GPU: the tile of gemm, fed with the windows of the images as they are needed (implicit im2col).
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/cuda_packing.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/requantize.h"

#include "kernels/gemm/cuda_tile.cuh"

namespace sinter {
namespace {

WindowPlaces places_of(const ConvParams& p, const void* in, int value_bytes) {
  const int channels = p.in_c / p.groups;
  WindowPlaces w;
  w.data = static_cast<const char*>(in);
  w.rows = static_cast<int>(int64_t{p.batch} * p.out_h * p.out_w);
  w.k_bytes = static_cast<int>(conv_k(p) * value_bytes);
  w.out_pixels = Divisor(static_cast<uint32_t>(p.out_h * p.out_w));
  w.out_w = Divisor(static_cast<uint32_t>(p.out_w));
  w.tap_bytes = Divisor(static_cast<uint32_t>(channels * value_bytes));
  w.kernel_w = Divisor(static_cast<uint32_t>(p.kernel_w));
  w.in_h = p.in_h;
  w.in_w = p.in_w;
  w.pixel_bytes = p.in_c * value_bytes;
  w.group_bytes = channels * value_bytes;
  w.stride_h = p.stride_h;
  w.stride_w = p.stride_w;
  w.dilation_h = p.dilation_h;
  w.dilation_w = p.dilation_w;
  w.pad_top = p.pad_top;
  w.pad_left = p.pad_left;
  return w;
}

// The most bytes that copies may take: what divides the address, the channels of a group and of a pixel.
int copy_bytes(const WindowPlaces& w) {
  const uintptr_t bits = reinterpret_cast<uintptr_t>(w.data) | static_cast<uintptr_t>(w.pixel_bytes) |
                         static_cast<uintptr_t>(w.group_bytes);
  return bits % 16 == 0 ? 16 : bits % 8 == 0 ? 8 : bits % 4 == 0 ? 4 : 1;
}

struct Parts {
  const char* packed;
  const void* bias;
  const float* scale;
  const char* fill;
  TileShape shape;
};

Parts parts_of(const ConvParams& p, const Call* call, int rows, int value_bytes) {
  const char* packed = slot_of<const char>(call, CONV_WEIGHTS);
  Parts parts;
  parts.packed = packed;
  parts.bias = packed;
  parts.scale = reinterpret_cast<const float*>(packed + 4 * cuda_header_columns(p.out_c));
  parts.fill = packed + cuda_conv_fill(p.out_c, conv_k(p), value_bytes);
  parts.shape.m = rows;
  parts.shape.n = p.out_c / p.groups;
  parts.shape.pitch = cuda_row_bytes(conv_k(p), value_bytes);
  parts.shape.stages = static_cast<int>(parts.shape.pitch / TILE_ROW);
  parts.shape.weights = packed + cuda_header_bytes(p.out_c);
  return parts;
}

}  // namespace

namespace {

template <class Product, class Store>
void launch_bytes(const Call* call, int32_t w_zero_point) {
  const ConvParams& p = params_of<ConvParams>(call);
  const WindowPlaces places = places_of(p, call->slots[CONV_IN], 1);
  if (places.rows == 0) return;
  const Parts parts = parts_of(p, call, places.rows, 1);
  char* out = slot_of<char>(call, CONV_OUT);
  const bool words = reinterpret_cast<uintptr_t>(out) % 4 == 0 && p.out_c % 4 == 0 && (p.out_c / p.groups) % 4 == 0;
  const Store store = {
      out,   p.out_c,     static_cast<const int32_t*>(parts.bias), parts.scale, p.out_zero_point, p.out_min, p.out_max,
      words, w_zero_point};
  auto launch = [&](auto source) { launch_product<Product>(source, parts.shape, store, p.groups, stream_of(call)); };
  switch (copy_bytes(places)) {
    case 16:
      return launch(PlainSource<WindowPlaces, 16>{places, parts.fill});
    case 8:
      return launch(PlainSource<WindowPlaces, 8>{places, parts.fill});
    case 4:
      return launch(PlainSource<WindowPlaces, 4>{places, parts.fill});
    default:
      return launch(PlainSource<WindowPlaces, 1>{places, parts.fill});
  }
}

}  // namespace

void conv_s8s8s8_sm80(const Call* call) {
  launch_bytes<ProductS8, StoreS8>(call, 0);
}

void conv_u8u8u8_sm80(const Call* call) {
  launch_bytes<ProductU8, StoreU8>(call, params_of<ConvParams>(call).w_zero_point - 128);
}

void conv_f32f32f32_sm80(const Call* call) {
  const ConvParams& p = params_of<ConvParams>(call);
  const WindowPlaces places = places_of(p, call->slots[CONV_IN], 4);
  if (places.rows == 0) return;
  const Parts parts = parts_of(p, call, places.rows, 4);
  const StoreFloats store = {slot_of<float>(call, CONV_OUT), p.out_c, static_cast<const float*>(parts.bias), p.act_min,
                             p.act_max};
  auto launch = [&](auto source) { launch_tiles<PlainSums>(source, parts.shape, store, p.groups, stream_of(call)); };
  if (copy_bytes(places) == 16) return launch(PlainSource<WindowPlaces, 16>{places, parts.fill});
  launch(PlainSource<WindowPlaces, 4>{places, parts.fill});
}

void conv_f32bf16f32_sm80(const Call* call) {
  const ConvParams& p = params_of<ConvParams>(call);
  const WindowPlaces places = places_of(p, call->slots[CONV_IN], 4);
  if (places.rows == 0) return;
  const Parts parts = parts_of(p, call, places.rows, 2);
  const StoreFloats store = {slot_of<float>(call, CONV_OUT), p.out_c, static_cast<const float*>(parts.bias), p.act_min,
                             p.act_max};
  auto launch = [&](auto source) {
    launch_product<ProductBf16>(source, parts.shape, store, p.groups, stream_of(call));
  };
  if (copy_bytes(places) == 16) return launch(RoundingSource<WindowPlaces, 16>{places, parts.fill});
  launch(RoundingSource<WindowPlaces, 4>{places, parts.fill});
}

}  // namespace sinter
