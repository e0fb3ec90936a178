// Packs int8 weights for int16 activations; gemm's packings of them.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing_s16.h"

#include <string.h>

#include "core/status.h"
#include "kernels/gemm/op.h"
#include "kernels/gemm/packing.h"
#include "kernels/quantize/fixed_point.h"

namespace sinter {

sinter_status check_s16_sources(const Source* sources, int64_t n, int64_t k, int32_t how) {
  const Source& weights = sources[GEMM_SOURCE_WEIGHTS];
  const Source& bias = sources[GEMM_SOURCE_BIAS];
  const Source& scale = sources[GEMM_SOURCE_SCALE];
  if (!weights.data || weights.bytes != n * k) {
    return fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, %lld x %lld are needed", (long long)weights.bytes,
                (long long)n, (long long)k);
  }
  const int64_t element = how & 1 ? 4 : 8;
  if (bias.data && bias.bytes != element * n) {
    return fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, %lld x %lld are needed", (long long)bias.bytes,
                (long long)element, (long long)n);
  }
  if (!scale.data || scale.bytes != 8 * n) {
    return fail(SINTER_INVALID_ARGUMENT, "scale has %lld bytes, 8 x %lld are needed", (long long)scale.bytes,
                (long long)n);
  }
  for (int64_t i = 0; i < n; i++) {
    double value;
    memcpy(&value, static_cast<const char*>(scale.data) + 8 * i, 8);
    if (!(value > 0 && value < 16384)) {
      return fail(SINTER_INVALID_ARGUMENT, "scale %lld is %g; it must be positive and below 2^14", (long long)i, value);
    }
  }
  return SINTER_OK;
}

void pack_s16_columns(const Source* sources, int64_t first, int64_t count, int64_t room, int32_t how, void* out) {
  const Columns16 c = columns16(out, room);
  memset(out, 0, static_cast<size_t>(room * S16_COLUMN_BYTES));
  const char* bias = static_cast<const char*>(sources[GEMM_SOURCE_BIAS].data);
  for (int64_t i = 0; i < count; i++) {
    int64_t value = 0;
    if (bias && (how & 1)) {
      int32_t narrow;
      memcpy(&narrow, bias + 4 * (first + i), 4);
      value = narrow;
    } else if (bias) {
      memcpy(&value, bias + 8 * (first + i), 8);
    }
    double scale;
    memcpy(&scale, static_cast<const char*>(sources[GEMM_SOURCE_SCALE].data) + 8 * (first + i), 8);
    const FixedFactor factor = fixed_factor(scale);
    const_cast<int64_t*>(c.bias)[i] = value;
    const_cast<double*>(c.scale)[i] = scale;
    const_cast<int32_t*>(c.multiplier)[i] = factor.mantissa;
    const_cast<int32_t*>(c.shift)[i] = factor.shift;
  }
}

void pack_s16_tiles(const Source* sources, int64_t first, int64_t n, int64_t k, int32_t how, char* out) {
  const int8_t* weights = static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data);
  memset(out, 0, static_cast<size_t>(s16_tiles_bytes(n, k)));
  for (int64_t n0 = 0; n0 < n; n0 += S16_TILE_COLUMNS, out += s16_tile_bytes(k)) {
    const int64_t count = n - n0 < S16_TILE_COLUMNS ? n - n0 : S16_TILE_COLUMNS;
    pack_s16_columns(sources, first + n0, count, S16_TILE_COLUMNS, how, out);
    char* tile = out + s16_tile_header_bytes;
    for (int64_t j = 0; j < count; j++) {
      const int8_t* column = weights + (first + n0 + j) * k;
      for (int64_t i = 0; i < k; i++) tile[(i / 2 * S16_TILE_COLUMNS + j) * 2 + i % 2] = static_cast<char>(column[i]);
    }
  }
}

