// conv of float activations and int8 weights by tiles of VNNI: images are quantized to unsigned bytes, then multiplied
// as int8's, outside of an image stands its zero point. For files that include dynamic_vnni.h or dynamic_avxvnni.h
// before. SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CONV_DRIVE_DYNAMIC_VNNI_H_
#define SINTER_KERNELS_CONV_DRIVE_DYNAMIC_VNNI_H_

#include "kernels/conv/drive_vnni.h"
#include "kernels/conv/dynamic.h"
#include "kernels/gemm/dynamic_images.h"

namespace sinter {
namespace {

template <DynamicResult HOW>
inline void conv_dynamic_as(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p), plane = int64_t{p.out_h} * p.out_w;
  const int64_t image = int64_t{p.in_h} * p.in_w * p.in_c;
  const int threads = call->workers->threads;
  if (p.batch * plane == 0) return;
  const auto images = dynamic_images<DynamicVnni, uint8_t>(call, static_cast<const float*>(call->slots[CONV_IN]),
                                                           p.batch, image, p.dynamic);
  const float* bias = static_cast<const float*>(call->slots[CONV_WEIGHTS]);
  const int64_t bias_bytes = dynamic_vnni_bias_bytes(n);
  const Product all = {p,
                       images.values,
                       static_cast<const char*>(call->slots[CONV_WEIGHTS]) + p.groups * bias_bytes,
                       static_cast<char*>(call->slots[CONV_OUT]),
                       conv_block(p, threads, false),
                       {},
                       n,
                       k,
                       tile_bytes(tile_form_vnni, k, p.kernel_h),
                       packed_tiles_bytes(tile_form_vnni, n, k, p.kernel_h),
                       0,
                       0,
                       false};
  float* out = static_cast<float*>(call->slots[CONV_OUT]);
  const int64_t rows = all.block.rows, count = dynamic_conv_ranges(p), ranges_bytes = dynamic_conv_ranges_bytes(p);
  char* scratch = static_cast<char*>(call->scratch) + dynamic_images_bytes(p.batch, image, threads);
  // f(product, multiply, window's scratch) for image b.
  const auto with_image = [&](int64_t b, int thread, const auto& f) {
    Product q = all;
    q.zero = static_cast<uint8_t>(images.ranges[b].zero_point + 128);
    DynamicRange* ranges = reinterpret_cast<DynamicRange*>(scratch + thread * ranges_bytes);
    for (int64_t i = 0; i < count; i++) ranges[i] = images.ranges[b];  // tiles want one for each row
    const auto multiply = [&](const VnniRows& pixels, const char* tile, int64_t g, int64_t n0, int columns, int64_t at,
                              int64_t ldc) {
      vnni_any_tile(pixels, tile,
                    VnniStoreDynamic<HOW>{out + at, ldc, columns, ranges, bias + g * (bias_bytes / 4) + n0, p.act_min,
                                          p.act_max});
    };
    char* own = scratch + threads * ranges_bytes + thread * q.block.bytes;
    f(q, multiply, reinterpret_cast<uint8_t*>(own));
  };
  const int64_t lines = all.block.whole ? p.out_h : plane, blocks = (lines + rows - 1) / rows;
  const int64_t groups = p.groups;
  parallel_for(call->workers, p.batch * blocks * groups, [&](int64_t task, int thread) {
    const int64_t g = task % groups, b = task / groups / blocks, first = task / groups % blocks * rows;
    const int64_t some = lines - first < rows ? lines - first : rows;
    with_image(b, thread, [&](const Product& q, const auto& multiply, uint8_t* own) {
      if (q.block.whole) {
        whole_rows(q, b, first, some, g, own, multiply);
      } else {
        gathered_pixels(q, b * plane + first, some, g, own, multiply);
      }
    });
  });
}

inline void conv_dynamic(const Call* call) {
  const int32_t mode = static_cast<const ConvParams*>(call->params)->dynamic;
  if (mode == DYNAMIC_DELEGATE) return conv_dynamic_as<FUSED>(call);
  if (mode < DYNAMIC_SYMMETRIC_FOLDED) return conv_dynamic_as<ROUNDED>(call);
  conv_dynamic_as<FOLDED>(call);
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_DRIVE_DYNAMIC_VNNI_H_
