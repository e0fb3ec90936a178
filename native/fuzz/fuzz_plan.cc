// libFuzzer entry for plans: clang++ -fsanitize=fuzzer,address with the sources of target fuzz_seeded.
// SPDX-License-Identifier: Apache-2.0
#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sinter::fuzz_plan(data, size);
  return 0;
}
