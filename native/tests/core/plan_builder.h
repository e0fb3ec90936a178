// Plans for tests: their bytes, a small valid example, and a run inside exactly sized memory.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_TESTS_CORE_PLAN_BUILDER_H_
#define SINTER_TESTS_CORE_PLAN_BUILDER_H_

#include <stdint.h>
#include <string.h>

#include <string>
#include <vector>

#include "core/catalogue.h"
#include "core/plan.h"
#include "sinter.h"

namespace sinter {

struct PlanBytes {
  struct StepBytes {
    PlanStep head;
    std::vector<uint32_t> slots;
    std::vector<char> params;
  };
  PlanHeader header = {PLAN_MAGIC, PLAN_VERSION, catalogue_fingerprint(), 0, 0, 0, 0, 0, 0};
  std::vector<PlanSlot> slots;
  std::vector<PlanBinding> bindings;
  std::vector<StepBytes> steps;

  uint32_t slot(uint32_t kind, uint32_t index, uint64_t offset, uint64_t bytes) {
    slots.push_back({kind, index, offset, bytes});
    return static_cast<uint32_t>(slots.size() - 1);
  }
  uint32_t binding(uint32_t direction, uint64_t bytes, uint64_t arena_offset) {
    bindings.push_back({direction, 0, bytes, arena_offset});
    return static_cast<uint32_t>(bindings.size() - 1);
  }
  template <class P>
  void step(const char* row, std::vector<uint32_t> step_slots, const P& params, uint32_t tag = 0) {
    const char* p = reinterpret_cast<const char*>(&params);
    steps.push_back({{static_cast<uint32_t>(row_index(find_row(row))), static_cast<uint32_t>(step_slots.size()),
                      static_cast<uint32_t>(sizeof params), tag, 0, 0},
                     step_slots,
                     std::vector<char>(p, p + sizeof params)});
  }

  // The counts and the size are filled in.
  std::vector<char> bytes() const {
    std::vector<char> out(sizeof header);
    auto append = [&](const void* data, size_t count) {
      const char* p = static_cast<const char*>(data);
      out.insert(out.end(), p, p + count);
    };
    for (const PlanSlot& s : slots) append(&s, sizeof s);
    for (const PlanBinding& b : bindings) append(&b, sizeof b);
    for (const StepBytes& s : steps) {
      append(&s.head, sizeof s.head);
      append(s.slots.data(), s.slots.size() * 4);
      append(s.params.data(), s.params.size());
    }
    PlanHeader h = header;
    h.total_bytes = out.size();
    h.slot_count = static_cast<uint32_t>(slots.size());
    h.binding_count = static_cast<uint32_t>(bindings.size());
    h.step_count = static_cast<uint32_t>(steps.size());
    memcpy(out.data(), &h, sizeof h);
    return out;
  }
};

// Weights and a plan over several ops: input -> gemm -> depthwise -> copies (one of a constant) -> output.
struct Example {
  uint64_t weights = 0;
  PlanBytes plan;
  enum { PIXELS = 6, CHANNELS = 8, IN_BYTES = PIXELS * CHANNELS, OUT_BYTES = PIXELS * CHANNELS + 16 };
  std::vector<int8_t> input, expected;

  Example();
  ~Example();
  Example(const Example&) = delete;
  Example& operator=(const Example&) = delete;
};

std::string error_text();

// Creates the plan; when it is accepted, runs it in a session with exactly its arena (the slack behind
// is poisoned under AddressSanitizer) and unplaced bindings on exactly sized buffers. False: refused.
bool survive(uint64_t weights, const std::vector<char>& bytes);

}  // namespace sinter

#endif  // SINTER_TESTS_CORE_PLAN_BUILDER_H_
