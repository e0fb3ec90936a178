// What this CPU and operating system can do: ISA bits, cache sizes, usable cores.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_CPU_H_
#define SINTER_CORE_CPU_H_

#include "core/isa.h"

namespace sinter {

struct IsaName {
  const char* name;
  uint64_t bit;
};
// Names as the catalogue, SINTER_ISA and reports write them.
inline constexpr IsaName isa_names[] = {
    {"avx2", ISA_AVX2},
    {"avx512", ISA_AVX512},
    {"avx512_vnni", ISA_AVX512_VNNI},
    {"avx512_bf16", ISA_AVX512_BF16},
    {"avx512_vbmi", ISA_AVX512_VBMI},
    {"avx512_vbmi2", ISA_AVX512_VBMI2},
    {"avx_vnni", ISA_AVX_VNNI},
    {"amx_tile", ISA_AMX_TILE},
    {"amx_int8", ISA_AMX_INT8},
    {"amx_bf16", ISA_AMX_BF16},
    {"dotprod", ISA_DOTPROD},
    {"i8mm", ISA_I8MM},
    {"bf16", ISA_BF16},
    {"sm80", ISA_SM80},
    {"sm90a", ISA_SM90A},
};

// Found once (CPUID and XGETBV, or the hardware capabilities on arm64). SINTER_ISA in the environment
// takes bits away: "reference" leaves none, "avx2" leaves AVX2, "avx512" all but AMX, and so on for
// each name above; it never adds any.
uint64_t cpu_features();
// Without SINTER_ISA.
uint64_t detected_cpu_features();
// Those whose rows were compiled to other instructions, in a test program of cmake/emulation.cmake; else none.
uint64_t emulated_features();
// Null when SINTER_ISA is absent or understood, else a message naming the values it may have.
const char* isa_override_error();

// Where two processors with the same instructions differ in what is fast.
bool cpu_is_amd();

int64_t cache_bytes(int level);
int usable_cores();

}  // namespace sinter

#endif  // SINTER_CORE_CPU_H_
