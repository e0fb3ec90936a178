// Packs dense int8 weights as the 4x4 blocks that are not zero.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/status.h"
#include "kernels/gemm/packing.h"
#include "kernels/gemm/sparse.h"

namespace sinter {
namespace {

// Copies block (row, quad) with zeros past the edges; false when all of it is zero.
bool read_block(const GemmParams& p, const int8_t* weights, int64_t row, int64_t quad, int8_t* block) {
  memset(block, 0, 16);
  const int64_t columns = p.k - quad * 4 < 4 ? p.k - quad * 4 : 4;
  int any = 0;
  for (int64_t o = 0; o < 4 && row * 4 + o < p.n; o++) {
    for (int64_t i = 0; i < columns; i++) {
      block[o * 4 + i] = weights[(row * 4 + o) * p.k + quad * 4 + i];
      any |= block[o * 4 + i];
    }
  }
  return any != 0;
}

int64_t count_blocks(const GemmParams& p, const int8_t* weights) {
  const Block4x4Form f = block4x4_form(p);
  int64_t count = 0;
  int8_t block[16];
  for (int64_t r = 0; r < f.rows; r++) {
    for (int64_t q = 0; q < f.quads; q++) count += read_block(p, weights, r, q, block);
  }
  return count;
}

int64_t block4x4_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s8_sources(sources, p.n, p.k, true) != SINTER_OK) return -1;
  const int64_t blocks = count_blocks(p, static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data));
  if (blocks > UINT32_MAX) {
    fail(SINTER_INVALID_ARGUMENT, "%lld blocks are too many", (long long)blocks);
    return -1;
  }
  return block4x4_weights_offset(block4x4_form(p), blocks) + 16 * blocks;
}

sinter_status block4x4_pack(const void* params, const Source* sources, void* out, int64_t bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const Block4x4Form f = block4x4_form(p);
  const int8_t* weights = static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data);
  const char* bias = static_cast<const char*>(sources[GEMM_SOURCE_BIAS].data);
  const char* scale = static_cast<const char*>(sources[GEMM_SOURCE_SCALE].data);
  char* base = static_cast<char*>(out);
  memset(base, 0, static_cast<size_t>(bytes));
  int32_t* folded = reinterpret_cast<int32_t*>(base);
  int32_t* folded_u8 = reinterpret_cast<int32_t*>(base + f.bias_u8);
  float* scales = reinterpret_cast<float*>(base + f.scale);
  for (int64_t o = 0; o < p.n; o++) {
    int32_t sum = 0, value = 0;
    for (int64_t i = 0; i < p.k; i++) sum += weights[o * p.k + i];
    if (bias) memcpy(&value, bias + 4 * o, 4);
    // Unsigned: a bias near the ends of int32 may wrap here and back in the sum.
    const uint32_t start = static_cast<uint32_t>(value), total = static_cast<uint32_t>(sum);
    folded[o] = static_cast<int32_t>(start - static_cast<uint32_t>(p.a_zero_point) * total);
    folded_u8[o] = static_cast<int32_t>(start - static_cast<uint32_t>(p.a_zero_point + 128) * total);
    memcpy(&scales[o], scale + 4 * o, 4);
  }
  uint32_t* first = reinterpret_cast<uint32_t*>(base + f.first);
  uint16_t* quad = reinterpret_cast<uint16_t*>(base + f.quad);
  char* block = base + block4x4_weights_offset(f, count_blocks(p, weights));
  uint32_t count = 0;
  for (int64_t r = 0; r < f.rows; r++) {
    first[r] = count;
    for (int64_t q = 0; q < f.quads; q++) {
      int8_t values[16];
      if (!read_block(p, weights, r, q, values)) continue;
      quad[count++] = static_cast<uint16_t>(q);
      memcpy(block, values, 16);
      block += 16;
    }
  }
  first[f.rows] = count;
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_s8_block4x4_packing;
const PackingDef gemm_s8_block4x4_packing = {"gemm_s8_block4x4", 1, &gemm_op, GEMM_SOURCES, block4x4_bytes,
                                             block4x4_pack};

// One pixel: its k values widened to int16. Fewer than 8: per thread the activations as if they were
// 8 pixels (k / 4 quads of 8 pixels of 4 bytes).
int64_t gemm_s8_block4x4_avx2_scratch(const void* params, int) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const Block4x4Form f = block4x4_form(p);
  return p.m == 1 ? f.quads * 8 : p.m < 8 ? f.quads * 32 : 0;
}

// One pixel: its k values as u8.
int64_t gemm_s8_block4x4_avx512_scratch(const void* params, int) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return p.m == 1 ? block4x4_form(p).quads * 4 : 0;
}

}  // namespace sinter
