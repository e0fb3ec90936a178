// gemm's packings of int4 weights, and the scratch of their rows.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_s4.h"

#include <string.h>

#include "core/status.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/s4_scratch.h"

namespace sinter {
namespace {

int64_t scale_bytes(const GemmParams& p) {
  return p.block > 0 ? 2 * int64_t{p.n} * (p.k / p.block) : 4 * int64_t{p.n};
}

bool check_sources(const GemmParams& p, const Source* sources) {
  const int64_t weights = (int64_t{p.n} * p.k + 1) / 2, scales = scale_bytes(p);
  const Source &w = sources[GEMM_SOURCE_WEIGHTS], &bias = sources[GEMM_SOURCE_BIAS],
               &scale = sources[GEMM_SOURCE_SCALE];
  if (w.data && w.bytes == weights && scale.data && scale.bytes == scales &&
      (bias.data ? bias.bytes == int64_t{4} * p.n : bias.bytes == 0)) {
    return true;
  }
  fail(
      SINTER_INVALID_ARGUMENT,
      "gemm: int4 weights of %lld, bias of %lld, scales of %lld bytes for %dx%d in blocks of %d; weights of %lld, bias "
      "of %lld or none and scales of %lld bytes are needed",
      (long long)w.bytes, (long long)bias.bytes, (long long)scale.bytes, p.n, p.k, p.block, (long long)weights,
      (long long)p.n * 4, (long long)scales);
  return false;
}

int64_t plain_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_sources(p, sources) ? 4 * int64_t{p.n} + scale_bytes(p) + sources[GEMM_SOURCE_WEIGHTS].bytes : -1;
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  char* at = static_cast<char*>(out);
  const size_t bias = 4 * static_cast<size_t>(p.n), scales = static_cast<size_t>(scale_bytes(p));
  memset(at, 0, bias);
  if (sources[GEMM_SOURCE_BIAS].data) memcpy(at, sources[GEMM_SOURCE_BIAS].data, bias);
  memcpy(at + bias, sources[GEMM_SOURCE_SCALE].data, scales);
  memcpy(at + bias + scales, sources[GEMM_SOURCE_WEIGHTS].data,
         static_cast<size_t>(sources[GEMM_SOURCE_WEIGHTS].bytes));
  return SINTER_OK;
}

int64_t tiles_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_sources(p, sources) ? s4_tiles_bytes(p.n, p.k, p.block) : -1;
}

// Column j of a tile: its weights' nibbles, and the sum of the weights.
int32_t pack_column(const uint8_t* weights, int64_t first, int64_t k, int64_t block, int64_t width, int64_t j,
                    uint8_t* groups) {
  const int64_t span = block > 0 ? block : s4_round_up(k, 8);
  int32_t sum = 0;
  for (int64_t i = 0; i < k; i++) {
    const int w = s4_value(weights, first + i);
    const int64_t scales = block > 0 ? (i / span + 1) * 2 * width : 0;
    uint8_t* byte = groups + scales + i / 8 * 4 * width + 4 * j + i % 4;
    *byte = static_cast<uint8_t>(*byte | (w & 15) << (i % 8 < 4 ? 0 : 4));
    sum += w;
  }
  return sum;
}

sinter_status tiles_pack(const void* params, const Source* sources, void* out, int64_t out_bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const int64_t n = p.n, k = p.k, blocks = s4_block_count(k, p.block);
  if (p.block % 8 != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: packing gemm_s4_n64k8 takes blocks of a multiple of 8, not %d",
                p.block);
  }
  const uint8_t* weights = static_cast<const uint8_t*>(sources[GEMM_SOURCE_WEIGHTS].data);
  const char* scale = static_cast<const char*>(sources[GEMM_SOURCE_SCALE].data);
  const char* bias = static_cast<const char*>(sources[GEMM_SOURCE_BIAS].data);
  char* tile = static_cast<char*>(out);
  memset(tile, 0, static_cast<size_t>(out_bytes));
  for (int64_t n0 = 0; n0 < n; n0 += S4_TILE_COLUMNS) {
    const int64_t width = s4_tile_width(n, n0), count = n - n0 < width ? n - n0 : width;
    uint8_t* groups = reinterpret_cast<uint8_t*>(tile + s4_header_bytes(width));
    for (int64_t j = 0; j < count; j++) {
      const int32_t sum = pack_column(weights, (n0 + j) * k, k, p.block, width, j, groups);
      if (bias) memcpy(tile + 8 * width + 4 * j, bias + 4 * (n0 + j), 4);
      if (blocks == 0) {
        const int32_t correction = -128 * 16 * sum;
        memcpy(tile + 4 * j, &correction, 4);
        memcpy(tile + 4 * width + 4 * j, scale + 4 * (n0 + j), 4);
      }
      for (int64_t b = 0; b < blocks; b++) {
        uint8_t* at = groups + b * (2 * width + p.block / 8 * 4 * width) + 2 * j;
        memcpy(at, scale + 2 * ((n0 + j) * blocks + b), 2);
      }
    }
    tile += s4_tile_bytes(width, k, p.block);
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_s4_plain_packing, gemm_s4_n64k8_packing;
const PackingDef gemm_s4_plain_packing = {"gemm_s4_plain", 1, &gemm_op, GEMM_SOURCES, plain_bytes, plain_pack};
const PackingDef gemm_s4_n64k8_packing = {"gemm_s4_n64k8", 1, &gemm_op, GEMM_SOURCES, tiles_bytes, tiles_pack};

int64_t gemm_s4_vnni_scratch(const void* params, int threads) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return threads * s4_vnni_thread_bytes(p.m, p.k, p.block);
}
int64_t gemm_s4_amx_scratch(const void* params, int threads) {
  return threads * s4_amx_thread_bytes(static_cast<const GemmParams*>(params)->k);
}
int64_t gemm_s4_avx2_scratch(const void* params, int threads) {
  return threads * s4_avx2_thread_bytes(static_cast<const GemmParams*>(params)->k);
}

}  // namespace sinter
