// Convolutions of floats by weights that stay as they are stored, int8, int4 or half precision: the packed form.
// SPDX-License-Identifier: Apache-2.0
//
// Per group tiles of 16 columns, each a multiple of 64 bytes: float bias[16], float scale[16] (1 for half precision),
// then for each k the 16 columns' weights: bytes; halves; or, int4, 8 bytes whose lower halves are columns 0 to 7 and
// whose upper halves are columns 8 to 15. Columns past a group's are zero.
#ifndef SINTER_KERNELS_CONV_WEIGHT_ONLY_H_
#define SINTER_KERNELS_CONV_WEIGHT_ONLY_H_

#include "kernels/conv/image_f32.h"
#include "kernels/conv/op.h"
#include "kernels/conv/shape.h"

namespace sinter {

// Bytes of 16 weights.
enum StoredWeights16 { STORED_S4 = 8, STORED_S8 = 16, STORED_F16 = 32 };

static const int64_t STORED_HEADER_BYTES = 2 * 64;

static inline int64_t stored_tile_bytes(int64_t k, int64_t bytes) {
  return (STORED_HEADER_BYTES + k * bytes + 63) / 64 * 64;
}
static inline int64_t stored_tiles(int64_t n) {
  return (n + 15) / 16;
}

// What a thread keeps besides the image: which strip of columns stands widened, and that strip, tiles of packing_f32.h.
// At most 128 columns, which a single row takes at once.
struct WidenedStrip {
  int64_t first, columns;  // of 16 columns, counted through the groups; none: -1
};
static inline int64_t widened_tile_floats(int64_t k) {
  return 16 * (k + 1);
}
static inline int64_t widened_bytes(const ConvParams& p) {
  const int64_t tiles = stored_tiles(p.out_c / p.groups);
  return 64 + (tiles < 8 ? tiles : 8) * widened_tile_floats(conv_k(p)) * 4;
}

// Bytes of the image's rows under a block of outputs: a strip is widened for each block, so blocks are large, and stay
// in L2.
static const int64_t WIDENED_IMAGE_BYTES = 262144;

// Whether the sources are what these weights are packed from, gemm's: weights [out_c][k], bias, scale [out_c] (none for
// half precision). packing_weight_only.cc
bool check_stored_sources(const ConvParams& p, const Source* sources, StoredWeights16 stored);

}  // namespace sinter

#endif  // SINTER_KERNELS_CONV_WEIGHT_ONLY_H_
