// gemm of float activations and int8 weights: packings and the plain row.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/dynamic.h"

#include <string.h>

#include "core/status.h"
#include "core/workers.h"
#include "kernels/gemm/op.h"

namespace sinter {

sinter_status check_dynamic_sources(const Source* sources, int64_t n, int64_t k) {
  return check_s8_sources(sources, n, k, true);  // the same sizes
}

void pack_dynamic_columns(const Source* sources, int64_t first, int64_t count, int64_t room, void* out) {
  const DynamicColumns c = dynamic_columns(out, room);
  memset(out, 0, static_cast<size_t>(room * DYNAMIC_COLUMN_BYTES));
  const char* bias = static_cast<const char*>(sources[GEMM_SOURCE_BIAS].data);
  const size_t bytes = static_cast<size_t>(4 * count);
  memcpy(const_cast<float*>(c.scale), static_cast<const char*>(sources[GEMM_SOURCE_SCALE].data) + 4 * first, bytes);
  if (bias) memcpy(const_cast<float*>(c.bias), bias + 4 * first, bytes);
}

void pack_dynamic_plain(const Source* sources, int64_t n, int64_t k, void* out) {
  pack_dynamic_columns(sources, 0, n, n, out);
  memcpy(static_cast<char*>(out) + DYNAMIC_COLUMN_BYTES * n, sources[GEMM_SOURCE_WEIGHTS].data,
         static_cast<size_t>(n * k));
}

void pack_dynamic_tiles(const Source* sources, int64_t first, int64_t n, int64_t k, char* out) {
  const int8_t* weights = static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data);
  memset(out, 0, static_cast<size_t>(dynamic_tiles_bytes(n, k)));
  for (int64_t n0 = 0; n0 < n; n0 += DYNAMIC_TILE_COLUMNS, out += dynamic_tile_bytes(k)) {
    const int64_t count = n - n0 < DYNAMIC_TILE_COLUMNS ? n - n0 : DYNAMIC_TILE_COLUMNS;
    pack_dynamic_columns(sources, first + n0, count, DYNAMIC_TILE_COLUMNS, out);
    char* tile = out + dynamic_tile_header_bytes;
    for (int64_t j = 0; j < count; j++) {
      const int8_t* column = weights + (first + n0 + j) * k;
      for (int64_t i = 0; i < k; i++)
        tile[(i / 2 * DYNAMIC_TILE_COLUMNS + j) * 2 + i % 2] = static_cast<char>(column[i]);
    }
  }
}

namespace {

int64_t tiles_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_dynamic_sources(sources, p.n, p.k) == SINTER_OK ? dynamic_tiles_bytes(p.n, p.k) : -1;
}

sinter_status tiles_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_dynamic_tiles(sources, 0, p.n, p.k, static_cast<char*>(out));
  return SINTER_OK;
}

int64_t plain_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return check_dynamic_sources(sources, p.n, p.k) == SINTER_OK ? dynamic_plain_bytes(p.n, p.k) : -1;
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_dynamic_plain(sources, p.n, p.k, out);
  return SINTER_OK;
}

int64_t vnni_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_dynamic_sources(sources, p.n, p.k) != SINTER_OK) return -1;
  return dynamic_vnni_bias_bytes(p.n) + packed_tiles_bytes(tile_form_vnni, p.n, p.k);
}

sinter_status vnni_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(dynamic_vnni_bias_bytes(p.n)));
  const void* bias = sources[GEMM_SOURCE_BIAS].data;
  if (bias) memcpy(at, bias, 4 * static_cast<size_t>(p.n));
  pack_tiles(tile_form_vnni, p.n, p.k, 1, static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data), nullptr,
             static_cast<const float*>(sources[GEMM_SOURCE_SCALE].data), 0, at + dynamic_vnni_bias_bytes(p.n));
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_f32s8_plain_packing, gemm_f32s8_n16k2_packing, gemm_f32s8_n64k4_packing;
const PackingDef gemm_f32s8_n64k4_packing = {"gemm_f32s8_n64k4", 2, &gemm_op, GEMM_SOURCES, vnni_bytes, vnni_pack};
const PackingDef gemm_f32s8_plain_packing = {"gemm_f32s8_plain", 1, &gemm_op, GEMM_SOURCES, plain_bytes, plain_pack};
const PackingDef gemm_f32s8_n16k2_packing = {"gemm_f32s8_n16k2", 1, &gemm_op, GEMM_SOURCES, tiles_bytes, tiles_pack};

int64_t gemm_f32s8_avx2_scratch(const void* params, int threads) {
  return threads * dynamic_thread_bytes(static_cast<const GemmParams*>(params)->k);
}

int64_t gemm_f32s8_amx_scratch(const void* params, int threads) {
  return threads * dynamic_amx_panel(static_cast<const GemmParams*>(params)->k).bytes;
}

int64_t gemm_f32s8_vnni_scratch(const void* params, int threads) {
  return threads * dynamic_vnni_thread_bytes(static_cast<const GemmParams*>(params)->k);
}

void gemm_f32s8f32_reference(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const char* a = static_cast<const char*>(call->slots[GEMM_A]);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  const DynamicColumns columns = dynamic_columns(call->slots[GEMM_WEIGHTS], p.n);
  parallel_for(call->workers, p.m, [&](int64_t m, int) {
    const auto value = [&](int64_t k) {
      float x;
      memcpy(&x, a + 4 * (m * p.lda + k), 4);
      return x;
    };
    float low = 0.0f, high = 0.0f;
    for (int64_t k = 0; k < p.k; k++) {
      low = value(k) < low ? value(k) : low;
      high = value(k) > high ? value(k) : high;
    }
    const DynamicRange range = dynamic_range(low, high, p.dynamic);
    for (int64_t n = 0; n < p.n; n++) {
      int32_t sum = 0;
      for (int64_t k = 0; k < p.k; k++) {
        sum += dynamic_value(value(k), range) * columns.weights[n * p.k + k];
      }
      const float y =
          dynamic_bounded(dynamic_result(sum, range, columns.scale[n], columns.bias[n]), p.act_min, p.act_max);
      memcpy(c + 4 * (m * p.ldc + n), &y, 4);
    }
  });
}

}  // namespace sinter
