// Packs int8 weights into the tile forms of packing.h; the gemm packings.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/gemm/packing.h"

#include <string.h>

#include "core/status.h"
#include "kernels/gemm/op.h"

namespace sinter {

namespace {

// `flip` makes s8 of the weights' bytes, w_zero_point is that of the s8.
void pack_any_tiles(TileForm form, int64_t n, int64_t k, int64_t runs, const int8_t* weights, uint8_t flip,
                    const int32_t* bias, const float* scale, int32_t a_zero_point, int32_t w_zero_point, char* out) {
  const int64_t run = k / runs, run_groups = (run + form.kr - 1) / form.kr;
  memset(out, 0, static_cast<size_t>(packed_tiles_bytes(form, n, k, runs)));
#if defined(SINTER_MUTATION_SWAPPED_ZERO_POINT)
  const int32_t zero_point = -a_zero_point;
#else
  const int32_t zero_point = a_zero_point;
#endif
  for (int64_t n0 = 0; n0 < n; n0 += form.nr) {
    const int64_t columns = n - n0 < form.nr ? n - n0 : form.nr,
                  width = (columns + form.step - 1) / form.step * form.step;
    int32_t* tile_bias = reinterpret_cast<int32_t*>(out);
    float* tile_scale = reinterpret_cast<float*>(out + 4 * width);
    TileForm own = form;
    own.nr = static_cast<int>(width);
    int32_t* plain_bias = form.column_bytes == 12 ? reinterpret_cast<int32_t*>(out + 8 * width) : nullptr;
    int8_t* tile = reinterpret_cast<int8_t*>(out + tile_header_bytes(own));
    for (int64_t j = 0; j < columns; j++) {
      const int8_t* column = weights + (n0 + j) * k;
      int32_t sum = 0;
      for (int64_t i = 0; i < k; i++) {
        const int64_t group = i / run * run_groups + i % run / form.kr, within = i % run % form.kr;
        const int8_t w = static_cast<int8_t>(static_cast<uint8_t>(column[i]) ^ flip);
        sum += w - w_zero_point;
        tile[(group * width + j) * form.kr + within] = w;
      }
      // Unsigned: a bias near the ends of int32 may wrap here and back in the sum.
      const uint32_t folded = static_cast<uint32_t>(bias ? bias[n0 + j] : 0) -
                              static_cast<uint32_t>(zero_point) * static_cast<uint32_t>(sum);
      tile_bias[j] = static_cast<int32_t>(folded - static_cast<uint32_t>(form.a_offset) * static_cast<uint32_t>(sum));
      if (plain_bias) plain_bias[j] = static_cast<int32_t>(folded);
      tile_scale[j] = scale ? scale[n0 + j] : 0.0f;
    }
    out += tile_bytes(own, k, runs);
  }
}

}  // namespace

void pack_tiles(TileForm form, int64_t n, int64_t k, int64_t runs, const int8_t* weights, const int32_t* bias,
                const float* scale, int32_t a_zero_point, char* out) {
  pack_any_tiles(form, n, k, runs, weights, 0, bias, scale, a_zero_point, 0, out);
}

void pack_tiles_u8(TileForm form, int64_t n, int64_t k, int64_t runs, const uint8_t* weights, const int32_t* bias,
                   const float* scale, int32_t a_zero_point, int32_t w_zero_point, char* out) {
  pack_any_tiles(form, n, k, runs, reinterpret_cast<const int8_t*>(weights), 0x80, bias, scale, a_zero_point,
                 w_zero_point - 128, out);
}

sinter_status check_s8_sources(const Source* sources, int64_t n, int64_t k, bool with_scale) {
  if (!sources[GEMM_SOURCE_WEIGHTS].data || sources[GEMM_SOURCE_WEIGHTS].bytes != n * k) {
    return fail(SINTER_INVALID_ARGUMENT, "weights have %lld bytes, %lld x %lld are needed",
                (long long)sources[GEMM_SOURCE_WEIGHTS].bytes, (long long)n, (long long)k);
  }
  if (sources[GEMM_SOURCE_BIAS].data && sources[GEMM_SOURCE_BIAS].bytes != 4 * n) {
    return fail(SINTER_INVALID_ARGUMENT, "bias has %lld bytes, 4 x %lld are needed",
                (long long)sources[GEMM_SOURCE_BIAS].bytes, (long long)n);
  }
  const Source& scale = sources[GEMM_SOURCE_SCALE];
  if (with_scale ? (!scale.data || scale.bytes != 4 * n) : scale.data != nullptr) {
    return fail(SINTER_INVALID_ARGUMENT, "scale has %lld bytes, %lld are needed", (long long)scale.bytes,
                with_scale ? (long long)(4 * n) : 0LL);
  }
  return SINTER_OK;
}

namespace {

// gemm's packings: one per tile form; a scale may be absent (s8 -> s32 has none).
template <const TileForm& form>
int64_t gemm_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s8_sources(sources, p.n, p.k, sources[GEMM_SOURCE_SCALE].data != nullptr) != SINTER_OK) return -1;
  return packed_tiles_bytes(form, p.n, p.k);
}

