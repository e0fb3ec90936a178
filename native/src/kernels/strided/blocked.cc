// strided on any machine, in plain loops.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/strided/drive.h"

namespace sinter {
namespace {

struct Plain {
  template <class T>
  static bool turn(const T*, T*, const Plane&) {
    return false;
  }
  template <class T>
  static bool reverse(const T*, T*, const Plane&) {
    return false;
  }
};

}  // namespace

void strided_u8_blocked(const Call* call) {
  run_any<Plain>(call);
}

}  // namespace sinter
