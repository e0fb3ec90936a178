// conv's weights for the GPU: one row of bytes per output channel, as gemm's (gemm/cuda_packing.h), and behind the rows
// 16 bytes of what stands for 0 outside of an image.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/status.h"
#include "kernels/conv/cuda_packing.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/bf16.h"

namespace sinter {
namespace {

const ConvParams& params_of(const void* params) {
  return *static_cast<const ConvParams*>(params);
}

// Bytes of one weight as it came, or 0 after fail(). The bias has 4 bytes per channel and may be absent.
int64_t check_sources(const ConvParams& p, const Source* sources, int64_t least_bytes, int64_t most_bytes,
                      bool scales) {
  const int64_t count = p.out_c * conv_k(p), given = sources[CONV_SOURCE_WEIGHTS].bytes;
  if (given != count * least_bytes && given != count * most_bytes) {
    fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, not %lld values", (long long)given, (long long)count);
    return 0;
  }
  const Source& bias = sources[CONV_SOURCE_BIAS];
  const Source& scale = sources[CONV_SOURCE_SCALE];
  if ((bias.data && bias.bytes != int64_t{4} * p.out_c) || (scales && scale.bytes != int64_t{4} * p.out_c)) {
    fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, scale %lld, for %d channels", (long long)bias.bytes,
         (long long)scale.bytes, p.out_c);
    return 0;
  }
  return given / count;
}

int64_t total_bytes(const ConvParams& p, int64_t value_bytes) {
  return cuda_conv_fill(p.out_c, conv_k(p), value_bytes) + 16;
}

void copy_bias(const ConvParams& p, const Source& bias, char* out) {
  if (bias.data) memcpy(out, bias.data, size_t{4} * static_cast<size_t>(p.out_c));
}

int64_t bytes_s8(const void* params, const Source* sources) {
  const ConvParams& p = params_of(params);
  return check_sources(p, sources, 1, 1, true) ? total_bytes(p, 1) : -1;
}

// uint8 weights become int8 (value - 128), with a zero point to match.
template <bool is_unsigned>
sinter_status pack_bytes(const void* params, const Source* sources, void* out, int64_t total) {
  const ConvParams& p = params_of(params);
  const int64_t k = conv_k(p), pitch = cuda_row_bytes(k, 1);
  const int32_t flip = is_unsigned ? 128 : 0, w_zero_point = p.w_zero_point - flip;
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  const uint8_t* weights = static_cast<const uint8_t*>(sources[CONV_SOURCE_WEIGHTS].data);
  const int32_t* bias = static_cast<const int32_t*>(sources[CONV_SOURCE_BIAS].data);
  int32_t* folded = reinterpret_cast<int32_t*>(at);
  memcpy(at + 4 * cuda_header_columns(p.out_c), sources[CONV_SOURCE_SCALE].data,
         size_t{4} * static_cast<size_t>(p.out_c));
  for (int64_t n = 0; n < p.out_c; n++) {
    int8_t* row = reinterpret_cast<int8_t*>(at + cuda_header_bytes(p.out_c) + n * pitch);
    int32_t sum = 0;
    for (int64_t i = 0; i < k; i++) {
      row[i] = static_cast<int8_t>(weights[n * k + i] ^ flip);
      sum += row[i] - w_zero_point;
    }
    // Pixels outside of the image hold the zero point, so that this is right for them too. Wraps as the sums do.
    folded[n] = static_cast<int32_t>(static_cast<uint32_t>(bias ? bias[n] : 0) -
                                     static_cast<uint32_t>(p.in_zero_point) * static_cast<uint32_t>(sum));
  }
  memset(at + cuda_conv_fill(p.out_c, k, 1), p.in_zero_point, 16);
  return SINTER_OK;
}

int64_t bytes_f32(const void* params, const Source* sources) {
  const ConvParams& p = params_of(params);
  return check_sources(p, sources, 4, 4, false) ? total_bytes(p, 4) : -1;
}

sinter_status pack_f32(const void* params, const Source* sources, void* out, int64_t total) {
  const ConvParams& p = params_of(params);
  const int64_t k = conv_k(p), pitch = cuda_row_bytes(k, 4);
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  copy_bias(p, sources[CONV_SOURCE_BIAS], at);
  const char* weights = static_cast<const char*>(sources[CONV_SOURCE_WEIGHTS].data);
  for (int64_t n = 0; n < p.out_c; n++) {
    memcpy(at + cuda_header_bytes(p.out_c) + n * pitch, weights + 4 * n * k, static_cast<size_t>(4 * k));
  }
  return SINTER_OK;
}

int64_t bytes_bf16(const void* params, const Source* sources) {
  const ConvParams& p = params_of(params);
  return check_sources(p, sources, 2, 4, false) ? total_bytes(p, 2) : -1;
}

sinter_status pack_bf16(const void* params, const Source* sources, void* out, int64_t total) {
  const ConvParams& p = params_of(params);
  const int64_t k = conv_k(p), pitch = cuda_row_bytes(k, 2), given = check_sources(p, sources, 2, 4, false);
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  copy_bias(p, sources[CONV_SOURCE_BIAS], at);
  const void* weights = sources[CONV_SOURCE_WEIGHTS].data;
  for (int64_t n = 0; n < p.out_c; n++) {
    uint16_t* row = reinterpret_cast<uint16_t*>(at + cuda_header_bytes(p.out_c) + n * pitch);
    for (int64_t i = 0; i < k; i++) {
      row[i] = given == 2 ? static_cast<const uint16_t*>(weights)[n * k + i]
                          : bf16_from_float(static_cast<const float*>(weights)[n * k + i]);
    }
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef conv_op;
extern const PackingDef conv_s8_cuda_packing, conv_u8_cuda_packing, conv_f32_cuda_packing, conv_bf16_cuda_packing;
const PackingDef conv_s8_cuda_packing = {"conv_s8_cuda", 1, &conv_op, CONV_SOURCES, bytes_s8, pack_bytes<false>};
const PackingDef conv_u8_cuda_packing = {"conv_u8_cuda", 1, &conv_op, CONV_SOURCES, bytes_s8, pack_bytes<true>};
const PackingDef conv_f32_cuda_packing = {"conv_f32_cuda", 1, &conv_op, CONV_SOURCES, bytes_f32, pack_f32};
const PackingDef conv_bf16_cuda_packing = {"conv_bf16_cuda", 1, &conv_op, CONV_SOURCES, bytes_bf16, pack_bf16};

}  // namespace sinter
