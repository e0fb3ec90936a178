// Packs an lstm's constants: recurrent and projection weights as gemm's packings have them, the small ones behind.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/status.h"
#include "kernels/lstm/shape.h"

namespace sinter {

extern const OpDef lstm_op;
extern const PackingDef gemm_f32_n16_packing, gemm_s8_plain_packing, gemm_s8_n16k2_packing, gemm_s8_n64k4_packing,
    gemm_s8_n16k4_packing, gemm_f32s8_plain_packing, gemm_f32s8_n16k2_packing;
int64_t gemm_f32s8_avx2_scratch(const void* params, int threads);
int64_t gemm_s8_avx2_scratch(const void* params, int threads);
int64_t gemm_s8_vnni_scratch(const void* params, int threads);

namespace {

sinter_status check_source(const Source* sources, int index, const char* name, bool wanted, int64_t bytes) {
  const Source& s = sources[index];
  if (wanted ? s.data && s.bytes == bytes : !s.data) return SINTER_OK;
  return fail(SINTER_INVALID_ARGUMENT, "lstm: source %s has %lld bytes, %lld are needed", name, (long long)s.bytes,
              (long long)(wanted ? bytes : 0));
}

sinter_status check_factor(const FixedFactor& f, int32_t most) {
  if (f.mantissa >= 0 && f.shift >= -31 && f.shift <= most) return SINTER_OK;
  return fail(SINTER_INVALID_ARGUMENT, "lstm: a factor of %d x 2^(%d - 31)", f.mantissa, f.shift);
}

sinter_status check_factors(const void* data) {
  LstmFactors f;
  memcpy(&f, data, sizeof f);
  for (int i = 0; i < 4; i++) {
    if (f.guard[i] < 0) return fail(SINTER_INVALID_ARGUMENT, "lstm: a variance guard of %d", f.guard[i]);
    const FixedFactor wide[] = {f.input[i], f.recurrent[i], f.peephole[i]};
    for (const FixedFactor& each : wide) {
      if (check_factor(each, 30) != SINTER_OK) return SINTER_INVALID_ARGUMENT;
    }
    if (check_factor(f.norm[i], 18) != SINTER_OK) return SINTER_INVALID_ARGUMENT;
  }
  if (check_factor(f.projection, 30) != SINTER_OK) return SINTER_INVALID_ARGUMENT;
  return check_factor(f.hidden, 30);
}

enum Form { FLOATS, INTEGERS, HYBRID };

sinter_status check_sources(const LstmParams& p, const Source* sources, Form form) {
  const bool s8 = form == INTEGERS;
  const int64_t gates = lstm_gates(p), cell = p.cell, output = p.output, small = s8 ? 2 : 4;
  const int64_t wide = form == FLOATS ? 4 : 1;
  const Source* s = sources;
  if (check_source(s, LSTM_SOURCE_RECURRENT, "recurrent", true, gates * cell * output * wide) != SINTER_OK ||
      check_source(s, LSTM_SOURCE_PROJECTION, "projection", p.projection, output * cell * wide) != SINTER_OK ||
      check_source(s, LSTM_SOURCE_PROJECTION_BIAS, "projection bias",
                   p.projection && s[LSTM_SOURCE_PROJECTION_BIAS].data, output * 4) != SINTER_OK ||
      check_source(s, LSTM_SOURCE_PEEPHOLE, "peephole", p.peephole, (gates - 1) * cell * small) != SINTER_OK ||
      check_source(s, LSTM_SOURCE_NORM, "norm", p.layer_norm, gates * cell * small) != SINTER_OK ||
      check_source(s, LSTM_SOURCE_NORM_BIAS, "norm bias", p.layer_norm, gates * cell * 4) != SINTER_OK ||
      check_source(s, LSTM_SOURCE_FACTORS, "factors", s8, sizeof(LstmFactors)) != SINTER_OK ||
      check_source(s, LSTM_SOURCE_SCALES, "scales", form == HYBRID, 4 * (gates * cell + (p.projection ? output : 0))) !=
          SINTER_OK) {
    return SINTER_INVALID_ARGUMENT;
  }
  return s8 ? check_factors(s[LSTM_SOURCE_FACTORS].data) : SINTER_OK;
}

// Where the parts of a blob go, and its size; -1 after fail().
template <const PackingDef& gemm>
int64_t place(const LstmParams& p, const Source* sources, Form form, LstmHead* head, Source* recurrent,
              Source* projection) {
  if (check_sources(p, sources, form) != SINTER_OK) return -1;
  recurrent[GEMM_SOURCE_WEIGHTS] = sources[LSTM_SOURCE_RECURRENT];
  projection[GEMM_SOURCE_WEIGHTS] = sources[LSTM_SOURCE_PROJECTION];
  projection[GEMM_SOURCE_BIAS] = sources[LSTM_SOURCE_PROJECTION_BIAS];
  if (form == HYBRID) {
    const char* scales = static_cast<const char*>(sources[LSTM_SOURCE_SCALES].data);
    const int64_t bytes = int64_t{4} * lstm_gates(p) * p.cell;
    recurrent[GEMM_SOURCE_SCALE] = {scales, bytes};
    if (p.projection) projection[GEMM_SOURCE_SCALE] = {scales + bytes, int64_t{4} * p.output};
  }
  const GemmParams first = lstm_recurrent(p), second = lstm_projection(p);
  const int64_t first_bytes = gemm.bytes(&first, recurrent);
  const int64_t second_bytes = p.projection ? gemm.bytes(&second, projection) : 0;
  if (first_bytes < 0 || second_bytes < 0) return -1;
  // Vector rows read up to 64 bytes past a part's end: they fall into the next one.
  head->recurrent = lstm_aligned(sizeof(LstmHead));
  head->projection = head->recurrent + lstm_aligned(first_bytes);
  head->peephole = head->projection + lstm_aligned(second_bytes);
  head->norm = head->peephole + lstm_aligned(sources[LSTM_SOURCE_PEEPHOLE].bytes);
  head->norm_bias = head->norm + lstm_aligned(sources[LSTM_SOURCE_NORM].bytes);
  head->factors = head->norm_bias + lstm_aligned(sources[LSTM_SOURCE_NORM_BIAS].bytes);
  return head->factors + lstm_aligned(sizeof(LstmFactors));
}

template <const PackingDef& gemm, Form form>
int64_t bytes(const void* params, const Source* sources) {
  LstmHead head = {};
  Source recurrent[GEMM_SOURCES] = {}, projection[GEMM_SOURCES] = {};
  return place<gemm>(*static_cast<const LstmParams*>(params), sources, form, &head, recurrent, projection);
}

template <const PackingDef& gemm, Form form>
sinter_status pack(const void* params, const Source* sources, void* out, int64_t out_bytes) {
  const LstmParams& p = *static_cast<const LstmParams*>(params);
  LstmHead head = {};
  Source recurrent[GEMM_SOURCES] = {}, projection[GEMM_SOURCES] = {};
  const int64_t total = place<gemm>(p, sources, form, &head, recurrent, projection);
  if (total < 0 || total > out_bytes) return SINTER_INVALID_ARGUMENT;
  char* at = static_cast<char*>(out);
  memset(at, 0, static_cast<size_t>(total));
  memcpy(at, &head, sizeof head);
  const GemmParams first = lstm_recurrent(p), second = lstm_projection(p);
  sinter_status status = gemm.pack(&first, recurrent, at + head.recurrent, head.projection - head.recurrent);
  if (status != SINTER_OK) return status;
  if (p.projection) {
    status = gemm.pack(&second, projection, at + head.projection, head.peephole - head.projection);
    if (status != SINTER_OK) return status;
  }
  const struct {
    int source;
    int64_t offset;
  } small[] = {{LSTM_SOURCE_PEEPHOLE, head.peephole},
               {LSTM_SOURCE_NORM, head.norm},
               {LSTM_SOURCE_NORM_BIAS, head.norm_bias},
               {LSTM_SOURCE_FACTORS, head.factors}};
  for (const auto& part : small) {
    const Source& s = sources[part.source];
    if (s.data) memcpy(at + part.offset, s.data, static_cast<size_t>(s.bytes));
  }
  return SINTER_OK;
}

int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

// Scratch with what the gemm row wants behind it; it runs on one thread.
template <ScratchFn gemm>
int64_t scratch(const void* params) {
  const LstmParams& p = *static_cast<const LstmParams*>(params);
  const GemmParams first = lstm_recurrent(p), second = lstm_projection(p);
  return lstm_scratch(p).gemm + larger(gemm(&first, 1), gemm(&second, 1));
}

}  // namespace

extern const PackingDef lstm_f32_n16_packing, lstm_s8_plain_packing, lstm_s8_n16k2_packing, lstm_s8_n64k4_packing,
    lstm_s8_n16k4_packing, lstm_f32s8_plain_packing, lstm_f32s8_n16k2_packing;
const PackingDef lstm_f32_n16_packing = {
    "lstm_f32_n16", 1, &lstm_op, LSTM_SOURCES, bytes<gemm_f32_n16_packing, FLOATS>, pack<gemm_f32_n16_packing, FLOATS>};
const PackingDef lstm_s8_plain_packing = {"lstm_s8_plain",
                                          1,
                                          &lstm_op,
                                          LSTM_SOURCES,
                                          bytes<gemm_s8_plain_packing, INTEGERS>,
                                          pack<gemm_s8_plain_packing, INTEGERS>};
const PackingDef lstm_s8_n16k2_packing = {"lstm_s8_n16k2",
                                          1,
                                          &lstm_op,
                                          LSTM_SOURCES,
                                          bytes<gemm_s8_n16k2_packing, INTEGERS>,
                                          pack<gemm_s8_n16k2_packing, INTEGERS>};
const PackingDef lstm_s8_n64k4_packing = {"lstm_s8_n64k4",
                                          2,
                                          &lstm_op,
                                          LSTM_SOURCES,
                                          bytes<gemm_s8_n64k4_packing, INTEGERS>,
                                          pack<gemm_s8_n64k4_packing, INTEGERS>};
const PackingDef lstm_s8_n16k4_packing = {"lstm_s8_n16k4",
                                          1,
                                          &lstm_op,
                                          LSTM_SOURCES,
                                          bytes<gemm_s8_n16k4_packing, INTEGERS>,
                                          pack<gemm_s8_n16k4_packing, INTEGERS>};

const PackingDef lstm_f32s8_plain_packing = {"lstm_f32s8_plain",
                                             1,
                                             &lstm_op,
                                             LSTM_SOURCES,
                                             bytes<gemm_f32s8_plain_packing, HYBRID>,
                                             pack<gemm_f32s8_plain_packing, HYBRID>};
const PackingDef lstm_f32s8_n16k2_packing = {"lstm_f32s8_n16k2",
                                             1,
                                             &lstm_op,
                                             LSTM_SOURCES,
                                             bytes<gemm_f32s8_n16k2_packing, HYBRID>,
                                             pack<gemm_f32s8_n16k2_packing, HYBRID>};

int64_t lstm_f32s8_avx2_scratch(const void* params, int) {
  return scratch<gemm_f32s8_avx2_scratch>(params);
}
int64_t lstm_plain_scratch(const void* params, int) {
  return lstm_scratch(*static_cast<const LstmParams*>(params)).gemm;
}
int64_t lstm_s8_avx2_scratch(const void* params, int) {
  return scratch<gemm_s8_avx2_scratch>(params);
}
int64_t lstm_s8_vnni_scratch(const void* params, int) {
  return scratch<gemm_s8_vnni_scratch>(params);
}

}  // namespace sinter
