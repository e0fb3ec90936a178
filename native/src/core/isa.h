// Bits that name what a CPU can do; rows state which of them they need.
// SPDX-License-Identifier: Apache-2.0
//
// Plain constants and structs only: this header is included by the files that are built for one
// ISA, and those must not emit anything the linker could pick for an older machine.
#ifndef SINTER_CORE_ISA_H_
#define SINTER_CORE_ISA_H_

#include <stdint.h>

namespace sinter {

enum Arch : uint8_t { ARCH_ANY = 0, ARCH_X86_64 = 1, ARCH_ARM64 = 2, ARCH_CUDA = 3 };

// The bits are stable: they appear in the exported catalogue and in target files.
enum IsaBit : uint64_t {
  ISA_NONE = 0,
  // x86-64. AVX2 stands for AVX2 + FMA + F16C; AVX512 for F + BW + VL + DQ.
  ISA_AVX2 = 1ull << 0,
  ISA_AVX512 = 1ull << 1,
  ISA_AVX512_VNNI = 1ull << 2,
  ISA_AVX512_BF16 = 1ull << 3,
  ISA_AVX512_VBMI = 1ull << 4,
  ISA_AVX512_VBMI2 = 1ull << 5,
  ISA_AVX_VNNI = 1ull << 6,
  ISA_AMX_TILE = 1ull << 7,
  ISA_AMX_INT8 = 1ull << 8,
  ISA_AMX_BF16 = 1ull << 9,
  // arm64; Advanced SIMD itself is the baseline and needs no bit.
  ISA_DOTPROD = 1ull << 32,
  ISA_I8MM = 1ull << 33,
  ISA_BF16 = 1ull << 34,
  // NVIDIA GPUs, by compute capability. SM80: 8.0 and above. SM90A: 9.0 with its own instructions (wgmma).
  ISA_SM80 = 1ull << 48,
  ISA_SM90A = 1ull << 49,
};

}  // namespace sinter

#endif  // SINTER_CORE_ISA_H_
