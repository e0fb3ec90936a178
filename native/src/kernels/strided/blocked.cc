// strided on any machine, in plain loops.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/strided/drive.h"

namespace sinter {
namespace {

struct Plain {
  static void copy(void* to, const void* from, int64_t bytes) {
    memcpy(to, from, static_cast<size_t>(bytes));
  }
  template <class T>
  static bool turn(const T*, T*, const Plane&) {
    return false;
  }
};

}  // namespace

void strided_u8_blocked(const Call* call) {
  run_any<Plain>(call);
}

}  // namespace sinter
