// Float results of quantized rows by AMX's tiles. Only for files that are built for AMX; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_GEMM_TILE_AMX_DYNAMIC_H_
#define SINTER_KERNELS_GEMM_TILE_AMX_DYNAMIC_H_

#include "kernels/gemm/dynamic_vnni.h"
#include "kernels/gemm/tile_amx.h"

namespace sinter {
namespace {

struct AmxDynamic {
  const DynamicRange* ranges;
  float low, high;
};
template <DynamicResult HOW, int SHIFT>
struct AmxStoreOf<VnniStoreDynamic<HOW, SHIFT>> {
  static SINTER_VNNI_INLINE VnniStoreDynamic<HOW, SHIFT> make(const AmxWaiting& w) {
    const AmxDynamic& how = *static_cast<const AmxDynamic*>(w.how);
    return {reinterpret_cast<float*>(w.c), w.ldc, static_cast<int>(w.columns), how.ranges, w.more, how.low, how.high};
  }
};

// As VnniStoreDynamic; `how` lives until tiles are released.
template <DynamicResult HOW, int SHIFT>
inline void amx_tile_dynamic(AmxTiles* tiles, const AmxRows& m, const char* tile, float* c, int64_t ldc, int columns,
                             const AmxDynamic& how, const float* bias) {
  const AmxResults* results = amx_results_of<VnniStoreDynamic<HOW, SHIFT>>();
  amx_any_tile<AMX_U8>(tiles, m, tile, {results, reinterpret_cast<char*>(c), ldc, columns, 4, &how, bias, false});
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_TILE_AMX_DYNAMIC_H_
