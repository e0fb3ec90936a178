// conv with sums that are requantized in fixed point: int16 activations, and int8 ones by tfl.gemm8. Packings and the
// plain rows. SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"
#include "kernels/gemm/packing_s16.h"

namespace sinter {
namespace {

// The sources are gemm's: weights [out_c][k], bias, scale.
int64_t tiles_bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_s16_sources(sources, p.out_c, conv_k(p), p.requantization) != SINTER_OK) return -1;
  return p.groups * s16_tiles_bytes(p.out_c / p.groups, conv_k(p));
}

sinter_status tiles_pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups;
  for (int64_t g = 0; g < p.groups; g++) {
    pack_s16_tiles(sources, g * n, n, k, p.requantization, static_cast<char*>(out) + g * s16_tiles_bytes(n, k));
  }
  return SINTER_OK;
}

int64_t split_bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_s16_sources(sources, p.out_c, conv_k(p), p.requantization) != SINTER_OK) return -1;
  return p.groups * s16_split_bytes(p.out_c / p.groups, conv_k(p), p.kernel_h);
}

sinter_status split_pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  const int64_t k = conv_k(p), n = p.out_c / p.groups;
  for (int64_t g = 0; g < p.groups; g++) {
    pack_s16_split(sources, g * n, n, k, p.kernel_h, p.requantization,
                   static_cast<char*>(out) + g * s16_split_bytes(n, k, p.kernel_h));
  }
  return SINTER_OK;
}

int64_t plain_bytes(const void* params, const Source* sources) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  if (check_s16_sources(sources, p.out_c, conv_k(p), p.requantization) != SINTER_OK) return -1;
  return s16_plain_bytes(p.out_c, conv_k(p));
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  pack_s16_columns(sources, 0, p.out_c, p.out_c, p.requantization, out);
  memcpy(static_cast<char*>(out) + S16_COLUMN_BYTES * p.out_c, sources[CONV_SOURCE_WEIGHTS].data,
         static_cast<size_t>(p.out_c * conv_k(p)));
  return SINTER_OK;
}

}  // namespace

extern const OpDef conv_op;
extern const PackingDef conv_s16s8_plain_packing, conv_s16s8_n16k2_packing, conv_s16s8_n64k4_packing;
extern const PackingDef conv_s8_fixed_packing;
const PackingDef conv_s8_fixed_packing = {"conv_s8_fixed", 1, &conv_op, CONV_SOURCES, plain_bytes, plain_pack};
const PackingDef conv_s16s8_plain_packing = {"conv_s16s8_plain", 1, &conv_op, CONV_SOURCES, plain_bytes, plain_pack};
const PackingDef conv_s16s8_n16k2_packing = {"conv_s16s8_n16k2", 1, &conv_op, CONV_SOURCES, tiles_bytes, tiles_pack};
const PackingDef conv_s16s8_n64k4_packing = {"conv_s16s8_n64k4", 1, &conv_op, CONV_SOURCES, split_bytes, split_pack};

// Per thread the images of bytes under a block of outputs.
int64_t conv_s16_vnni_scratch(const void* params, int threads) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  return scratch_of_any_cut(threads, [&](int t) {
    const ConvBlock b = conv_block(p, t, false, false);
    return b.bytes < 0 || b.bytes > SPLIT_MOST_BYTES ? -1 : split_conv_bytes(b);
  });
}
int64_t conv_s16_amx_scratch(const void* params, int threads) {
  const ConvParams& p = *static_cast<const ConvParams*>(params);
  return scratch_of_any_cut(threads, [&](int t) {
    const int64_t bytes = amx_conv_block(p, t, 1, false, false).bytes;
    return bytes < 0 || bytes > SPLIT_MOST_BYTES ? -1 : 2 * split_plane(bytes);
  });
}

namespace {

// T: int16_t (without zero points) or int8_t.
template <class T>
void reference(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const T* in = static_cast<const T*>(call->slots[CONV_IN]);
  T* out = static_cast<T*>(call->slots[CONV_OUT]);
  const Columns16 columns = columns16(call->slots[CONV_WEIGHTS], p.out_c);
  const int64_t channels = p.in_c / p.groups, outputs = p.out_c / p.groups, k = conv_k(p);
  parallel_for(call->workers, int64_t{p.batch} * p.out_h, [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t o = 0; o < p.out_c; o++) {
        uint64_t sum = static_cast<uint64_t>(columns.bias[o]);
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
          if (iy < 0 || iy >= p.in_h) continue;
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
            if (ix < 0 || ix >= p.in_w) continue;
            const T* pixel = in + ((b * p.in_h + iy) * p.in_w + ix) * p.in_c + o / outputs * channels;
            const int8_t* w = columns.weights + o * k + (i * p.kernel_w + j) * channels;
            for (int64_t c = 0; c < channels; c++)
              sum += static_cast<uint64_t>(int64_t{pixel[c] - p.in_zero_point} * w[c]);
          }
        }
        const int32_t value = requantize_16(static_cast<int64_t>(sum), columns, o, p.requantization);
        // Sums near the ends of int32 wrap, as in TensorFlow Lite.
        const int32_t moved =
            static_cast<int32_t>(static_cast<uint32_t>(value) + static_cast<uint32_t>(p.out_zero_point));
        out[(row * p.out_w + x) * p.out_c + o] = static_cast<T>(bounded_16(moved, p.out_min, p.out_max));
      }
    }
  });
}

}  // namespace

void conv_s16s8s16_reference(const Call* call) {
  reference<int16_t>(call);
}
void conv_s8s8s8_fixed_reference(const Call* call) {
  reference<int8_t>(call);
}

}  // namespace sinter
