// Flush-to-zero for the length of a run: denormals cost a hundred cycles and no model needs them.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_FLOAT_MODE_H_
#define SINTER_CORE_FLOAT_MODE_H_

#include <stdint.h>

#if defined(SINTER_X86_64)
#include <xmmintrin.h>
#endif

namespace sinter {

// Sets flush-to-zero and denormals-are-zero (FZ on arm64) with rounding to nearest; restores the
// thread's mode at the end of the scope.
class FlushDenormals {
 public:
#if defined(SINTER_X86_64)
  FlushDenormals() : saved_(_mm_getcsr()) {
    // 0x8040: FTZ | DAZ; 0x6000: rounding mode; 0x1f80: all exceptions masked.
    const unsigned wanted = (saved_ & ~0x6000u) | 0x8040u | 0x1f80u;
    changed_ = wanted != saved_;
    if (changed_) _mm_setcsr(wanted);
  }
  ~FlushDenormals() {
    if (changed_) _mm_setcsr(saved_);
  }

 private:
  unsigned saved_;
  bool changed_;
#elif defined(SINTER_ARM64)
  FlushDenormals() {
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved_));
    const uint64_t wanted = (saved_ & ~(uint64_t{3} << 22)) | (uint64_t{1} << 24);
    changed_ = wanted != saved_;
    if (changed_) __asm__ volatile("msr fpcr, %0" ::"r"(wanted));
  }
  ~FlushDenormals() {
    if (changed_) __asm__ volatile("msr fpcr, %0" ::"r"(saved_));
  }

 private:
  uint64_t saved_;
  bool changed_;
#else  // an architecture of plain rows alone; a destructor, so that guards count as used
  FlushDenormals() {}
  ~FlushDenormals() {}
#endif
 public:
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
};

}  // namespace sinter

#endif  // SINTER_CORE_FLOAT_MODE_H_
