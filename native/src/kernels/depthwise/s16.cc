// depthwise of int16 activations and int8 weights: packing and the plain row.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/depthwise/s16.h"

namespace sinter {
namespace {

// The sources are gemm's, but for the weights' order: [taps][channels].
int64_t plain_bytes(const void* params, const Source* sources) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  const int64_t channels = depthwise_channels(p), taps = depthwise_taps(p);
  if (check_s16_sources(sources, channels, taps, p.requantization) != SINTER_OK) return -1;
  return s16_plain_bytes(channels, taps);
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  const int64_t channels = depthwise_channels(p);
  pack_s16_columns(sources, 0, channels, channels, p.requantization, out);
  memcpy(static_cast<char*>(out) + S16_COLUMN_BYTES * channels, sources[DEPTHWISE_SOURCE_WEIGHTS].data,
         static_cast<size_t>(depthwise_taps(p) * channels));
  return SINTER_OK;
}

int64_t pairs_bytes(const void* params, const Source* sources) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  if (check_s16_sources(sources, depthwise_channels(p), depthwise_taps(p), p.requantization) != SINTER_OK) return -1;
  return depthwise_s16_blocks(p) * depthwise_s16_block_bytes(p);
}

sinter_status pairs_pack(const void* params, const Source* sources, void* out, int64_t bytes) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(params);
  const int64_t channels = depthwise_channels(p);
  const int8_t* weights = static_cast<const int8_t*>(sources[DEPTHWISE_SOURCE_WEIGHTS].data);
  memset(out, 0, static_cast<size_t>(bytes));
  char* at = static_cast<char*>(out);
  for (int64_t c0 = 0; c0 < channels; c0 += DEPTHWISE_S16_BLOCK, at += depthwise_s16_block_bytes(p)) {
    Lanes16* lanes = reinterpret_cast<Lanes16*>(at);
    int16_t* pairs = reinterpret_cast<int16_t*>(at + 2 * sizeof(Lanes16));
    for (int64_t half = 0; half < 2; half++) {
      int64_t of[16];
      for (int64_t j = 0; j < 16; j++) {
        const int64_t c = c0 + j / 4 * 8 + half * 4 + j % 4;
        of[j] = c < channels ? c : -1;
        for (int64_t t = 0; t < 2 * depthwise_pairs(p); t++) {
          const int64_t tap = depthwise_s16_tap(p, t);
          if (tap < 0 || c >= channels) continue;
          pairs[t / 2 * 2 * DEPTHWISE_S16_BLOCK + half * DEPTHWISE_S16_BLOCK + 2 * j + t % 2] =
              weights[tap * channels + c];
        }
      }
      pack_s16_lanes(sources, of, nullptr, p.requantization, lanes + half);
    }
  }
  return SINTER_OK;
}

}  // namespace

extern const OpDef depthwise_op;
extern const PackingDef depthwise_s16s8_plain_packing, depthwise_s16s8_pairs_packing, depthwise_s8_fixed_packing;
const PackingDef depthwise_s16s8_pairs_packing = {"depthwise_s16s8_pairs", 1,           &depthwise_op,
                                                  DEPTHWISE_SOURCES,       pairs_bytes, pairs_pack};
const PackingDef depthwise_s8_fixed_packing = {"depthwise_s8_fixed", 1,           &depthwise_op,
                                               DEPTHWISE_SOURCES,    plain_bytes, plain_pack};
const PackingDef depthwise_s16s8_plain_packing = {"depthwise_s16s8_plain", 1,           &depthwise_op,
                                                  DEPTHWISE_SOURCES,       plain_bytes, plain_pack};

namespace {

// T: int16_t (without zero points) or int8_t.
template <class T>
void reference(const Call* call) {
  const DepthwiseParams& p = *static_cast<const DepthwiseParams*>(call->params);
  const int64_t channels = depthwise_channels(p);
  const T* in = static_cast<const T*>(call->slots[DEPTHWISE_IN]);
  T* out = static_cast<T*>(call->slots[DEPTHWISE_OUT]);
  const Columns16 columns = columns16(call->slots[DEPTHWISE_WEIGHTS], channels);
  parallel_for(call->workers, depthwise_out_rows(p), [&](int64_t row, int) {
    const int64_t b = row / p.out_h, y = row % p.out_h;
    for (int64_t x = 0; x < p.out_w; x++) {
      for (int64_t c = 0; c < channels; c++) {
        uint64_t sum = static_cast<uint64_t>(columns.bias[c]);
        for (int64_t i = 0; i < p.kernel_h; i++) {
          const int64_t iy = y * p.stride_h + i * p.dilation_h - p.pad_top;
          if (iy < 0 || iy >= p.in_h) continue;
          for (int64_t j = 0; j < p.kernel_w; j++) {
            const int64_t ix = x * p.stride_w + j * p.dilation_w - p.pad_left;
            if (ix < 0 || ix >= p.in_w) continue;
            const int64_t value = in[((b * p.in_h + iy) * p.in_w + ix) * p.in_c + c / p.multiplier] - p.in_zero_point;
            sum += static_cast<uint64_t>(value * columns.weights[(i * p.kernel_w + j) * channels + c]);
          }
        }
        const int32_t scaled = requantize_16(static_cast<int64_t>(sum), columns, c, p.requantization);
        const int32_t moved =
            static_cast<int32_t>(static_cast<uint32_t>(scaled) + static_cast<uint32_t>(p.out_zero_point));
        out[(row * p.out_w + x) * channels + c] = static_cast<T>(bounded_16(moved, p.out_min, p.out_max));
      }
    }
  });
}

}  // namespace

void depthwise_s16s8s16_reference(const Call* call) {
  reference<int16_t>(call);
}
void depthwise_s8s8s8_fixed_reference(const Call* call) {
  reference<int8_t>(call);
}

}  // namespace sinter
