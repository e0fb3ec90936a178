// gemm by weights of few bits: one row and some rows times matrices that come from L3 or memory, many rows; and plain
// reads of as many bytes, the ceiling of the former.
// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "bench.h"
#include "kernels/gemm/dynamic.h"
#include "kernels/gemm/op.h"
#if defined(SINTER_X86_64)
#include <immintrin.h>
#endif

namespace sinter {
namespace {

struct Shape {
  int m, n, k;
};
const Shape shapes[] = {{1, 4096, 11008}, {4, 4096, 11008}, {8, 4096, 11008},
                        {1, 1024, 1024},  {64, 4096, 4096}, {256, 1024, 1024}};

std::vector<char> filled(int64_t count, int factor) {
  std::vector<char> bytes(static_cast<size_t>(count));
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<char>(i * static_cast<size_t>(factor) >> 3);
  return bytes;
}

void register_shape(const RowDef* row, const Shape& s, int block, int dynamic) {
  std::string name =
      std::string(row->name) + "/m" + std::to_string(s.m) + "/n" + std::to_string(s.n) + "/k" + std::to_string(s.k);
  if (block) name += "/block" + std::to_string(block);
  if (dynamic >= WEIGHT_ONLY) name += dynamic == WEIGHT_ONLY ? "/weight_only" : "/weight_only_bf16";
  benchmark::RegisterBenchmark(name.c_str(), [row, s, block, dynamic](benchmark::State& state) {
    GemmParams p = {};
    p.m = s.m;
    p.n = s.n;
    p.k = s.k;
    p.lda = s.k;
    p.ldc = s.n;
    p.block = block;
    p.dynamic = dynamic;
    p.act_min = -INFINITY;
    p.act_max = INFINITY;
    const int64_t weights = int64_t{s.n} * s.k, n = s.n;
    const DataType type = row->types[GEMM_WEIGHTS];
    std::vector<char> scale;
    if (type == S8 || (type == S4 && block == 0)) {
      scale.resize(static_cast<size_t>(4 * n));
      for (size_t i = 0; i < static_cast<size_t>(n); i++) reinterpret_cast<float*>(scale.data())[i] = 1e-3f;
    } else if (type == S4) {
      scale = filled(2 * n * (s.k / block), 0);
      for (size_t i = 1; i < scale.size(); i += 2) scale[i] = 0x20;
    }
    std::vector<char> source(static_cast<size_t>(type == S4 ? weights / 2 : type == S8 ? weights : 2 * weights));
    for (size_t i = 0; i < source.size(); i++) source[i] = static_cast<char>(type == F16 ? i % 2 * 0x34 : i * 29);
    bench_row(state, row, &p, {source, filled(4 * n, 0), scale}, double(s.m) * s.n * s.k);
    state.counters["bytes/s"] =
        benchmark::Counter(static_cast<double>(source.size() + scale.size()) * static_cast<double>(state.iterations()),
                           benchmark::Counter::kIsRate);
  });
}

bool takes(const RowDef* row, int block, int dynamic) {
  GemmParams p = {};
  p.m = p.n = p.ldc = 64;
  p.k = p.lda = 256;
  p.block = block;
  p.dynamic = dynamic;
  return !broken_limit(row, &p);
}

#if defined(SINTER_X86_64)
// Reads as many bytes as the weights of a shape have, in order.
__attribute__((target("avx512f"))) int64_t read_all(const char* from, int64_t bytes) {
  __m512i sum[4] = {};
  for (int64_t i = 0; i + 256 <= bytes; i += 256) {
    for (int v = 0; v < 4; v++) {
      _mm_prefetch(from + i + 64 * v + 4096, _MM_HINT_T0);
      sum[v] = _mm512_xor_si512(sum[v], _mm512_loadu_si512(from + i + 64 * v));
    }
  }
  alignas(64) int64_t lanes[8];
  _mm512_store_si512(lanes, _mm512_xor_si512(_mm512_xor_si512(sum[0], sum[1]), _mm512_xor_si512(sum[2], sum[3])));
  return lanes[0] ^ lanes[7];
}

void register_read(int64_t bytes) {
  benchmark::RegisterBenchmark(("plain_read/" + std::to_string(bytes)).c_str(), [bytes](benchmark::State& state) {
    if (!__builtin_cpu_supports("avx512f")) return state.SkipWithError("no AVX-512");
    Arena arena;
    arena.resize(bytes);
    memset(arena.data(), 1, static_cast<size_t>(bytes));
    for (auto _ : state) benchmark::DoNotOptimize(read_all(arena.data(), bytes));
    state.counters["bytes/s"] = benchmark::Counter(static_cast<double>(bytes) * static_cast<double>(state.iterations()),
                                                   benchmark::Counter::kIsRate);
  });
}
#endif

const bool registered = [] {
  for_each_row("gemm", F32, F32, [](const RowDef* row) {
    const DataType type = row->types[GEMM_WEIGHTS];
    for (const Shape& s : shapes) {
      for (int block : {0, 32, 128}) {
        for (int dynamic : {0, int{WEIGHT_ONLY}, int{WEIGHT_ONLY_BF16}}) {
          const bool sized = type == S4 || (type == S8 && block == 0) || (type == F16 && block + dynamic == 0);
          if (sized && takes(row, block, dynamic)) register_shape(row, s, block, dynamic);
        }
      }
    }
  });
#if defined(SINTER_X86_64)
  for (const int64_t bytes :
       {int64_t{4096} * 11008, int64_t{4096} * 11008 / 2, int64_t{1} << 20, int64_t{1} << 19, int64_t{1} << 29}) {
    register_read(bytes);
  }
#endif
  return true;
}();

}  // namespace
}  // namespace sinter
