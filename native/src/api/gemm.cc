// The direct matrix product of sinter.h: the fastest row for the options, packed once.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include <new>
#include <vector>

#include "api/direct.h"
#include "core/handles.h"
#include "core/status.h"
#include "kernels/gemm/bf16.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

struct Gemm : Direct {
  GemmParams params = {};
};

HandleTable<Gemm>& gemm_table() {
  static HandleTable<Gemm>* const handles = new HandleTable<Gemm>(HANDLE_GEMM);
  return *handles;
}

// What each SINTER_GEMM_* is made of. `flips`: int8 weights that a row for uint8 ones reads as value + 128. `scaled`:
// has a factor per column, of the result or of the weights.
struct Kind {
  DataType types[GEMM_SLOTS];
  int weight_bytes;
  bool requantizes, flips, scaled;
};
const Kind kinds[] = {
    {{F32, F32, F32}, 4, false, false, false},    // F32
    {{S8, S8, S8}, 1, true, false, true},         // S8S8S8
    {{S8, S8, S32}, 1, false, false, false},      // S8S8S32
    {{U8, U8, U8}, 1, true, false, true},         // U8U8U8
    {{U8, U8, S32}, 1, false, false, false},      // U8U8S32
    {{U8, U8, S32}, 1, false, true, false},       // U8S8S32
    {{BF16, BF16, F32}, 2, false, false, false},  // BF16
    {{F32, BF16, F32}, 2, false, false, false},   // F32BF16
    {{BF16, S8, F32}, 1, false, false, true},     // BF16S8
};
const int kind_count = static_cast<int>(sizeof kinds / sizeof kinds[0]);

sinter_status check_options(const sinter_gemm_options& o) {
  if (o.type < 0 || o.type >= kind_count) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: type %d is not one of SINTER_GEMM_*", o.type);
  }
  const Kind& kind = kinds[o.type];
  if (!o.weights) return fail(SINTER_INVALID_ARGUMENT, "gemm: weights are missing");
  if (kind.scaled != (o.scale != nullptr)) {
    return fail(SINTER_INVALID_ARGUMENT, kind.requantizes ? "gemm: a result of 8 bits needs scale, n floats"
                                         : kind.scaled    ? "gemm: these weights need scale, n floats"
                                                          : "gemm: scale is for results of 8 bits and BF16S8 only");
  }
  const bool two_zero_points = kind.types[GEMM_WEIGHTS] == U8 && !kind.flips;
  if (!two_zero_points && o.w_zero_point != 0) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: w_zero_point %d; only uint8 weights have one", o.w_zero_point);
  }
  return SINTER_OK;
}

std::shared_ptr<Gemm> create(const sinter_gemm_options& o) {
  if (check_options(o) != SINTER_OK) return nullptr;
  const Kind& kind = kinds[o.type];
  auto gemm = std::make_shared<Gemm>();
  GemmParams& p = gemm->params;
  p.m = 1;
  p.n = p.ldc = o.n;
  p.k = p.lda = o.k;
  if (kind.types[GEMM_C] == F32) {
    p.act_min = o.act_min;
    p.act_max = o.act_max;
  } else {
    p.a_zero_point = o.a_zero_point;
    p.w_zero_point = kind.flips ? 128 : o.w_zero_point;
  }
  if (kind.requantizes) {
    p.out_zero_point = o.out_zero_point;
    p.out_min = o.out_min;
    p.out_max = o.out_max;
  }
  gemm->row = fastest_row("gemm", kind.types, &p, o.isa_mask);
  if (!gemm->row) return nullptr;
  // Before sizes are computed and weights are read.
  int64_t bytes[MAX_SLOTS] = {};
  if (gemm->row->op->check(&p, gemm->row, bytes) != SINTER_OK) return nullptr;
  const int64_t n = o.n, elements = n * o.k;
  if (elements > int64_t{1} << 48) {
    fail(SINTER_INVALID_ARGUMENT, "gemm: %d x %d weights are larger than any memory", o.n, o.k);
    return nullptr;
  }
  std::vector<uint8_t> flipped;
  const void* weights = o.weights;
  if (kind.flips) {
    const uint8_t* from = static_cast<const uint8_t*>(o.weights);
    flipped.resize(static_cast<size_t>(elements));
    for (size_t i = 0; i < flipped.size(); i++) flipped[i] = from[i] ^ 0x80;
    weights = flipped.data();
  }
  const Source sources[MAX_SOURCES] = {
      {weights, elements * kind.weight_bytes}, {o.bias, o.bias ? n * 4 : 0}, {o.scale, o.scale ? n * 4 : 0}};
  return pack_direct(gemm.get(), &p, sources) == SINTER_OK ? gemm : nullptr;
}

