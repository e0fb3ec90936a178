// transpose_conv's packings: plain ones for the reference rows, gemm's tiles per phase for the others.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <new>

#include "core/status.h"
#include "kernels/transpose_conv/op.h"
#include "kernels/transpose_conv/phases.h"

namespace sinter {
namespace {

typedef TransposeConvParams P;

int64_t whole_k(const P& p) {
  return int64_t{p.kernel_h} * p.kernel_w * p.in_c;
}

// The sources are gemm's: weights [out_c][k], bias, scale.
sinter_status check_sources(const P& p, PhaseForm form, const Source* sources) {
  switch (form) {
    case PHASE_S8:
    case PHASE_VNNI:
      return check_s8_sources(sources, p.out_c, whole_k(p), true);
    case PHASE_S16:
      return check_s16_sources(sources, p.out_c, whole_k(p), p.requantization);
    default:
      return check_f32_sources(sources, p.out_c, whole_k(p));
  }
}

// ---- plain ----------------------------------------------------------------------------------------

template <PhaseForm form>
int64_t plain_bytes(const void* params, const Source* sources) {
  const P& p = *static_cast<const P*>(params);
  if (check_sources(p, form, sources) != SINTER_OK) return -1;
  if (form == PHASE_S16) return s16_plain_bytes(p.out_c, whole_k(p));
  return form == PHASE_S8 ? p.out_c * (8 + whole_k(p)) : 4 * p.out_c * (1 + whole_k(p));
}

template <PhaseForm form>
sinter_status plain_pack(const void* params, const Source* sources, void* out, int64_t) {
  const P& p = *static_cast<const P*>(params);
  const size_t n = static_cast<size_t>(p.out_c);
  char* at = static_cast<char*>(out);
  if (form == PHASE_S16) {
    pack_s16_columns(sources, 0, p.out_c, p.out_c, p.requantization, out);
    at += S16_COLUMN_BYTES * p.out_c;
  } else {
    memset(at, 0, 4 * n);
    if (sources[TRANSPOSE_CONV_SOURCE_BIAS].data) memcpy(at, sources[TRANSPOSE_CONV_SOURCE_BIAS].data, 4 * n);
    at += 4 * n;
    if (form == PHASE_S8) {
      memcpy(at, sources[TRANSPOSE_CONV_SOURCE_SCALE].data, 4 * n);
      at += 4 * n;
    }
  }
  const Source& weights = sources[TRANSPOSE_CONV_SOURCE_WEIGHTS];
  memcpy(at, weights.data, static_cast<size_t>(weights.bytes));
  return SINTER_OK;
}

// ---- phases ---------------------------------------------------------------------------------------

template <PhaseForm form>
int64_t phases_bytes(const void* params, const Source* sources) {
  const P& p = *static_cast<const P*>(params);
  if (check_sources(p, form, sources) != SINTER_OK) return -1;
  int64_t total = 0;
  for (int64_t ry = 0; ry < p.stride_h; ry++) {
    for (int64_t rx = 0; rx < p.stride_w; rx++) {
      if (__builtin_add_overflow(total, phase_bytes(p, form, ry, rx), &total)) {
        fail(SINTER_INVALID_ARGUMENT, "packed weights are larger than any memory");
        return -1;
      }
    }
  }
  return total;
}

// The weights of a phase, [out_c][ny][nx][in_c], taps in the order of the input.
void phase_weights(const P& p, int64_t ry, int64_t rx, int64_t element, const char* weights, char* out) {
  const int64_t ny = phase_taps(p.kernel_h, p.stride_h, ry), nx = phase_taps(p.kernel_w, p.stride_w, rx);
  const int64_t bytes = p.in_c * element;
  for (int64_t o = 0; o < p.out_c; o++) {
    for (int64_t a = ny; a-- > 0;) {
      for (int64_t b = nx; b-- > 0; out += bytes) {
        const int64_t i = ry + a * p.stride_h, j = rx + b * p.stride_w;
        memcpy(out, weights + ((o * p.kernel_h + i) * p.kernel_w + j) * bytes, static_cast<size_t>(bytes));
      }
    }
  }
}

template <PhaseForm form, bool is_unsigned>
sinter_status phases_pack(const void* params, const Source* sources, void* out, int64_t) {
  const P& p = *static_cast<const P*>(params);
  const int64_t element = form == PHASE_F32 ? 4 : 1;
  // The first phase has the most taps.
  const int64_t most = p.out_c * phase_k(p, 0, 0) * element;
  char* part = new (std::nothrow) char[static_cast<size_t>(most)];
  if (!part) return fail(SINTER_OUT_OF_MEMORY, "packing weights: no %lld bytes", (long long)most);
  char* at = static_cast<char*>(out);
  const int32_t* bias = static_cast<const int32_t*>(sources[TRANSPOSE_CONV_SOURCE_BIAS].data);
  for (int64_t ry = 0; ry < p.stride_h; ry++) {
    for (int64_t rx = 0; rx < p.stride_w; at += phase_bytes(p, form, ry, rx), rx++) {
      const int64_t k = phase_k(p, ry, rx);
      phase_weights(p, ry, rx, element, static_cast<const char*>(sources[TRANSPOSE_CONV_SOURCE_WEIGHTS].data), part);
      if (form == PHASE_F32) {
        pack_f32_tiles(16, p.out_c, k, part, 4, reinterpret_cast<const float*>(bias), reinterpret_cast<float*>(at));
        continue;
      }
      if (form == PHASE_S16) {
        const Source own[] = {
            {part, p.out_c * k}, sources[TRANSPOSE_CONV_SOURCE_BIAS], sources[TRANSPOSE_CONV_SOURCE_SCALE]};
        pack_s16_tiles(own, 0, p.out_c, k, p.requantization, at);
        continue;
      }
      const float* scale = static_cast<const float*>(sources[TRANSPOSE_CONV_SOURCE_SCALE].data);
      const bool vnni = form == PHASE_VNNI;
      const int64_t runs = vnni ? phase_runs(p, ry) : 1;
      if (is_unsigned) {
        pack_tiles_u8(vnni ? tile_form_vnni_u8 : tile_form_avx2, p.out_c, k, runs,
                      reinterpret_cast<const uint8_t*>(part), bias, scale, p.in_zero_point, p.w_zero_point, at);
      } else {
        pack_tiles(vnni ? tile_form_vnni : tile_form_avx2, p.out_c, k, runs, reinterpret_cast<const int8_t*>(part),
                   bias, scale, p.in_zero_point, at);
      }
    }
  }
  delete[] part;
  return SINTER_OK;
}

template <PhaseForm form>
int64_t scratch(const void* params, int threads) {
  return threads * phase_thread_bytes(*static_cast<const P*>(params), form);
}

int64_t vnni_scratch(const void* params, int threads, bool corrected) {
  const P& p = *static_cast<const P*>(params);
  return scratch_of_any_cut(threads, [&](int t) { return phase_block(p, t, corrected).kept.bytes; });
}

}  // namespace

#define SINTER_TRANSPOSE_CONV_PACKING(name, bytes, pack)                                                  \
  extern const PackingDef transpose_conv_##name##_packing;                                                \
  const PackingDef transpose_conv_##name##_packing = {"transpose_conv_" #name, 1,     &transpose_conv_op, \
                                                      TRANSPOSE_CONV_SOURCES,  bytes, pack};

