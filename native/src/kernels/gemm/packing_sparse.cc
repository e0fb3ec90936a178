// Packs dense int8 weights as the blocks that are not zero; how sparse rows split their work.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <algorithm>
#include <vector>

#include "core/cpu.h"
#include "core/status.h"
#include "kernels/gemm/packing.h"
#include "kernels/gemm/sparse.h"

namespace sinter {
namespace {

// A matrix of weights seen as blocks, with zeros past the edges.
struct BlockMatrix {
  const GemmParams& p;
  const int8_t* weights;
  int height;

  // Copies a block; false when all of it is zero or lies outside.
  bool read(int64_t row, int64_t quad, int8_t* block) const {
    memset(block, 0, static_cast<size_t>(height) * 4);
    const int64_t columns = p.k - quad * 4 < 4 ? p.k - quad * 4 : 4;
    int any = 0;
    for (int64_t o = 0; o < height && row * height + o < p.n; o++) {
      for (int64_t i = 0; i < columns; i++) {
        block[o * 4 + i] = weights[(row * height + o) * p.k + quad * 4 + i];
        any |= block[o * 4 + i];
      }
    }
    return any != 0;
  }
};

enum { HIGHEST_BLOCK = 16 };

// Which blocks there are, and in which order rows of blocks are worked on.
struct BlockOrder {
  std::vector<std::vector<uint16_t>> quads;  // per row of blocks
  std::vector<uint32_t> rows;                // in the order of work
  int64_t steps = 0;
};

BlockOrder order_of(const GemmParams& p, BlockShape shape, const int8_t* weights) {
  const BlockForm f = block_form(p, shape);
  const BlockMatrix matrix = {p, weights, shape.height};
  BlockOrder order;
  order.quads.resize(static_cast<size_t>(f.outputs / shape.height));
  order.rows.resize(order.quads.size());
  int8_t block[HIGHEST_BLOCK * 4];
  for (size_t r = 0; r < order.quads.size(); r++) {
    order.rows[r] = static_cast<uint32_t>(r);
    for (int64_t q = 0; q < f.quads; q++) {
      if (matrix.read(static_cast<int64_t>(r), q, block)) order.quads[r].push_back(static_cast<uint16_t>(q));
    }
  }
  const size_t chunk = static_cast<size_t>(SPARSE_CHUNK / shape.height);
  const size_t side = static_cast<size_t>(shape.width / shape.height);
  for (size_t from = 0; from < order.rows.size(); from += chunk) {
    const size_t to = from + chunk < order.rows.size() ? from + chunk : order.rows.size();
    std::stable_sort(order.rows.begin() + static_cast<int64_t>(from), order.rows.begin() + static_cast<int64_t>(to),
                     [&](uint32_t x, uint32_t y) { return order.quads[x].size() > order.quads[y].size(); });
    for (size_t r = from; r < to; r += side) order.steps += static_cast<int64_t>(order.quads[order.rows[r]].size());
  }
  return order;
}

template <const BlockShape& shape>
int64_t block_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s8_sources(sources, p.n, p.k, true) != SINTER_OK) return -1;
  const int64_t steps = order_of(p, shape, static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data)).steps;
  if (steps > UINT32_MAX) {
    fail(SINTER_INVALID_ARGUMENT, "%lld blocks are too many", (long long)steps);
    return -1;
  }
  return block_weights_offset(block_form(p, shape), shape, steps) + shape.width * 4 * steps;
}

