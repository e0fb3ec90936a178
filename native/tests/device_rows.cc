// Rows of a device's library under the differential test.
// SPDX-License-Identifier: Apache-2.0
#include "device_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memory>
#include <sstream>

#include "core/catalogue.h"
#include "core/plan.h"
#include "gtest/gtest.h"
#include "sinter.h"

namespace sinter {
namespace {

enum { GUARD = 64 };  // bytes behind an output that must stay as they were

struct DeviceLimit {
  std::string field;
  bool multiple;
  int64_t a, b;
};

struct DeviceRow {
  uint32_t index = 0;
  std::string name, op, numerics, types, layouts;
  uint64_t needs = 0;
  int32_t packing = -1;
  bool built = true;
  std::vector<DeviceLimit> limits;
  int tested = 0;
};

struct Device {
  int32_t number = -1;
  uint64_t features = 0, fingerprint = 0;
  std::vector<DeviceRow> rows;
};

std::string error_text() {
  char text[1024];
  sinter_last_error(text, sizeof text);
  return text;
}

// What of the catalogue a plan of one step needs; docs/catalogue.md is the format.
void read_catalogue(Device* device) {
  const int64_t length = sinter_device_catalogue(device->number, nullptr, 0);
  std::string text(static_cast<size_t>(length) + 1, '\0');
  sinter_device_catalogue(device->number, &text[0], length + 1);
  text.resize(static_cast<size_t>(length));
  device->fingerprint = 1469598103934665603ull;  // FNV-1a, as the catalogue's own
  for (unsigned char c : text) device->fingerprint = (device->fingerprint ^ c) * 1099511628211ull;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;
    if (word == "features") words >> device->features;
    if (word == "row") {
      DeviceRow row;
      int revision;
      words >> row.index >> row.name >> revision >> row.op;
      device->rows.push_back(row);
    }
    if (device->rows.empty()) continue;
    DeviceRow& row = device->rows.back();
    if (word == "needs") words >> row.needs;
    if (word == "types") std::getline(words, row.types);
    if (word == "layouts") std::getline(words, row.layouts);
    if (word == "packing") words >> row.packing;
    if (word == "numerics") words >> row.numerics;
    if (word == "built") {
      std::string built;
      words >> built;
      row.built = built == "yes";
    }
    if (word == "limit") {
      DeviceLimit limit;
      std::string kind;
      words >> limit.field >> kind >> limit.a;
      limit.multiple = kind == "multiple";
      if (!limit.multiple) words >> limit.b;
      row.limits.push_back(limit);
    }
  }
}

Device* device() {
  static Device* const loaded = [] {
    auto* found = new Device;
    if (const char* path = getenv("SINTER_DEVICE_LIBRARY")) {
      found->number = sinter_device_load(path);
      if (found->number < 0) {
        fprintf(stderr, "SINTER_DEVICE_LIBRARY: %s\n", error_text().c_str());
        exit(2);
      }
      read_catalogue(found);
    }
    return found;
  }();
  return loaded;
}

bool runs_here(const DeviceRow& row) {
  return row.built && (row.needs & ~device()->features) == 0;
}

std::string types_text(const std::vector<DataType>& types) {
  static const char* const names[] = {"-", "f32", "bf16", "f16", "s8", "u8", "s16", "s32", "s64", "bool", "s4"};
  std::string text;
  for (DataType type : types) text += std::string(" ") + names[type];
  return text;
}

bool limits_hold(const DeviceRow& row, const OpDef* op, const Bytes& params) {
  for (const DeviceLimit& limit : row.limits) {
    for (int f = 0; f < op->field_count; f++) {
      if (limit.field != op->fields[f].name) continue;
      const int32_t value = field_bits(op->fields[f], params.data());
      if (limit.multiple ? value % limit.a != 0 : value < limit.a || value > limit.b) return false;
    }
  }
  return true;
}

template <class T>
void append(Bytes* bytes, const T& value) {
  const char* p = reinterpret_cast<const char*>(&value);
  bytes->insert(bytes->end(), p, p + sizeof value);
}

// Handles that go when the case is over.
struct Handles {
  uint64_t weights = 0, plan = 0, session = 0;
  ~Handles() {
    if (session) sinter_session_destroy(session);
    if (plan) sinter_plan_destroy(plan);
    if (weights) sinter_weights_destroy(weights);
  }
};

// Every slot in the arena: inputs come by bindings, and so does what stands in the outputs before the run, so that gaps
// and guards can be compared.
bool run_row(const Case& c, const OpDef* op, const DeviceRow& row, Bytes* result) {
  Handles handles;
  handles.weights = sinter_device_weights_create(device()->number);
  if (!handles.weights) {
    ADD_FAILURE() << c.name << ": " << error_text();
    return false;
  }
  int32_t blob = -1;
  if (row.packing >= 0) {
    std::vector<const void*> sources;
    std::vector<int64_t> sizes;
    for (const Bytes& source : c.sources) {
      sources.push_back(source.empty() ? nullptr : source.data());
      sizes.push_back(static_cast<int64_t>(source.size()));
    }
    blob = sinter_weights_pack(handles.weights, row.packing, c.params.data(), static_cast<int64_t>(c.params.size()),
                               sources.data(), sizes.data(), static_cast<int32_t>(sources.size()));
    if (blob < 0) {
      ADD_FAILURE() << c.name << ": " << row.name << ": packing: " << error_text();
      return false;
    }
  }
  struct Place {
    uint64_t offset, bytes;
    const Bytes* input;  // null: an output
  };
  std::vector<Place> places;
  Bytes slots, bindings, step_slots;
  uint64_t arena = 0;
  size_t input = 0, output = 0;
  for (int s = 0; s < op->slot_count; s++) {
    append(&step_slots, static_cast<uint32_t>(s));
    if (op->slots[s].role == SLOT_WEIGHTS) {
      append(&slots, PlanSlot{SLOT_BLOB, static_cast<uint32_t>(blob), 0,
                              static_cast<uint64_t>(sinter_weights_bytes(handles.weights, blob))});
      continue;
    }
    const bool in = op->slots[s].role == SLOT_IN;
    const uint64_t bytes = in ? c.inputs[input].size()
                              : static_cast<uint64_t>(c.out_bytes_of.empty() ? c.out_bytes : c.out_bytes_of[output]);
    append(&slots, PlanSlot{SLOT_ARENA, 0, arena, bytes});
    const uint64_t moved = bytes + (in ? 0 : uint64_t{GUARD});
    places.push_back({arena, bytes, in ? &c.inputs[input] : nullptr});
    append(&bindings, PlanBinding{BINDING_INPUT, 0, moved, arena});
    if (!in) append(&bindings, PlanBinding{BINDING_OUTPUT, 0, moved, arena});
    (in ? input : output)++;
    arena += (moved + 127) / 64 * 64;
  }
  const uint32_t binding_count = static_cast<uint32_t>(bindings.size() / sizeof(PlanBinding));
  PlanHeader header = {PLAN_MAGIC,
                       PLAN_VERSION,
                       device()->fingerprint,
                       0,
                       arena,
                       static_cast<uint32_t>(op->slot_count),
                       binding_count,
                       1,
                       0};
  const PlanStep step = {row.index, static_cast<uint32_t>(op->slot_count), static_cast<uint32_t>(c.params.size()), 0, 0,
                         0};
  header.total_bytes =
      sizeof header + slots.size() + bindings.size() + sizeof step + step_slots.size() + c.params.size();
  Bytes plan;
  append(&plan, header);
  plan.insert(plan.end(), slots.begin(), slots.end());
  plan.insert(plan.end(), bindings.begin(), bindings.end());
  append(&plan, step);
  plan.insert(plan.end(), step_slots.begin(), step_slots.end());
  plan.insert(plan.end(), c.params.begin(), c.params.end());
  handles.plan = sinter_plan_create(handles.weights, plan.data(), static_cast<int64_t>(plan.size()));
  handles.session = handles.plan ? sinter_device_session_create(device()->number, static_cast<int64_t>(arena)) : 0;
  if (!handles.session || sinter_session_attach(handles.session, handles.plan, 0) != 0) {
    ADD_FAILURE() << c.name << ": " << row.name << ": " << error_text();
    return false;
  }
  char* memory = static_cast<char*>(sinter_session_arena(handles.session));
  for (const Place& place : places) {
    if (!place.input) {
      memset(memory + place.offset, 0x5a, place.bytes + GUARD);
    } else if (place.bytes > 0) {
      memcpy(memory + place.offset, place.input->data(), place.bytes);
    }
  }
  const bool failed = sinter_session_run(handles.session, 0) != SINTER_OK;
  if (!c.fault.empty()) {
    if (!failed || error_text().find(c.fault) == std::string::npos) {
      ADD_FAILURE() << c.name << ": " << row.name << " does not report \"" << c.fault
                    << "\": " << (failed ? error_text() : "it runs");
    }
    return false;
  }
  if (failed) {
    ADD_FAILURE() << c.name << ": " << row.name << ": " << error_text();
    return false;
  }
  result->clear();
  for (const Place& place : places) {
    if (place.input) continue;
    const char* out = memory + place.offset;
    result->insert(result->end(), out, out + place.bytes);
    for (int i = 0; i < GUARD; i++) {
      if (out[place.bytes + static_cast<uint64_t>(i)] != 0x5a) {
        ADD_FAILURE() << c.name << ": " << row.name << " writes " << i << " bytes behind its output";
        return false;
      }
    }
  }
  return true;
}

// Whether a row of the device takes the case, whose types are these, and has the reference's numerics.
bool takes(const DeviceRow& row, const Case& c, const std::string& types, const RowDef* reference) {
  return row.op == c.op && row.types == types && row.numerics == reference->numerics && row.layouts == " nhwc nhwc" &&
         runs_here(row) && limits_hold(row, reference->op, c.params);
}

}  // namespace

