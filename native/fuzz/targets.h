// What the fuzzers feed: each takes any bytes and must neither crash nor leave its memory.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_FUZZ_TARGETS_H_
#define SINTER_FUZZ_TARGETS_H_

#include <stddef.h>
#include <stdint.h>

#include <vector>

namespace sinter {

// The bytes of a plan; accepted plans are run.
void fuzz_plan(const uint8_t* data, size_t size);
// u16 packing, u16 sizes of up to three sources in steps, then parameters, then source bytes.
void fuzz_pack(const uint8_t* data, size_t size);

// Valid inputs to start from.
std::vector<std::vector<char>> plan_seeds();
std::vector<std::vector<char>> pack_seeds();

}  // namespace sinter

#endif  // SINTER_FUZZ_TARGETS_H_
