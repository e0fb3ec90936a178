// gemm in int8 over blocks of 16 outputs x 4 values of k, AVX-512 VNNI: a block is a vector of weights, as in the dense
// rows, and meets broadcasts of up to 16 rows' activations; nothing is transposed.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/gemm/sparse.h"
#include "kernels/gemm/tile_vnni.h"

namespace sinter {
namespace {

// ROWS rows of unsigned activations, `stride` bytes apart, with a group of 16 outputs.
template <int ROWS, bool SMALL>
SINTER_VNNI_INLINE void rows_of(const Blocks& w, int64_t g, const uint8_t* a, int64_t stride, int64_t row,
                                const VnniStore8<SMALL>& store) {
  const uint32_t output = w.order[16 * g];
  __m512i s[ROWS];
  const __m512i bias = _mm512_loadu_si512(w.bias_u8 + output);
  vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA { s[r] = bias; });
  const uint8_t *a0 = a + row * stride, *a4 = a0 + 4 * stride, *a8 = a4 + 4 * stride, *a12 = a8 + 4 * stride;
  const uint16_t *quad = w.quad + w.first[g], *end = w.quad + w.first[g + 1];
  const int8_t* weights = w.weights + w.first[g] * int64_t{64};
  for (; quad < end; quad++, weights += 64) {
    const int64_t k = *quad * int64_t{4};
    const __m512i values = _mm512_load_si512(weights);
    vnni_repeat<ROWS>([&](auto r) SINTER_VNNI_LAMBDA {
      const uint8_t* from = (r < 4 ? a0 : r < 8 ? a4 : r < 12 ? a8 : a12) + k;
      int32_t four_values;
      memcpy(&four_values, from + r % 4 * stride, 4);
      dot4(&s[r], _mm512_set1_epi32(four_values), values);
    });
  }
  const typename VnniStore8<SMALL>::template Constants<1> scale = {{_mm512_loadu_ps(w.scale + output)}};
  store.template put<1, ROWS>(s, scale, row);
}

template <bool SMALL>
__attribute__((noinline)) void group(const Blocks& w, int64_t g, const uint8_t* a, int64_t stride, int64_t rows,
                                     const VnniStore8<SMALL>& store) {
  int64_t r = 0;
  for (; rows - r >= 16; r += 16) rows_of<16, SMALL>(w, g, a, stride, r, store);
  if (rows - r >= 8) rows_of<8, SMALL>(w, g, a, stride, r, store), r += 8;
  if (rows - r >= 4) rows_of<4, SMALL>(w, g, a, stride, r, store), r += 4;
  if (rows - r >= 2) rows_of<2, SMALL>(w, g, a, stride, r, store), r += 2;
  if (rows - r >= 1) rows_of<1, SMALL>(w, g, a, stride, r, store);
}

}  // namespace

void gemm_s8s8s8_avx512vnni_block16x4(const Call* call) {
  const GemmParams& p = *static_cast<const GemmParams*>(call->params);
  const Blocks w = blocks_view(p, BLOCK_16X4, call->slots[GEMM_WEIGHTS]);
  const uint8_t* a = static_cast<const uint8_t*>(call->slots[GEMM_A]);
  char* c = static_cast<char*>(call->slots[GEMM_C]);
  const VnniEpilogue e = make_vnni_epilogue(false, p.out_zero_point, p.out_min, p.out_max);
  __mmask16 small = 0xffff;
  for (int64_t n = 0; n < w.outputs; n += 16) {
    small &= _mm512_cmp_ps_mask(_mm512_abs_ps(_mm512_loadu_ps(w.scale + n)), _mm512_set1_ps(1.0f), _CMP_LT_OQ);
  }
  const int threads = call->workers->threads;
  const int64_t block = sparse_rows(p, threads), blocks = (p.m + block - 1) / block, stride = sparse_row_stride(p);
  // Few rows: threads share the groups of outputs.
  const int64_t wanted = blocks < threads ? int64_t{threads} * 2 : 1, runs = wanted < w.groups ? wanted : w.groups;
  parallel_for(call->workers, blocks * runs, [&](int64_t task, int thread) {
    const int64_t m0 = task / runs * block, run = task % runs, rows = p.m - m0 < block ? p.m - m0 : block;
    uint8_t* own = static_cast<uint8_t*>(call->scratch) + thread * sparse_rows_bytes(p, threads);
    const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
    for (int64_t r = 0; r < rows; r++) {
      const uint8_t* from = a + (m0 + r) * p.lda;
      for (int64_t k = 0; k < p.k; k += 64) {
        const __mmask64 mask = p.k - k < 64 ? (__mmask64{1} << (p.k - k)) - 1 : ~__mmask64{0};
        _mm512_store_si512(own + r * stride + k, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, from + k), flip));
      }
    }
    for (int64_t g = run; g < w.groups; g += runs) {
      const int64_t n = w.order[16 * g];
      const int columns = p.n - n < 16 ? static_cast<int>(p.n - n) : 16;
      char* to = c + m0 * p.ldc + n;
      if (small == 0xffff) {
        group<true>(w, g, own, stride, rows, VnniStore8<true>{to, p.ldc, columns, e});
      } else {
        group<false>(w, g, own, stride, rows, VnniStore8<false>{to, p.ldc, columns, e});
      }
    }
  });
}

}  // namespace sinter
