// conv's int8 and uint8 packings: per group the tiles that gemm uses, with k = kernel_h * kernel_w * channels. The
// rows of a kernel are runs of k: kernels read an image's lines where they are, so each begins a group.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/status.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/packing.h"

namespace sinter {
namespace {

sinter_status check_sources(const ConvParams& p, const Source* sources) {
  // The sources are gemm's: weights [out_c][k], bias, scale.
  return check_s8_sources(sources, p.out_c, conv_k(p), true);
}

template <const TileForm& form>
int64_t bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_sources(p, sources) != SINTER_OK) return -1;
  return p.groups * packed_tiles_bytes(form, p.out_c / p.groups, conv_k(p), p.kernel_h);
}

template <const TileForm& form>
sinter_status pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups, runs = p.kernel_h;
  const int8_t* weights = static_cast<const int8_t*>(sources[CONV_SOURCE_WEIGHTS].data);
  const int32_t* bias = static_cast<const int32_t*>(sources[CONV_SOURCE_BIAS].data);
  const float* scale = static_cast<const float*>(sources[CONV_SOURCE_SCALE].data);
  char* at = static_cast<char*>(out);
  for (int64_t g = 0; g < p.groups; g++, at += packed_tiles_bytes(form, n, k, runs)) {
    pack_tiles(form, n, k, runs, weights + g * n * k, bias ? bias + g * n : nullptr, scale + g * n, p.in_zero_point,
               at);
  }
  return SINTER_OK;
}

template <const TileForm& form>
sinter_status pack_u8(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups, runs = p.kernel_h;
  const uint8_t* weights = static_cast<const uint8_t*>(sources[CONV_SOURCE_WEIGHTS].data);
  const int32_t* bias = static_cast<const int32_t*>(sources[CONV_SOURCE_BIAS].data);
  const float* scale = static_cast<const float*>(sources[CONV_SOURCE_SCALE].data);
  char* at = static_cast<char*>(out);
  for (int64_t g = 0; g < p.groups; g++, at += packed_tiles_bytes(form, n, k, runs)) {
    pack_tiles_u8(form, n, k, runs, weights + g * n * k, bias ? bias + g * n : nullptr, scale + g * n, p.in_zero_point,
                  p.w_zero_point, at);
  }
  return SINTER_OK;
}

int64_t plain_bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_sources(p, sources) != SINTER_OK) return -1;
  return int64_t{8} * p.out_c + int64_t{p.out_c} * conv_k(p);
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t total) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const size_t n = static_cast<size_t>(p.out_c);
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  if (sources[CONV_SOURCE_BIAS].data) memcpy(at, sources[CONV_SOURCE_BIAS].data, 4 * n);
  memcpy(at + 4 * n, sources[CONV_SOURCE_SCALE].data, 4 * n);
  memcpy(at + 8 * n, sources[CONV_SOURCE_WEIGHTS].data, n * static_cast<size_t>(conv_k(p)));
  return SINTER_OK;
}

}  // namespace

extern const OpDef conv_op;
extern const PackingDef conv_s8_plain_packing, conv_s8_n16k2_packing, conv_s8_n64k4_packing;
const PackingDef conv_s8_plain_packing = {"conv_s8_plain", 1, &conv_op, CONV_SOURCES, plain_bytes, plain_pack};
const PackingDef conv_s8_n16k2_packing = {"conv_s8_n16k2",     2, &conv_op, CONV_SOURCES, bytes<tile_form_avx2>,
                                          pack<tile_form_avx2>};
const PackingDef conv_s8_n64k4_packing = {"conv_s8_n64k4",     3, &conv_op, CONV_SOURCES, bytes<tile_form_vnni>,
                                          pack<tile_form_vnni>};

extern const PackingDef conv_u8_plain_packing, conv_u8_n16k2_packing, conv_u8_n64k4_packing;
const PackingDef conv_u8_plain_packing = {"conv_u8_plain", 1, &conv_op, CONV_SOURCES, plain_bytes, plain_pack};
const PackingDef conv_u8_n16k2_packing = {"conv_u8_n16k2",        2, &conv_op, CONV_SOURCES, bytes<tile_form_avx2>,
                                          pack_u8<tile_form_avx2>};
const PackingDef conv_u8_n64k4_packing = {
    "conv_u8_n64k4", 3, &conv_op, CONV_SOURCES, bytes<tile_form_vnni_u8>, pack_u8<tile_form_vnni_u8>};

// AVX2: the same as for AVX-512 below, widened to int16.
int64_t conv_avx2_scratch(const void* params, int threads, bool corrected) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  return scratch_of_any_cut(threads, [&](int t) { return avx2_conv_block(p, t, corrected).bytes; });
}
int64_t conv_s8_avx2_scratch(const void* params, int threads) {
  return conv_avx2_scratch(params, threads, false);
}
int64_t conv_u8_avx2_scratch(const void* params, int threads) {
  return conv_avx2_scratch(params, threads, true);
}
// int16 by int8: per thread a panel of gathered pixels, see x86_avx2_s16.cc.
int64_t conv_s16_avx2_scratch(const void* params, int threads) {
  return threads * avx2_panel_bytes(conv_k(*static_cast<const ConvParams*>(params)));
}

// AVX-512 VNNI: per thread a window or the rows of the image under a block of output rows, see shape.h.
int64_t conv_vnni_scratch(const void* params, int threads, bool corrected) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  return scratch_of_any_cut(threads, [&](int t) { return conv_block(p, t, corrected).bytes; });
}
int64_t conv_narrow_scratch(const void* params, int threads) {
  int64_t bytes = conv_vnni_scratch(params, threads, false);
  return __builtin_add_overflow(bytes, threads * CONV_NARROW_OVERREAD, &bytes) ? INT64_MAX : bytes;
}
int64_t conv_amx_scratch(const void* params, int threads, int64_t value_bytes, bool as_they_are, bool corrected) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  return scratch_of_any_cut(threads,
                            [&](int t) { return amx_conv_block(p, t, value_bytes, as_they_are, corrected).bytes; });
}
int64_t conv_u8_amx_scratch(const void* params, int threads) {
  return conv_amx_scratch(params, threads, 1, false, true);
}
int64_t conv_s8_amx_scratch(const void* params, int threads) {
  return conv_amx_scratch(params, threads, 1, false, false);
}
int64_t conv_bf16_amx_scratch(const void* params, int threads) {
  return conv_amx_scratch(params, threads, 2, false, false);
}
int64_t conv_bf16bf16_amx_scratch(const void* params, int threads) {
  return conv_amx_scratch(params, threads, 2, true, false);
}
int64_t conv_u8_vnni_scratch(const void* params, int threads) {
  return conv_vnni_scratch(params, threads, true);
}
int64_t conv_s8_vnni_scratch(const void* params, int threads) {
  return conv_vnni_scratch(params, threads, false);
}

}  // namespace sinter