void pack_s16_lanes(const Source* sources, const int64_t* columns, const int64_t* less, int32_t how, Lanes16* out) {
  memset(out, 0, sizeof *out);
  for (int64_t j = 0; j < 16; j++) {
    if (columns[j] < 0) continue;
    alignas(8) char room[S16_COLUMN_BYTES];
    pack_s16_columns(sources, columns[j], 1, 1, how, room);
    const Columns16 column = columns16(room, 1);
    const int64_t at = j % 2 * 8 + j / 2;
    uint64_t offset = static_cast<uint64_t>(column.bias[0]);
    if (less) offset -= static_cast<uint64_t>(less[j]);
    const int32_t shift = column.shift[0];
    out->a[at] = 1;
    if (how == REQUANTIZE_FIXED_64) {
      out->a[at] = reduced_multiplier(column.multiplier[0]);
      offset = offset * static_cast<uint64_t>(out->a[at]) + (uint64_t{1} << (14 - shift));
      out->c[at] = 15 - shift;
    } else if (how == REQUANTIZE_DOUBLE_64) {
      memcpy(&out->c[at], column.scale, 8);
    } else {
      const uint64_t upper = static_cast<uint32_t>(shift), lower = static_cast<uint32_t>(column.multiplier[0]);
      out->c[at] = static_cast<int64_t>(upper << 32 | lower);
    }
    out->b[at] = 256 * out->a[at];
    out->offset[at] = static_cast<int64_t>(offset);
  }
}

void pack_s16_split(const Source* sources, int64_t first, int64_t n, int64_t k, int64_t runs, int32_t how, char* out) {
  const int8_t* weights = static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data) + first * k;
  Lanes16* lanes = reinterpret_cast<Lanes16*>(out);
  for (int64_t n0 = 0; n0 < n; n0 += 16) {
    int64_t columns[16], less[16];
    for (int64_t j = 0; j < 16; j++) {
      columns[j] = n0 + j < n ? first + n0 + j : -1;
      less[j] = 0;  // a high byte is 128 too large, and counts 256 times
      for (int64_t i = 0; i < k && n0 + j < n; i++) less[j] += 32768 * weights[(n0 + j) * k + i];
    }
    pack_s16_lanes(sources, columns, less, how, lanes + n0 / 16);
  }
  pack_tiles(tile_form_vnni_u8, n, k, runs, weights, nullptr, nullptr, 0, out + lanes16_bytes(n));
}

namespace {

int64_t tiles_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s16_sources(sources, p.n, p.k, p.requantization) != SINTER_OK) return -1;
  return s16_tiles_bytes(p.n, p.k);
}

sinter_status tiles_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_s16_tiles(sources, 0, p.n, p.k, p.requantization, static_cast<char*>(out));
  return SINTER_OK;
}

int64_t split_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s16_sources(sources, p.n, p.k, p.requantization) != SINTER_OK) return -1;
  return s16_split_bytes(p.n, p.k, 1);
}

sinter_status split_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_s16_split(sources, 0, p.n, p.k, 1, p.requantization, static_cast<char*>(out));
  return SINTER_OK;
}

int64_t plain_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s16_sources(sources, p.n, p.k, p.requantization) != SINTER_OK) return -1;
  return s16_plain_bytes(p.n, p.k);
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_s16_columns(sources, 0, p.n, p.n, p.requantization, out);
  memcpy(static_cast<char*>(out) + S16_COLUMN_BYTES * p.n, sources[GEMM_SOURCE_WEIGHTS].data,
         static_cast<size_t>(int64_t{p.n} * p.k));
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_s16s8_plain_packing, gemm_s16s8_n16k2_packing, gemm_s16s8_n64k4_packing;
const PackingDef gemm_s16s8_plain_packing = {"gemm_s16s8_plain", 1, &gemm_op, GEMM_SOURCES, plain_bytes, plain_pack};
const PackingDef gemm_s16s8_n16k2_packing = {"gemm_s16s8_n16k2", 1, &gemm_op, GEMM_SOURCES, tiles_bytes, tiles_pack};
const PackingDef gemm_s16s8_n64k4_packing = {"gemm_s16s8_n64k4", 1, &gemm_op, GEMM_SOURCES, split_bytes, split_pack};

// Per thread the two bytes of a block of rows, see drive_s16.h.
int64_t gemm_s16_vnni_scratch(const void* params, int threads) {
  return threads * split_panel(static_cast<const GemmParams*>(params)->k, SPLIT_ROWS_VNNI).bytes;
}
int64_t gemm_s16_amx_scratch(const void* params, int threads) {
  return threads * split_panel(static_cast<const GemmParams*>(params)->k, SPLIT_ROWS_AMX).bytes;
}

}  // namespace sinter
