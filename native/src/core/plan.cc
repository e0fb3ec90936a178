// Checks a plan's bytes as one checks a hostile file: every count, offset and size before it is used.
// SPDX-License-Identifier: Apache-2.0
#include "core/plan.h"

#include <string.h>

#include "core/catalogue.h"
#include "core/status.h"

namespace sinter {
namespace {

const uint64_t max_bytes = uint64_t{1} << 46;

// Reads fixed-size records front to back; `left` never wraps.
struct Reader {
  const char* at;
  uint64_t left;
  template <class T>
  bool read(T* out) {
    if (left < sizeof(T)) return false;
    memcpy(out, at, sizeof(T));
    at += sizeof(T);
    left -= sizeof(T);
    return true;
  }
};

bool inside(uint64_t offset, uint64_t bytes, uint64_t total) {
  return offset <= total && bytes <= total - offset;
}

}  // namespace

std::shared_ptr<const Plan> Plan::create(std::shared_ptr<const Weights> weights, const void* bytes, int64_t count) {
  if (!bytes || count < 0) {
    fail(SINTER_INVALID_ARGUMENT, "plan: %lld bytes at address %p", (long long)count, bytes);
    return nullptr;
  }
  auto plan = std::make_shared<Plan>();
  if (plan->read(*weights, static_cast<const char*>(bytes), static_cast<uint64_t>(count)) != SINTER_OK) return nullptr;
  return plan;
}

sinter_status Plan::read(const Weights& weights, const char* bytes, uint64_t count) {
  Reader in = {bytes, count};
  PlanHeader header;
  if (!in.read(&header)) {
    return fail(SINTER_INVALID_PLAN, "plan: %llu bytes are fewer than its header", (unsigned long long)count);
  }
  if (header.magic != PLAN_MAGIC) return fail(SINTER_INVALID_PLAN, "plan: these bytes are not a plan");
  if (header.version != PLAN_VERSION) {
    return fail(SINTER_INVALID_PLAN, "plan: version %u, this library reads %u", header.version, PLAN_VERSION);
  }
  if (header.fingerprint != catalogue_fingerprint()) {
    return fail(SINTER_INVALID_PLAN, "plan: made for another catalogue of kernels; make it again with this library");
  }
  if (header.total_bytes != count) {
    return fail(SINTER_INVALID_PLAN, "plan: says it has %llu bytes, has %llu", (unsigned long long)header.total_bytes,
                (unsigned long long)count);
  }
  if (header.arena_bytes > max_bytes || header.reserved != 0) {
    return fail(SINTER_INVALID_PLAN, "plan: arena of %llu bytes or a reserved field in use",
                (unsigned long long)header.arena_bytes);
  }
  // Nothing is allocated because the header says so: each record must be there first.
  if (header.slot_count > in.left / sizeof(PlanSlot)) return fail(SINTER_INVALID_PLAN, "plan: slots are cut off");
  arena_bytes = static_cast<int64_t>(header.arena_bytes);
  slots.resize(header.slot_count);
  for (PlanSlot& slot : slots) in.read(&slot);
  if (header.binding_count > in.left / sizeof(PlanBinding)) {
    return fail(SINTER_INVALID_PLAN, "plan: bindings are cut off");
  }
  bindings.resize(header.binding_count);
  for (size_t i = 0; i < bindings.size(); i++) {
    PlanBinding& binding = bindings[i];
    in.read(&binding);
    const bool placed = binding.arena_offset != NO_DEFAULT_PLACE;
    if (binding.direction > BINDING_OUTPUT || binding.reserved != 0 || binding.bytes > max_bytes ||
        (placed && (binding.arena_offset % ARENA_ALIGNMENT != 0 ||
                    !inside(binding.arena_offset, binding.bytes, header.arena_bytes)))) {
      return fail(SINTER_INVALID_PLAN, "plan: binding %zu lies outside the arena or is not aligned", i);
    }
  }
  blobs.resize(slots.size());
  for (size_t i = 0; i < slots.size(); i++) {
    const PlanSlot& slot = slots[i];
    uint64_t total = 0;
    if (slot.kind == SLOT_ARENA) {
      total = slot.index == 0 ? header.arena_bytes : 0;
    } else if (slot.kind == SLOT_BLOB) {
      blobs[i] = weights.blob(slot.index);
      if (!blobs[i])
        return fail(SINTER_INVALID_PLAN, "plan: slot %zu names constant %u, which is not there", i, slot.index);
      total = static_cast<uint64_t>(blobs[i]->bytes);
    } else if (slot.kind == SLOT_BINDING) {
      if (slot.index >= bindings.size()) {
        return fail(SINTER_INVALID_PLAN, "plan: slot %zu names binding %u of %zu", i, slot.index, bindings.size());
      }
      total = bindings[slot.index].bytes;
    } else {
      return fail(SINTER_INVALID_PLAN, "plan: slot %zu is of unknown kind %u", i, slot.kind);
    }
#if defined(SINTER_MUTATION_UNCHECKED_SLOT)
    if (slot.offset > total) {
#else
    if (!inside(slot.offset, slot.bytes, total)) {
#endif
      return fail(SINTER_INVALID_PLAN, "plan: slot %zu (%llu bytes at %llu) does not fit in its %llu bytes", i,
                  (unsigned long long)slot.bytes, (unsigned long long)slot.offset, (unsigned long long)total);
    }
    // Kernels read and write elements of up to 8 bytes at their natural alignment.
    if (slot.kind != SLOT_BINDING && slot.offset % 8 != 0) {
      return fail(SINTER_INVALID_PLAN, "plan: slot %zu at offset %llu is not 8-byte aligned", i,
                  (unsigned long long)slot.offset);
    }
  }
  if (header.step_count > in.left / sizeof(PlanStep)) return fail(SINTER_INVALID_PLAN, "plan: steps are cut off");
  steps.reserve(header.step_count);
  for (uint32_t s = 0; s < header.step_count; s++) {
    PlanStep record;
    if (!in.read(&record)) return fail(SINTER_INVALID_PLAN, "plan: step %u is cut off", s);
    if (record.reserved != 0) return fail(SINTER_INVALID_PLAN, "plan: step %u has a reserved field in use", s);
    const RowDef* row = record.row <= INT32_MAX ? row_at(static_cast<int>(record.row)) : nullptr;
    if (!row) return fail(SINTER_INVALID_PLAN, "plan: step %u names row %u, which is not there", s, record.row);
    if (static_cast<int64_t>(record.slot_count) != row->op->slot_count ||
        static_cast<int64_t>(record.params_bytes) != row->op->params_bytes) {
      return fail(SINTER_INVALID_PLAN, "plan: step %u (%s) has %u slots and %u parameter bytes, not %d and %d", s,
                  row->name, record.slot_count, record.params_bytes, row->op->slot_count, row->op->params_bytes);
    }
    if (uint64_t{record.slot_count} * 4 + record.params_bytes > in.left) {
      return fail(SINTER_INVALID_PLAN, "plan: step %u is cut off", s);
    }
    Step step = {row, static_cast<uint32_t>(step_slots.size()), static_cast<uint32_t>(params.size()), record.tag,
                 record.cycles};
    for (uint32_t i = 0; i < record.slot_count; i++) {
      uint32_t slot = 0;
      in.read(&slot);
      if (slot >= slots.size())
        return fail(SINTER_INVALID_PLAN, "plan: step %u names slot %u of %zu", s, slot, slots.size());
      step_slots.push_back(slot);
    }
    params.insert(params.end(), in.at, in.at + record.params_bytes);
    params.resize((params.size() + 7) / 8 * 8);
    in.at += record.params_bytes;
    in.left -= record.params_bytes;
    const sinter_status status = check_step(step, record.slot_count);
    if (status != SINTER_OK) {
      return prefix_error(status, "plan: step %u, op %u, row %s", s, record.tag, row->name);
    }
    steps.push_back(step);
  }
  if (in.left != 0) {
    return fail(SINTER_INVALID_PLAN, "plan: %llu bytes behind the last step", (unsigned long long)in.left);
  }
  return SINTER_OK;
}

sinter_status Plan::check_step(const Step& step, uint32_t slot_count) const {
  const RowDef* row = step.row;
  const OpDef* op = row->op;
  if (!row_runs_here(row)) {
    return fail(SINTER_UNSUPPORTED, "%s", row->run ? "this CPU cannot run it" : "not built for this architecture");
  }
  const void* values = params.data() + step.params_offset;
  int64_t needed[MAX_SLOTS] = {};
  if (op->check(values, row, needed) != SINTER_OK) return prefix_error(SINTER_INVALID_PLAN, "parameters");
  if (const Limit* limit = broken_limit(row, values)) {
    return fail(SINTER_INVALID_PLAN, "field %s is outside what the row takes", limit->field);
  }
  for (uint32_t i = 0; i < slot_count; i++) {
    const uint32_t index = step_slots[step.first_slot + i];
    const PlanSlot& slot = slots[index];
    const SlotRole role = op->slots[i].role;
    if (role == SLOT_WEIGHTS) {
      const Blob* blob = blobs[index].get();
      if (!blob || blob->packing != row->packing || slot.offset != 0) {
        return fail(SINTER_INVALID_PLAN, "slot %s must hold weights packed as %s", op->slots[i].name,
                    row->packing ? row->packing->name : "none");
      }
      for (int f = 0; f < op->field_count; f++) {
        const Field& field = op->fields[f];
        if (field.role == PACK && field_bits(field, values) != field_bits(field, blob->params.data())) {
          return fail(SINTER_INVALID_PLAN, "the weights were packed with another %s", field.name);
        }
      }
      continue;
    }
    if (role == SLOT_OUT && slot.kind == SLOT_BLOB) {
      return fail(SINTER_INVALID_PLAN, "slot %s would write into a constant", op->slots[i].name);
    }
    if (needed[i] < 0 || static_cast<uint64_t>(needed[i]) > slot.bytes) {
      return fail(SINTER_INVALID_PLAN, "slot %s needs %lld bytes and has %llu", op->slots[i].name, (long long)needed[i],
                  (unsigned long long)slot.bytes);
    }
  }
  return SINTER_OK;
}

int64_t Plan::scratch_bytes(int threads) const {
  int64_t most = 0;
  for (const Step& step : steps) {
    for (int t = 1; t <= threads; t++) {
      const int64_t bytes = step.row->scratch(params.data() + step.params_offset, t);
      if (bytes > most) most = bytes;
    }
  }
  return most;
}

}  // namespace sinter
