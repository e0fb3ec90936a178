// A plan: checked kernel calls over an arena for given shapes. docs/plan.md describes the bytes.
// SPDX-License-Identifier: Apache-2.0
#ifndef SINTER_CORE_PLAN_H_
#define SINTER_CORE_PLAN_H_

#include <memory>
#include <vector>

#include "core/weights.h"

namespace sinter {

enum : uint32_t { PLAN_MAGIC = 0x504e5453 /* "STNP" */, PLAN_VERSION = 2 };
enum SlotKind : uint32_t { SLOT_ARENA = 0, SLOT_BLOB = 1, SLOT_BINDING = 2 };
// A binding without a default place must be bound before a run.
static const uint64_t NO_DEFAULT_PLACE = ~uint64_t{0};
enum BindingDirection : uint32_t { BINDING_INPUT = 0, BINDING_OUTPUT = 1 };

// The layout of the bytes, little endian, in this order: header, slots, bindings, steps. A step is a
// PlanStep, its slot indices (uint32 each), its parameter bytes.
struct PlanHeader {
  uint32_t magic, version;
  uint64_t fingerprint;  // of the catalogue
  uint64_t total_bytes, arena_bytes;
  uint32_t slot_count, binding_count, step_count, reserved;
};
struct PlanSlot {
  uint32_t kind, index;  // index: of the blob or the binding
  uint64_t offset, bytes;
};
struct PlanBinding {
  uint32_t direction, reserved;
  uint64_t bytes, arena_offset;  // the default place
};
struct PlanStep {
  uint32_t row, slot_count, params_bytes, tag;  // tag: the caller's number for this step, for messages
  uint32_t cycles, reserved;                    // cycles: expected on one core, 0: not known
};

// What running needs, with everything checked.
struct Step {
  const RowDef* row;
  uint32_t first_slot;     // in Plan::step_slots
  uint32_t params_offset;  // in Plan::params
  uint32_t tag;
  uint32_t cycles;  // expected on one core; 0: not known
};

class Plan {
 public:
  // Null after fail(): SINTER_INVALID_PLAN or SINTER_UNSUPPORTED.
  static std::shared_ptr<const Plan> create(std::shared_ptr<const Weights> weights, const void* bytes, int64_t count);

  // Most scratch that one step wants with up to so many threads.
  int64_t scratch_bytes(int threads) const;

  int64_t arena_bytes = 0;
  std::vector<PlanSlot> slots;
  std::vector<PlanBinding> bindings;
  std::vector<Step> steps;
  std::vector<uint32_t> step_slots;
  std::vector<char> params;                        // 8-byte aligned pieces
  std::vector<std::shared_ptr<const Blob>> blobs;  // of slots of that kind, else null; keeps them alive

 private:
  sinter_status read(const Weights& weights, const char* bytes, uint64_t count);
  sinter_status check_step(const Step& step, uint32_t slot_count) const;
};

}  // namespace sinter

#endif  // SINTER_CORE_PLAN_H_
