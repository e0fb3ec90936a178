// cast: a loop per pair of types.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "core/workers.h"
#include "kernels/cast/op.h"

namespace sinter {
namespace {

// Floats that the target cannot hold become what x86 makes of them: the least 32-bit (64-bit) number.
template <class To>
struct Converter {
  static To of(float x) {
    if (sizeof(To) == 8) {
      return x >= -9223372036854775808.0f && x < 9223372036854775808.0f ? static_cast<To>(static_cast<int64_t>(x))
                                                                        : static_cast<To>(INT64_MIN);
    }
    return x >= -2147483648.0f && x < 2147483648.0f ? static_cast<To>(static_cast<int32_t>(x))
                                                    : static_cast<To>(INT32_MIN);
  }
  template <class From>
  static To of(From x) {
    return static_cast<To>(x);
  }
};
template <>
struct Converter<float> {
  template <class From>
  static float of(From x) {
    return static_cast<float>(x);
  }
};
template <>
struct Converter<bool> {
  template <class From>
  static uint8_t of(From x) {
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

template <class From, class To>
void convert(const Call* call) {
  typedef typename Stored<From>::type A __attribute__((aligned(1), may_alias));
  typedef typename Stored<To>::type B __attribute__((aligned(1), may_alias));
  const int64_t count = static_cast<const CastParams*>(call->params)->count;
  const A* in = static_cast<const A*>(call->slots[CAST_IN]);
  B* out = static_cast<B*>(call->slots[CAST_OUT]);
  const int64_t part = 16384, parts = (count + part - 1) / part;
  parallel_for(call->workers, parts, [&](int64_t index, int) {
    const int64_t end = (index + 1) * part < count ? (index + 1) * part : count;
    for (int64_t i = index * part; i < end; i++) {
      const typename Stored<From>::type x = in[i];
      out[i] = Converter<To>::of(x);
    }
  });
}

template <class From>
void from(const Call* call) {
  switch (static_cast<const CastParams*>(call->params)->to) {
    case CAST_F32:
      return convert<From, float>(call);
    case CAST_S8:
      return convert<From, int8_t>(call);
    case CAST_U8:
      return convert<From, uint8_t>(call);
    case CAST_S16:
      return convert<From, int16_t>(call);
    case CAST_S32:
      return convert<From, int32_t>(call);
    case CAST_S64:
      return convert<From, int64_t>(call);
    default:
      return convert<From, bool>(call);
  }
}

}  // namespace

void cast_u8_reference(const Call* call) {
  switch (static_cast<const CastParams*>(call->params)->from) {
    case CAST_F32:
      return from<float>(call);
    case CAST_S8:
      return from<int8_t>(call);
    case CAST_U8:
      return from<uint8_t>(call);
    case CAST_S16:
      return from<int16_t>(call);
    case CAST_S32:
      return from<int32_t>(call);
    case CAST_S64:
      return from<int64_t>(call);
    default:
      return from<bool>(call);
  }
}

}  // namespace sinter
