// libFuzzer entry for the parameters and sources of packings.
// SPDX-License-Identifier: Apache-2.0
#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sinter::fuzz_pack(data, size);
  return 0;
}
