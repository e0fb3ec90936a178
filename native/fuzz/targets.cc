// The fuzzers' targets: plans and the parameters of packings.
// SPDX-License-Identifier: Apache-2.0
#include "targets.h"

#include <stdlib.h>
#include <string.h>

#include <algorithm>

#include "core/catalogue.h"
#include "core/plan_builder.h"
#include "sinter.h"

namespace sinter {
namespace {

const Example& example() {
  static const Example* const one = new Example;
  return *one;
}

// Hostile sizes may be honest and large: what would take seconds or gigabytes is not run.
bool small_enough(const OpDef* op, const char* params) {
  int64_t product = 1;
  for (int i = 0; i < op->field_count; i++) {
    if (op->fields[i].type != FIELD_I32) continue;
    const int64_t value = field_bits(op->fields[i], params);
    if (value > 1) product *= std::min<int64_t>(value, 1 << 20);
    if (product > (int64_t{1} << 40)) return false;
  }
  return true;
}

}  // namespace

void fuzz_plan(const uint8_t* data, size_t size) {
  const char* bytes = reinterpret_cast<const char*>(data);
  survive(example().weights, std::vector<char>(bytes, bytes + size));
}

void fuzz_pack(const uint8_t* data, size_t size) {
  if (size < 8) return;
  uint16_t head[4];
  memcpy(head, data, 8);
  const PackingDef* packing = packing_at(head[0] % packing_count());
  const size_t params_bytes = static_cast<size_t>(packing->op->params_bytes);
  if (size < 8 + params_bytes) return;
  std::vector<char> params(params_bytes);
  memcpy(params.data(), data + 8, params_bytes);
  if (!small_enough(packing->op, params.data())) return;
  // Each source exactly sized, so that reading past its end is seen.
  const void* sources[MAX_SOURCES] = {};
  int64_t bytes[MAX_SOURCES] = {};
  std::vector<std::vector<char>> held(MAX_SOURCES);
  const size_t rest = size - 8 - params_bytes;
  for (int i = 0; i < packing->source_count; i++) {
    held[i].resize(i < 3 ? head[1 + i] : 0);
    held[i].shrink_to_fit();
    for (size_t b = 0; b < held[i].size(); b++) {
      held[i][b] = rest ? static_cast<char>(data[8 + params_bytes + b % rest]) : 1;
    }
    sources[i] = held[i].empty() ? nullptr : held[i].data();
    bytes[i] = static_cast<int64_t>(held[i].size());
  }
  const uint64_t set = sinter_weights_create();
  sinter_weights_pack(set, packing_index(packing), params.data(), static_cast<int64_t>(params_bytes), sources, bytes,
                      packing->source_count);
  sinter_weights_destroy(set);
}

std::vector<std::vector<char>> plan_seeds() {
  return {example().plan.bytes(), PlanBytes().bytes()};
}

std::vector<std::vector<char>> pack_seeds() {
  std::vector<std::vector<char>> seeds;
  for (int i = 0; i < packing_count(); i++) {
    const PackingDef* packing = packing_at(i);
    // All fields small: 4 of everything, zero points and pads 0.
    std::vector<char> seed(8 + static_cast<size_t>(packing->op->params_bytes) + 64);
    for (int f = 0; f < packing->op->field_count; f++) {
      const Field& field = packing->op->fields[f];
      int32_t value = field.type == FIELD_I32 ? 4 : 0;
      if (strstr(field.name, "zero_point") || strstr(field.name, "pad") || strstr(field.name, "min")) value = 0;
      if (!strcmp(field.name, "multiplier") || !strcmp(field.name, "groups") || strstr(field.name, "kernel") ||
          strstr(field.name, "stride") || strstr(field.name, "dilation")) {
        value = 1;
      }
      memcpy(&seed[8 + field.offset], &value, 4);
    }
    const bool depthwise = !strcmp(packing->op->name, "depthwise");
    const uint16_t weights = strstr(packing->name, "f32") ? (depthwise ? 16 : 64) : (depthwise ? 4 : 16);
    const uint16_t head[4] = {static_cast<uint16_t>(i), weights, 16, 16};
    memcpy(seed.data(), head, 8);
    for (size_t b = seed.size() - 64; b < seed.size(); b++) seed[b] = static_cast<char>(0x3f);  // floats of 0.75
    seeds.push_back(seed);
  }
  return seeds;
}

}  // namespace sinter