extern const OpDef transpose_conv_op;
SINTER_TRANSPOSE_CONV_PACKING(f32_plain, plain_bytes<PHASE_F32>, plain_pack<PHASE_F32>)
SINTER_TRANSPOSE_CONV_PACKING(s8_plain, plain_bytes<PHASE_S8>, plain_pack<PHASE_S8>)
SINTER_TRANSPOSE_CONV_PACKING(u8_plain, plain_bytes<PHASE_S8>, plain_pack<PHASE_S8>)
SINTER_TRANSPOSE_CONV_PACKING(s16s8_plain, plain_bytes<PHASE_S16>, plain_pack<PHASE_S16>)
SINTER_TRANSPOSE_CONV_PACKING(f32_phases, phases_bytes<PHASE_F32>, (phases_pack<PHASE_F32, false>))
SINTER_TRANSPOSE_CONV_PACKING(s8_phases, phases_bytes<PHASE_S8>, (phases_pack<PHASE_S8, false>))
SINTER_TRANSPOSE_CONV_PACKING(u8_phases, phases_bytes<PHASE_S8>, (phases_pack<PHASE_S8, true>))
SINTER_TRANSPOSE_CONV_PACKING(s8_phases_n64k4, phases_bytes<PHASE_VNNI>, (phases_pack<PHASE_VNNI, false>))
SINTER_TRANSPOSE_CONV_PACKING(u8_phases_n64k4, phases_bytes<PHASE_VNNI>, (phases_pack<PHASE_VNNI, true>))
SINTER_TRANSPOSE_CONV_PACKING(s16s8_phases, phases_bytes<PHASE_S16>, (phases_pack<PHASE_S16, false>))

int64_t transpose_conv_s8_scratch(const void* params, int threads) {
  return scratch<PHASE_S8>(params, threads);
}
int64_t transpose_conv_s8_vnni_scratch(const void* params, int threads) {
  return vnni_scratch(params, threads, false);
}
int64_t transpose_conv_u8_vnni_scratch(const void* params, int threads) {
  return vnni_scratch(params, threads, true);
}
int64_t transpose_conv_s16_scratch(const void* params, int threads) {
  return scratch<PHASE_S16>(params, threads);
}
int64_t transpose_conv_f32_scratch(const void* params, int threads) {
  return scratch<PHASE_F32>(params, threads);
}

}  // namespace sinter
