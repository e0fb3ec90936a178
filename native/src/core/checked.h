// Sizes from parameters that may be hostile: products that notice overflow.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_CHECKED_H_
#define SINTER_CORE_CHECKED_H_

#include <stdint.h>

namespace sinter {

// The product of non-negative factors, or -1 when a factor is negative or the product passes 2^62.
// Usage: checked_product<4>({batch, height, width, channels}).
static inline int64_t checked_product(const int64_t* factors, int count) {
  int64_t product = 1;
  bool zero = false;
  for (int i = 0; i < count; i++) {
    if (factors[i] < 0) return -1;
    if (factors[i] == 0) zero = true;
  }
  if (zero) return 0;
  for (int i = 0; i < count; i++) {
    if (__builtin_mul_overflow(product, factors[i], &product) || product > (int64_t{1} << 62)) return -1;
  }
  return product;
}
template <int N>
static inline int64_t checked_product(const int64_t (&factors)[N]) {
  return checked_product(factors, N);
}

}  // namespace sinter

#endif  // SINTER_CORE_CHECKED_H_