template <const TileForm& form>
sinter_status gemm_pack(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_tiles(form, p.n, p.k, 1, static_cast<const int8_t*>(sources[GEMM_SOURCE_WEIGHTS].data),
             static_cast<const int32_t*>(sources[GEMM_SOURCE_BIAS].data),
             static_cast<const float*>(sources[GEMM_SOURCE_SCALE].data), p.a_zero_point, static_cast<char*>(out));
  return SINTER_OK;
}

template <const TileForm& form>
sinter_status gemm_pack_u8(const void* params, const Source* sources, void* out, int64_t) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  pack_tiles_u8(form, p.n, p.k, 1, static_cast<const uint8_t*>(sources[GEMM_SOURCE_WEIGHTS].data),
                static_cast<const int32_t*>(sources[GEMM_SOURCE_BIAS].data),
                static_cast<const float*>(sources[GEMM_SOURCE_SCALE].data), p.a_zero_point, p.w_zero_point,
                static_cast<char*>(out));
  return SINTER_OK;
}

// The reference rows' packing: bias, scale, weights, as they came; k neighbours stay neighbours.
int64_t plain_bytes(const void* params, const Source* sources) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  if (check_s8_sources(sources, p.n, p.k, sources[GEMM_SOURCE_SCALE].data != nullptr) != SINTER_OK) return -1;
  return int64_t{8} * p.n + int64_t{p.n} * p.k;
}

sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t bytes) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  const size_t n = static_cast<size_t>(p.n);
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(bytes));
  if (sources[GEMM_SOURCE_BIAS].data) memcpy(at, sources[GEMM_SOURCE_BIAS].data, 4 * n);
  if (sources[GEMM_SOURCE_SCALE].data) memcpy(at + 4 * n, sources[GEMM_SOURCE_SCALE].data, 4 * n);
  memcpy(at + 8 * n, sources[GEMM_SOURCE_WEIGHTS].data, n * static_cast<size_t>(p.k));
  return SINTER_OK;
}

}  // namespace

extern const OpDef gemm_op;
extern const PackingDef gemm_s8_plain_packing, gemm_s8_n16k2_packing, gemm_s8_n64k4_packing, gemm_s8_n16k4_packing;
const PackingDef gemm_s8_plain_packing = {"gemm_s8_plain", 1, &gemm_op, GEMM_SOURCES, plain_bytes, plain_pack};
const PackingDef gemm_s8_n16k2_packing = {
    "gemm_s8_n16k2", 1, &gemm_op, GEMM_SOURCES, gemm_bytes<tile_form_avx2>, gemm_pack<tile_form_avx2>};
const PackingDef gemm_s8_n64k4_packing = {
    "gemm_s8_n64k4", 3, &gemm_op, GEMM_SOURCES, gemm_bytes<tile_form_vnni>, gemm_pack<tile_form_vnni>};
const PackingDef gemm_s8_n16k4_packing = {
    "gemm_s8_n16k4", 1, &gemm_op, GEMM_SOURCES, gemm_bytes<tile_form_dotprod>, gemm_pack<tile_form_dotprod>};

extern const PackingDef gemm_u8_plain_packing, gemm_u8_n16k2_packing, gemm_u8_n64k4_packing;
const PackingDef gemm_u8_plain_packing = {"gemm_u8_plain", 1, &gemm_op, GEMM_SOURCES, plain_bytes, plain_pack};
const PackingDef gemm_u8_n16k2_packing = {
    "gemm_u8_n16k2", 1, &gemm_op, GEMM_SOURCES, gemm_bytes<tile_form_avx2>, gemm_pack_u8<tile_form_avx2>};
const PackingDef gemm_u8_n64k4_packing = {
    "gemm_u8_n64k4", 3, &gemm_op, GEMM_SOURCES, gemm_bytes<tile_form_vnni_u8>, gemm_pack_u8<tile_form_vnni_u8>};

// ---- scratch --------------------------------------------------------------------------------------

// AVX2: per thread a panel of activations widened to int16, see x86_avx2.cc.
int64_t gemm_s8_avx2_scratch(const void* params, int threads) {
  const GemmParams& p = *static_cast<const GemmParams*>(params);
  return threads * avx2_panel_bytes(p.k);
}

int64_t gemm_u8_avx2_scratch(const void* params, int threads) {
  return threads * avx2_corrected_panel_bytes(static_cast<const GemmParams*>(params)->k);
}

int64_t gemm_u8_vnni_scratch(const void* params, int threads) {
  return threads * vnni_corrected_bytes(static_cast<const GemmParams*>(params)->k);
}

// Enough for one row by VNNI, too.
int64_t gemm_8_amx_scratch(const void* params, int threads) {
  return threads * amx_scratch_bytes(static_cast<const GemmParams*>(params)->k);
}

int64_t gemm_s8_vnni_scratch(const void* params, int threads) {
  return threads * vnni_row_bytes(static_cast<const GemmParams*>(params)->k);
}

}  // namespace sinter
