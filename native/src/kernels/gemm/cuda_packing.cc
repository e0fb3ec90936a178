// Packs weights for gemm's CUDA kernels; see cuda_packing.h.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/cuda_packing.h"

#include <string.h>

#include "core/status.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

// Of W: int8, or bfloat16 from floats or from bfloat16.
enum Kind { S8_BY_S8, BF16_BY_BF16, BF16_BY_S8 };

constexpr int64_t value_bytes(Kind kind) {
  return kind == BF16_BY_BF16 ? 2 : 1;
}

uint32_t read_weight(Kind kind, const Source& weights, int64_t n, int64_t k, int64_t index) {
  const char* data = static_cast<const char*>(weights.data);
  if (kind != BF16_BY_BF16) return static_cast<uint8_t>(data[index]);
  if (weights.bytes == 4 * n * k) {
    float value;
    memcpy(&value, data + 4 * index, 4);  // sources may be unaligned
    return bf16_from_float(value);
  }
  uint16_t value;
  memcpy(&value, data + 2 * index, 2);
  return bf16_from_float(bf16_to_float(value));  // a denormal becomes 0
}

bool sources_fit(Kind kind, const Source* sources, int64_t n, int64_t k) {
  const Source &weights = sources[GEMM_SOURCE_WEIGHTS], &bias = sources[GEMM_SOURCE_BIAS],
               &scale = sources[GEMM_SOURCE_SCALE];
  const bool floats = kind == BF16_BY_BF16 && weights.bytes == 4 * n * k;
  if (!weights.data || (!floats && weights.bytes != value_bytes(kind) * n * k)) {
    fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, %lld x %lld x %lld are needed", (long long)weights.bytes,
         (long long)value_bytes(kind), (long long)n, (long long)k);
    return false;
  }
  if (bias.data && bias.bytes != 4 * n) {
    fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, 4 x %lld are needed", (long long)bias.bytes, (long long)n);
    return false;
  }
  if (kind == BF16_BY_BF16 ? scale.data != nullptr : scale.data ? scale.bytes != 4 * n : kind == BF16_BY_S8) {
    fail(SINTER_INVALID_ARGUMENT, "scale has %lld bytes, %lld are needed", (long long)scale.bytes,
         kind == BF16_BY_BF16 ? 0LL : (long long)(4 * n));
    return false;
  }
  return true;
}

// Bias with the zero point's part taken off, and scale.
void pack_header(Kind kind, const GemmParams& p, const Source* sources, char* out) {
  const int64_t n = p.n, k = p.k;
  memset(out, 0, static_cast<size_t>(cuda_header_bytes(n)));
  if (sources[GEMM_SOURCE_BIAS].data) memcpy(out, sources[GEMM_SOURCE_BIAS].data, static_cast<size_t>(4 * n));
  if (sources[GEMM_SOURCE_SCALE].data) {
    memcpy(out + 4 * cuda_header_columns(n), sources[GEMM_SOURCE_SCALE].data, static_cast<size_t>(4 * n));
  }
  if (kind != S8_BY_S8 || p.a_zero_point == 0) return;
  const int8_t* weights = static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data);
  for (int64_t j = 0; j < n; j++) {
    int32_t sum = 0, bias;
    for (int64_t i = 0; i < k; i++) sum += weights[j * k + i];
    memcpy(&bias, out + 4 * j, 4);
    // Unsigned: a bias near the ends of int32 may wrap here and back in the sum.
    const uint32_t folded =
        static_cast<uint32_t>(bias) - static_cast<uint32_t>(p.a_zero_point) * static_cast<uint32_t>(sum);
    memcpy(out + 4 * j, &folded, 4);
  }
}

template <Kind kind>
int64_t rows_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return sources_fit(kind, sources, p.n, p.k) ? cuda_rows_bytes(p.n, p.k, value_bytes(kind)) : -1;
}

template <Kind kind>
sinter_status rows_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  char* at = static_cast<char*>(out);
  pack_header(kind, p, sources, at);
  at += cuda_header_bytes(p.n);
  const int64_t row = cuda_row_bytes(p.k, value_bytes(kind)), used = p.k * value_bytes(kind);
  const Source& weights = sources[GEMM_SOURCE_WEIGHTS];
  for (int64_t j = 0; j < p.n; j++, at += row) {
    memset(at + used, 0, static_cast<size_t>(row - used));
    if (kind != BF16_BY_BF16) {
      memcpy(at, static_cast<const char*>(weights.data) + j * p.k, static_cast<size_t>(used));
      continue;
    }
    for (int64_t i = 0; i < p.k; i++) {
      const uint16_t value = static_cast<uint16_t>(read_weight(kind, weights, p.n, p.k, j * p.k + i));
      memcpy(at + 2 * i, &value, 2);
    }
  }
  return SINTER_OK;
}