template <const BlockShape& shape>
sinter_status block_pack(const void* params, const Source* sources, void* out, int64_t bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const BlockForm f = block_form(p, shape);
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
  const BlockOrder order = order_of(p, shape, weights);
  const BlockMatrix matrix = {p, weights, shape.height};
  uint32_t* places = reinterpret_cast<uint32_t*>(base + f.order);
  uint32_t* first = reinterpret_cast<uint32_t*>(base + f.first);
  uint16_t* quad = reinterpret_cast<uint16_t*>(base + f.quad);
  int8_t* blocks = reinterpret_cast<int8_t*>(base + block_weights_offset(f, shape, order.steps));
  const uint32_t height = static_cast<uint32_t>(shape.height);
  const int64_t side = shape.width / shape.height;
  for (size_t r = 0; r < order.rows.size(); r++) {
    for (uint32_t o = 0; o < height; o++) places[r * height + o] = order.rows[r] * height + o;
  }
  uint32_t step = 0;
  for (int64_t g = 0; g < f.groups; g++) {
    first[g] = step;
    for (int64_t i = 0; i < side; i++) {
      const uint32_t row = order.rows[static_cast<size_t>(g * side + i)];
      const std::vector<uint16_t>& list = order.quads[row];
      for (size_t s = 0; s < list.size(); s++) {
        const int64_t at = (first[g] + static_cast<int64_t>(s)) * side + i;
        quad[at] = list[s];
        matrix.read(row, list[s], blocks + at * 4 * shape.height);
      }
    }
    step += static_cast<uint32_t>(order.quads[order.rows[static_cast<size_t>(g * side)]].size());
  }
  first[f.groups] = step;
  return SINTER_OK;
}

int64_t level1_bytes() {
  static const int64_t bytes = cache_bytes(1) > 0 ? cache_bytes(1) : 32768;
  return bytes;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_s8_block1x4_packing, gemm_s8_block4x4_packing, gemm_s8_block16x4_packing;
const PackingDef gemm_s8_block1x4_packing = {"gemm_s8_block1x4",   1, &gemm_op, GEMM_SOURCES, block_bytes<BLOCK_1X4>,
                                             block_pack<BLOCK_1X4>};
const PackingDef gemm_s8_block4x4_packing = {"gemm_s8_block4x4",   2, &gemm_op, GEMM_SOURCES, block_bytes<BLOCK_4X4>,
                                             block_pack<BLOCK_4X4>};
const PackingDef gemm_s8_block16x4_packing = {"gemm_s8_block16x4",   1, &gemm_op, GEMM_SOURCES, block_bytes<BLOCK_16X4>,
                                              block_pack<BLOCK_16X4>};

SparseSplit sparse_split(const GemmParams& p, int threads, int width, int most, int64_t quad_bytes, int eighths) {
  const int64_t quads = (int64_t{p.k} + 3) / 4;
  int64_t fit = level1_bytes() * eighths / 8 / (quads * quad_bytes);
  fit = fit < 1 ? 1 : fit > most ? most : fit;
  SparseSplit s;
  s.vectors = (int64_t{p.m} + width - 1) / width;
  s.tiles = (s.vectors + fit - 1) / fit;
  if (threads > 1 && s.tiles > threads && s.tiles < int64_t{4} * threads) {
    // Whole rounds: with few tiles for each thread the last ones would leave others waiting.
    const int64_t whole = (s.tiles + threads - 1) / threads * threads;
    s.tiles = whole < s.vectors ? whole : s.vectors;
  }
  s.per_tile = s.tiles ? (s.vectors + s.tiles - 1) / s.tiles : 0;
  return s;
}

// ---- scratch --------------------------------------------------------------------------------------
// Per thread, or per tile where there are fewer: activations in quads, behind them results.
namespace {
int64_t panels(const void* params, int threads, int width, int most, int64_t quad_bytes, int eighths) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const SparseSplit split = sparse_split(p, threads, width, most, quad_bytes, eighths);
  return threads * (sparse_panel_bytes(p, split.per_tile, quad_bytes) + sparse_stage_bytes(p, split, threads, width));
}
}  // namespace

int64_t gemm_s8_blocks_avx2_scratch(const void* params, int threads) {
  return panels(params, threads, 8, SPARSE_MOST_AVX2, 64, SPARSE_WITHIN_LEVEL1);
}
int64_t gemm_s8_blocks_avx512_scratch(const void* params, int threads) {
  const int64_t within = panels(params, threads, 16, SPARSE_MOST_AVX512, 64, SPARSE_WITHIN_LEVEL1);
  const int64_t beyond = panels(params, threads, 16, SPARSE_MOST_AVX512, 64, SPARSE_BEYOND_LEVEL1);
  return within > beyond ? within : beyond;
}

// 16x4: per thread its rows of activations as unsigned bytes.
int64_t gemm_s8_block16x4_avx512_scratch(const void* params, int threads) {
  return threads * sparse_rows_bytes(*static_cast<const GemmParams*>(params), threads);
}

}  // namespace sinter
