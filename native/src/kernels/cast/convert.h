// How cast makes a number of one type of one of another, and which types the parameters name; internal linkage.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_KERNELS_CAST_CONVERT_H_
#define SINTER_KERNELS_CAST_CONVERT_H_

#include <float.h>
#include <stdint.h>

#include "core/host_device.h"
#include "kernels/cast/op.h"

namespace sinter {
namespace {

// Floats that the target cannot hold become what x86 makes of them: the least 32-bit (64-bit) number.
template <class To>
struct Converter {
  SINTER_HOST_DEVICE static To of(float x) {
    if (sizeof(To) == 8) {
      return x >= -9223372036854775808.0f && x < 9223372036854775808.0f ? static_cast<To>(static_cast<int64_t>(x))
                                                                        : static_cast<To>(INT64_MIN);
    }
    return x >= -2147483648.0f && x < 2147483648.0f ? static_cast<To>(static_cast<int32_t>(x))
                                                    : static_cast<To>(INT32_MIN);
  }
  template <class From>
  SINTER_HOST_DEVICE static To of(From x) {
    return static_cast<To>(x);
  }
};
template <>
struct Converter<float> {
  template <class From>
  SINTER_HOST_DEVICE static float of(From x) {
    return static_cast<float>(x);
  }
};
template <>
struct Converter<bool> {
  // A denormal is 0 in a run (core/float_mode.h); a GPU has no such mode. NaN is not 0.
  SINTER_HOST_DEVICE static uint8_t of(float x) {
    return !((x > -FLT_MIN) & (x < FLT_MIN));  // without a branch, for vectors
  }
  template <class From>
  SINTER_HOST_DEVICE static uint8_t of(From x) {
    return x != 0;
  }
};
template <class T>
struct Stored {
  typedef T type;
};
template <>
struct Stored<bool> {
  typedef uint8_t type;
};

// From one to the other, as they are stored.
template <class A, class B>
struct Cast {
  typedef typename Stored<A>::type In;
  typedef typename Stored<B>::type Out;
  SINTER_HOST_DEVICE Out operator()(In x) const {
    return Converter<B>::of(x);
  }
};

template <class From, class Visit>
void visit_cast_from(const CastParams& p, const Visit& visit) {
  switch (p.to) {
    case CAST_F32:
      return visit(Cast<From, float>());
    case CAST_S8:
      return visit(Cast<From, int8_t>());
    case CAST_U8:
      return visit(Cast<From, uint8_t>());
    case CAST_S16:
      return visit(Cast<From, int16_t>());
    case CAST_S32:
      return visit(Cast<From, int32_t>());
    case CAST_S64:
      return visit(Cast<From, int64_t>());
    default:
      return visit(Cast<From, bool>());
  }
}

template <class Visit>
void visit_cast(const CastParams& p, const Visit& visit) {
  switch (p.from) {
    case CAST_F32:
      return visit_cast_from<float>(p, visit);
    case CAST_S8:
      return visit_cast_from<int8_t>(p, visit);
    case CAST_U8:
      return visit_cast_from<uint8_t>(p, visit);
    case CAST_S16:
      return visit_cast_from<int16_t>(p, visit);
    case CAST_S32:
      return visit_cast_from<int32_t>(p, visit);
    case CAST_S64:
      return visit_cast_from<int64_t>(p, visit);
    default:
      return visit_cast_from<bool>(p, visit);
  }
}

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_CAST_CONVERT_H_
