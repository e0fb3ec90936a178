// Stands in for AVX-512 on CPUs without it: forced into x86_avx512 and x86_amx files by
// cmake/emulation.cmake. SIMDe gives every intrinsic a plain implementation of the same meaning.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_TESTS_EMULATED_AVX512_H_
#define SINTER_TESTS_EMULATED_AVX512_H_

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx2.h>
#include <simde/x86/avx512.h>
#include <simde/x86/f16c.h>
#include <simde/x86/fma.h>

#include "emulated_amx.h"
#include "emulated_avx512_more.h"

#endif  // SINTER_TESTS_EMULATED_AVX512_H_