bool device_takes(const Case& c, const RowDef* reference) {
  const std::string types = types_text(c.types);
  for (const DeviceRow& row : device()->rows) {
    if (takes(row, c, types, reference)) return true;
  }
  return false;
}

int run_on_device(const Case& c, const RowDef* reference,
                  const std::function<void(const std::string& row, const Bytes& actual)>& compare) {
  int ran = 0;
  const std::string types = types_text(c.types);
  for (DeviceRow& row : device()->rows) {
    if (!takes(row, c, types, reference)) continue;
    Bytes actual;
    row.tested++;
    if (!run_row(c, reference->op, row, &actual)) {
      if (!c.fault.empty()) continue;
      return ran;
    }
    compare(row.name, actual);
    ran++;
  }
  return ran;
}

int rows_of_a_device(int many, int few) {
  return device()->features != 0 ? many : few;
}

bool device_only(bool* skip) {
  static const int every = [] {
    const char* text = getenv("SINTER_DEVICE_ONLY");
    return text ? atoi(text) : 0;
  }();
  static int64_t cases = 0;
  // Not simply every Nth: cases come in cycles of types and shapes.
  const uint64_t mixed = static_cast<uint64_t>(cases++) * 0x9e3779b97f4a7c15ull >> 40;
  *skip = every > 0 && mixed % static_cast<uint64_t>(every) != 0;
  return every > 0;
}

bool report_device_rows() {
  bool all = true;
  for (const DeviceRow& row : device()->rows) {
    const bool here = runs_here(row);
    printf("device row %-40s %s (%d cases)\n", row.name.c_str(),
           row.tested ? "tested"
           : here     ? "NEVER TESTED"
                      : "SKIPPED: not on this device",
           row.tested);
    all &= row.tested > 0 || !here;
  }
  return all;
}

}  // namespace sinter
