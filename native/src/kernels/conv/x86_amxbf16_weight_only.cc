// conv in bfloat16 by int8 weights for AMX: weights of columns are widened while products by those before run.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/amx_bf16.h"
#include "kernels/conv/bf16s8.h"

namespace sinter {
namespace {

struct Columns {
  const char* tiles;
  int64_t k;

  StoredColumns operator()(int64_t t) const {
    return stored_columns(tiles, t, k);
  }
};

struct Stored {
  const char* packed;
  int64_t width, k, tiles;  // tiles of a group

  AmxStoredBf16<Columns> columns(int64_t group, int64_t part, uint8_t* room) const {
    const Columns stored = {packed + group * tiles * stored_tile_bytes(k, STORED_S8), k};
    AmxStoredBf16<Columns> of = {stored, k, part * width / 16, reinterpret_cast<WidenedColumns*>(room), group * tiles};
    of.begin();
    return of;
  }
};

template <class I, class O>
inline void run(const Call* call) {
  const ConvParams& p = *static_cast<const ConvParams*>(call->params);
  const int64_t n = p.out_c / p.groups, k = conv_k(p);
  const Stored weights = {static_cast<const char*>(call->slots[CONV_WEIGHTS]), widened_columns(n, k), k,
                          stored_tiles(n)};
  const AmxConvBlock block = amx_stored_block(p, call->workers->threads, sizeof(I) == 2);
  for (int64_t t = 0; t < call->workers->threads; t++) {
    char* own = static_cast<char*>(call->scratch) + t * block.bytes;
    *reinterpret_cast<WidenedColumns*>(own + block.lacking) = {-1, 0};
  }
  conv_amx(call, block, ConvAmxBf16<I, O, Stored>(call, weights));
}

}  // namespace

void conv_weight_only_bf16_s8_amx(const Call* call) {
  run<float, float>(call);
}
void conv_f32s8bf16_amx(const Call* call) {
  run<float, uint16_t>(call);
}
void conv_bf16s8f32_amx(const Call* call) {
  run<uint16_t, float>(call);
}
void conv_bf16s8bf16_amx(const Call* call) {
  run<uint16_t, uint16_t>(call);
}

}  // namespace sinter
