// Packed forms of int8 and uint8 depthwise weights, and the scratch that the vector rows ask for.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/depthwise/packing_taps.h"

namespace sinter {
namespace {

// ---- pairs ----------------------------------------------------------------------------------------

int64_t pairs_bytes(const void* params, const Source* sources) {
  const P& p = *static_cast<const P*>(params);
  if (check_sources(p, sources) != SINTER_OK) return -1;
  return depthwise_pair_blocks(p) * depthwise_pair_block_bytes(p);
}

template <bool is_unsigned>
sinter_status pairs_pack(const void* params, const Source* sources, void* out, int64_t) {
  static const int unpacked[16] = {0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15};
  const P& p = *static_cast<const P*>(params);
  const Reader in = {p, sources, depthwise_channels(p), is_unsigned};
  const bool narrow = depthwise_narrow(p);
  const int64_t width = narrow ? DEPTHWISE_NARROW_BLOCK : DEPTHWISE_PAIR_BLOCK;
  char* at = static_cast<char*>(out);
  for (int64_t block = 0; block < depthwise_pair_blocks(p); block++) {
    int64_t first = block * width;
    if (in.channels > width && first + width > in.channels) first = in.channels - width;
    int64_t channel[DEPTHWISE_PAIR_BLOCK];  // -1: none
    for (int64_t i = 0; i < width; i++) {
      const int64_t c = first + (narrow ? i : unpacked[i]);
      channel[i] = c < in.channels ? c : -1;
    }
    for (int64_t i = 0; i < width; i++) put(&at, channel[i] < 0 ? 0 : in.bias(channel[i], p.in_zero_point));
    for (int64_t i = 0; i < width; i++) put(&at, channel[i] < 0 ? 0.0f : in.scale(channel[i]));
    for (int64_t pair = 0; pair < depthwise_pairs(p); pair++) {
      for (int64_t i = 0; i < width; i++) {
        for (int64_t t = pair * 2; t < pair * 2 + 2; t++) {
          const bool there = channel[i] >= 0 && t < depthwise_taps(p);
          put(&at, static_cast<int16_t>(there ? in.weight(depthwise_tap(p, t), channel[i]) : 0));
        }
      }
    }
  }
  return SINTER_OK;
}

// ---- quads ----------------------------------------------------------------------------------------

int64_t quads_bytes(const void* params, const Source* sources) {
  const P& p = *static_cast<const P*>(params);
  if (check_sources(p, sources) != SINTER_OK) return -1;
  const int64_t channels = depthwise_channels(p);
  int64_t bytes = 0;
  for (int64_t first = 0, width; first < channels; first += width) {
    width = depthwise_quad_block(channels, first);
    bytes += width * (8 + 4 * depthwise_quads(p));
  }
  return bytes;
}

template <bool is_unsigned>
sinter_status quads_pack(const void* params, const Source* sources, void* out, int64_t) {
  const P& p = *static_cast<const P*>(params);
  const Reader in = {p, sources, depthwise_channels(p), is_unsigned};
  const int32_t zero = is_unsigned ? p.in_zero_point : p.in_zero_point + 128;
  const int32_t stored = is_unsigned ? p.w_zero_point - 128 : 0;  // on top of the weight less its zero point
  char* at = static_cast<char*>(out);
  for (int64_t first = 0, width; first < in.channels; first += width) {
    width = depthwise_quad_block(in.channels, first);
    int64_t channel[64];  // -1: none
    for (int64_t i = 0; i < width; i++) {
      // Of quarter i / (width / 4), lane l holds channels 16 l + 4 quarter + 0..3.
      const int64_t quarter = i / (width / 4), within = i % (width / 4);
      const int64_t place = first + within / 4 * 16 + quarter * 4 + within % 4;
      const int64_t c = depthwise_repeats(in.channels) ? place % in.channels : place;
      channel[i] = c < in.channels ? c : -1;
    }
    for (int64_t i = 0; i < width; i++) put(&at, channel[i] < 0 ? 0 : in.bias(channel[i], zero));
    for (int64_t i = 0; i < width; i++) put(&at, channel[i] < 0 ? 0.0f : in.scale(channel[i]));
    for (int64_t q = 0; q < depthwise_quads(p); q++) {
      for (int64_t i = 0; i < width; i++) {
        for (int64_t t = q * 4; t < q * 4 + 4; t++) {
          const int64_t tap = depthwise_quad_tap(p, t);
          put(&at, static_cast<int8_t>(channel[i] >= 0 && tap >= 0 ? in.weight(tap, channel[i]) + stored : 0));
        }
      }
    }
  }
  return SINTER_OK;
}

}  // namespace

extern const PackingDef depthwise_s8_taps_packing, depthwise_s8_pairs_packing, depthwise_s8_quads_packing;
extern const OpDef depthwise_op;
const PackingDef depthwise_s8_taps_packing = {"depthwise_s8_taps", 1,          &depthwise_op,
                                              DEPTHWISE_SOURCES,   taps_bytes, taps_pack<false>};
const PackingDef depthwise_s8_pairs_packing = {"depthwise_s8_pairs", 1,           &depthwise_op,
                                               DEPTHWISE_SOURCES,    pairs_bytes, pairs_pack<false>};

const PackingDef depthwise_s8_quads_packing = {"depthwise_s8_quads", 2,           &depthwise_op,
                                               DEPTHWISE_SOURCES,    quads_bytes, quads_pack<false>};

extern const PackingDef depthwise_u8_taps_packing, depthwise_u8_pairs_packing, depthwise_u8_quads_packing;
const PackingDef depthwise_u8_quads_packing = {"depthwise_u8_quads", 1,           &depthwise_op,
                                               DEPTHWISE_SOURCES,    quads_bytes, quads_pack<true>};
const PackingDef depthwise_u8_taps_packing = {"depthwise_u8_taps", 1,          &depthwise_op,
                                              DEPTHWISE_SOURCES,   taps_bytes, taps_pack<true>};
const PackingDef depthwise_u8_pairs_packing = {"depthwise_u8_pairs", 1,           &depthwise_op,
                                               DEPTHWISE_SOURCES,    pairs_bytes, pairs_pack<true>};

int64_t depthwise_s8_scratch(const void* params, int threads) {
  DepthwiseScratch s;
  int64_t bytes;
  if (!depthwise_scratch(*static_cast<const P*>(params), &s) ||
      __builtin_mul_overflow(s.thread_bytes, threads, &bytes) ||
      __builtin_add_overflow(bytes, s.shared_bytes, &bytes)) {
    return INT64_MAX;  // more than any machine has: refused as out of memory
  }
  return bytes;
}

}  // namespace sinter