// The parameters of a call, checked.
sinter_status call_params(const Gemm& gemm, int32_t m, int64_t lda, int64_t ldc, GemmParams* p) {
  if (m < 0 || lda < 0 || lda > INT32_MAX || ldc < 0 || ldc > INT32_MAX) {
    return fail(SINTER_INVALID_ARGUMENT, "gemm: m %d, lda %lld, ldc %lld", m, (long long)lda, (long long)ldc);
  }
  *p = gemm.params;
  p->m = m;
  p->lda = static_cast<int32_t>(lda);
  p->ldc = static_cast<int32_t>(ldc);
  int64_t bytes[MAX_SLOTS] = {};
  return gemm.row->op->check(p, gemm.row, bytes);
}

sinter_status run(Gemm* gemm, int32_t m, const void* a, int64_t lda, void* c, int64_t ldc, int32_t threads) {
  GemmParams p;
  const sinter_status status = call_params(*gemm, m, lda, ldc, &p);
  if (status != SINTER_OK) return status;
  if (m > 0 && (!a || !c)) return fail(SINTER_INVALID_ARGUMENT, "gemm: %s is a null pointer", a ? "c" : "a");
  void* slots[GEMM_SLOTS] = {const_cast<void*>(a), nullptr, c};
  return run_direct(gemm, &p, static_cast<double>(p.m) * p.n * p.k, slots, threads);
}

sinter_status stale() {
  return fail(SINTER_INVALID_HANDLE, "this is not the handle of an open gemm");
}

}  // namespace
}  // namespace sinter

using namespace sinter;  // NOLINT: C interface

extern "C" {

void sinter_bf16_from_float(const float* in, uint16_t* out, int64_t count) {
  for (int64_t i = 0; i < count; i++) out[i] = bf16_from_float(in[i]);
}

void sinter_bf16_to_float(const uint16_t* in, float* out, int64_t count) {
  for (int64_t i = 0; i < count; i++) out[i] = bf16_to_float(in[i]);
}

void sinter_gemm_init(sinter_gemm_options* options, int32_t type) {
  if (!options) return;
  memset(options, 0, sizeof *options);
  options->type = type;
  options->out_min = type == SINTER_GEMM_U8U8U8 ? 0 : -128;
  options->out_max = type == SINTER_GEMM_U8U8U8 ? 255 : 127;
  options->act_min = -INFINITY;
  options->act_max = INFINITY;
}

uint64_t sinter_gemm_create(const sinter_gemm_options* options) {
  if (!options) {
    fail(SINTER_INVALID_ARGUMENT, "gemm: no options");
    return 0;
  }
  try {
    auto gemm = create(*options);
    if (!gemm) return 0;
    const uint64_t handle = gemm_table().insert(std::move(gemm));
    if (handle == 0) fail(SINTER_OUT_OF_MEMORY, "too many open handles");
    return handle;
  } catch (const std::bad_alloc&) {
    fail(SINTER_OUT_OF_MEMORY, "out of memory");
    return 0;
  }
}

sinter_status sinter_gemm_destroy(uint64_t gemm) {
  return gemm_table().remove(gemm, [](Gemm&) { return true; }) ? SINTER_OK : stale();
}

const char* sinter_gemm_row(uint64_t gemm) {
  const auto found = gemm_table().find(gemm);
  if (!found) stale();
  return found ? found->row->name : nullptr;
}

sinter_status sinter_gemm_reserve(uint64_t gemm, int32_t m, int32_t threads, int32_t calls) {
  const auto found = gemm_table().find(gemm);
  if (!found) return stale();
  try {
    GemmParams p;
    const sinter_status status = call_params(*found, m, found->params.lda, found->params.ldc, &p);
    return status == SINTER_OK ? reserve_direct(found.get(), &p, threads, calls) : status;
  } catch (const std::bad_alloc&) {
    return fail(SINTER_OUT_OF_MEMORY, "out of memory");
  }
}

sinter_status sinter_gemm_run(uint64_t gemm, int32_t m, const void* a, int64_t lda, void* c, int64_t ldc,
                              int32_t threads) {
  const auto found = gemm_table().find(gemm);
  if (!found) return stale();
  try {
    return run(found.get(), m, a, lda, c, ldc, threads);
  } catch (const std::bad_alloc&) {
    return fail(SINTER_OUT_OF_MEMORY, "out of memory");
  }
}

}  // extern "C"