template <Kind kind>
int64_t kept_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return sources_fit(kind, sources, p.n, p.k) ? cuda_2of4_bytes(p.n, p.k, value_bytes(kind)) : -1;
}

template <Kind kind>
sinter_status kept_pack(const void* params, const Source* sources, void* out, int64_t bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const Source& weights = sources[GEMM_SOURCE_WEIGHTS];
  constexpr int size = static_cast<int>(value_bytes(kind)), groups_of_step = 32 / size;
  char* head = static_cast<char*>(out);
  memset(head, 0, static_cast<size_t>(bytes));
  pack_header(kind, p, sources, head);
  char* values = head + cuda_header_bytes(p.n);
  char* places = head + cuda_2of4_places_offset(p.n, p.k, size);
  const int64_t row_bytes = cuda_2of4_row_bytes(p.k, size), steps = cuda_2of4_steps(p.k, size);
  // Rows behind n and groups behind k keep zeros at places 0 and 1.
  for (int64_t j = 0; j < cuda_round_up(p.n, 128); j++) {
    for (int64_t g = 0; g < steps * groups_of_step; g++) {
      int place[2] = {-1, -1}, found = 0;
      for (int i = 0; j < p.n && i < 4 && 4 * g + i < p.k; i++) {
        const uint32_t value = read_weight(kind, weights, p.n, p.k, j * p.k + 4 * g + i);
        if (kind == BF16_BY_BF16 ? (value & 0x7fff) == 0 : value == 0) continue;
        if (found == 2) {
          return fail(SINTER_INVALID_ARGUMENT,
                      "weights of row %lld have more than two values other than 0 in columns %lld to %lld; they are "
                      "not 2:4 sparse",
                      (long long)j, (long long)(4 * g), (long long)(4 * g + 3));
        }
        place[found++] = i;
      }
      // The places of a group are two and rise; what is not needed keeps a zero.
      if (found == 0) place[0] = 0, place[1] = 1;
      if (found == 1) {
        place[1] = place[0] < 3 ? 3 : place[0];
        place[0] = place[0] < 3 ? place[0] : 0;
      }
      for (int kept = 0; kept < 2; kept++) {
        const int64_t column = 4 * g + place[kept];
        if (j < p.n && column < p.k) {
          const uint32_t value = read_weight(kind, weights, p.n, p.k, j * p.k + column);
          memcpy(values + j * row_bytes + (2 * g + kept) * size, &value, size);
        }
        const CudaPlace at =
            cuda_2of4_place(static_cast<int>(j % 128), static_cast<int>(g % groups_of_step), kept, size);
        char* step = places + (j / 128 * steps + g / groups_of_step) * CUDA_2OF4_PLACES;
        // bfloat16: lanes two apart hold the same.
        for (int copy = 0; copy < size; copy++) {
          uint32_t word;
          char* there = step + 4 * (at.word + 4 * copy);
          memcpy(&word, there, 4);
          word |= static_cast<uint32_t>(place[kept]) << at.shift;
          memcpy(there, &word, 4);
        }
      }
    }
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_s8_cuda_rows_packing, gemm_bf16_cuda_rows_packing, gemm_bf16s8_cuda_rows_packing,
    gemm_s8_cuda_2of4_packing, gemm_bf16_cuda_2of4_packing;
const PackingDef gemm_s8_cuda_rows_packing = {"gemm_s8_cuda_rows", 1, &gemm_op, GEMM_SOURCES, rows_bytes<S8_BY_S8>,
                                              rows_pack<S8_BY_S8>};
const PackingDef gemm_bf16_cuda_rows_packing = {
    "gemm_bf16_cuda_rows", 1, &gemm_op, GEMM_SOURCES, rows_bytes<BF16_BY_BF16>, rows_pack<BF16_BY_BF16>};
const PackingDef gemm_bf16s8_cuda_rows_packing = {
    "gemm_bf16s8_cuda_rows", 1, &gemm_op, GEMM_SOURCES, rows_bytes<BF16_BY_S8>, rows_pack<BF16_BY_S8>};
const PackingDef gemm_s8_cuda_2of4_packing = {"gemm_s8_cuda_2of4", 1, &gemm_op, GEMM_SOURCES, kept_bytes<S8_BY_S8>,
                                              kept_pack<S8_BY_S8>};
const PackingDef gemm_bf16_cuda_2of4_packing = {
    "gemm_bf16_cuda_2of4", 1, &gemm_op, GEMM_SOURCES, kept_bytes<BF16_BY_BF16>, kept_pack<BF16_BY_BF16>};

}  // namespace sinter
