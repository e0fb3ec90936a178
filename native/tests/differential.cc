// The differential test that every row gets.
// SPDX-License-Identifier: Apache-2.0
#include "differential.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <memory>

#include "core/arena.h"
#include "core/catalogue.h"
#include "core/cpu.h"
#include "core/float_mode.h"
#include "core/pool.h"
#include "core/status.h"
#include "device_rows.h"
#include "gtest/gtest.h"
#include "guarded.h"

namespace sinter {
namespace {

bool same_types(const RowDef* row, const std::vector<DataType>& types) {
  for (size_t i = 0; i < types.size(); i++) {
    if (row->types[i] != types[i]) return false;
  }
  return true;
}

bool is_reference(const RowDef* row) {
  const char* suffix = "_reference";
  const size_t length = strlen(row->name), tail = strlen(suffix);
  return length > tail && !strcmp(row->name + length - tail, suffix);
}

const OpDef* op_named(const char* name) {
  const OpDef* op = find_op(name);
  if (!op) ADD_FAILURE() << "no op " << name;
  return op;
}

// One-byte NHWC [width][channels] <-> quads [channels/4][width][4].
Bytes to_quads(const Bytes& in, int64_t width, int64_t channels, int32_t fill) {
  const int64_t quads = (channels + 3) / 4;
  Bytes out(static_cast<size_t>(quads * width * 4), static_cast<char>(fill));
  for (int64_t x = 0; x < width; x++) {
    for (int64_t c = 0; c < channels; c++) {
      out[static_cast<size_t>((c / 4 * width + x) * 4 + c % 4)] = in[static_cast<size_t>(x * channels + c)];
    }
  }
  return out;
}

Bytes from_quads(const Bytes& in, int64_t width, int64_t channels) {
  Bytes out(static_cast<size_t>(width * channels));
  for (int64_t x = 0; x < width; x++) {
    for (int64_t c = 0; c < channels; c++) {
      out[static_cast<size_t>(x * channels + c)] = in[static_cast<size_t>((c / 4 * width + x) * 4 + c % 4)];
    }
  }
  return out;
}

// Runs one row; false after ADD_FAILURE.
bool run_row(const Case& c, const RowDef* row, int threads, GuardedBuffer::Side side, Bytes* result) {
  const OpDef* op = row->op;
  Bytes params = c.params;
  std::vector<Bytes> inputs = c.inputs;
  int64_t out_bytes = c.out_bytes;
  const bool quads = row->layout_in == PLANAR_QUADS || row->layout_out == PLANAR_QUADS;
  const bool own_layout = !strcmp(c.op, "layout");  // this op's cases speak of layouts themselves
  if (quads && !own_layout) {
    c.to_quads(params.data(), c.width);
    if (row->layout_in == PLANAR_QUADS) inputs[0] = to_quads(inputs[0], c.width, c.in_channels, c.in_fill);
    if (row->layout_out == PLANAR_QUADS) out_bytes = (c.out_channels + 3) / 4 * 4 * c.width;
  }
  int64_t needed[MAX_SLOTS] = {};
  if (op->check(params.data(), row, needed) != SINTER_OK) {
    ADD_FAILURE() << c.name << ": " << row->name << " refuses its parameters: " << last_error();
    return false;
  }
  Arena packed;
  if (row->packing) {
    Source sources[MAX_SOURCES] = {};
    std::vector<std::unique_ptr<GuardedBuffer>> guarded;
    for (size_t i = 0; i < c.sources.size(); i++) {
      guarded.push_back(std::make_unique<GuardedBuffer>(c.sources[i].size(), GuardedBuffer::AT_END));
      if (!c.sources[i].empty()) memcpy(guarded[i]->data(), c.sources[i].data(), c.sources[i].size());
      sources[i] = {c.sources[i].empty() ? nullptr : guarded[i]->data(), static_cast<int64_t>(c.sources[i].size())};
    }
    const int64_t bytes = row->packing->bytes(params.data(), sources);
    if (bytes < 0 || !packed.resize(bytes) ||
        row->packing->pack(params.data(), sources, packed.data(), bytes) != SINTER_OK) {
      ADD_FAILURE() << c.name << ": packing " << row->packing->name << " fails: " << last_error();
      return false;
    }
  }
  void* slots[MAX_SLOTS] = {};
  std::vector<std::unique_ptr<GuardedBuffer>> buffers;
  size_t input = 0;
  std::vector<GuardedBuffer*> outs;
  for (int s = 0; s < op->slot_count; s++) {
    if (op->slots[s].role == SLOT_WEIGHTS) {
      slots[s] = packed.data();
      continue;
    }
    const bool in = op->slots[s].role == SLOT_IN;
    const size_t bytes = in ? inputs[input].size()
                            : static_cast<size_t>(c.out_bytes_of.empty() ? out_bytes : c.out_bytes_of[outs.size()]);
    if (needed[s] > static_cast<int64_t>(bytes)) {
      ADD_FAILURE() << c.name << ": " << row->name << " wants " << needed[s] << " bytes for " << op->slots[s].name
                    << ", the case has " << bytes;
      return false;
    }
    buffers.push_back(std::make_unique<GuardedBuffer>(bytes, side));
    slots[s] = buffers.back()->data();
    if (in) {
      if (bytes > 0) memcpy(slots[s], inputs[input].data(), bytes);
      input++;
    } else {
      outs.push_back(buffers.back().get());
      if (bytes > 0) memset(slots[s], 0x5a, bytes);
    }
  }
  Workers alone = {1, nullptr};
  Arena scratch;
  const int64_t scratch_bytes = row->scratch(params.data(), threads);
  if (scratch_bytes < 0 || !scratch.resize(scratch_bytes)) {
    ADD_FAILURE() << c.name << ": " << row->name << " wants " << scratch_bytes << " bytes of scratch";
    return false;
  }
  // What an earlier call left there must not matter.
  if (scratch_bytes > 0) memset(scratch.data(), 0x7f, static_cast<size_t>(scratch_bytes));
  const FlushDenormals guard;  // as in runs, and as workers have it
  if (threads == 1) {
    const Call call = {params.data(), slots, scratch.data(), &alone};
    row->run(&call);
  } else {
    BorrowedWorkers workers(threads);
    const Call call = {params.data(), slots, scratch.data(), workers.get()};
    row->run(&call);
  }
  result->clear();
  for (const GuardedBuffer* out : outs) result->insert(result->end(), out->data(), out->data() + out->bytes());
  if (row->layout_out == PLANAR_QUADS && !own_layout) *result = from_quads(*result, c.width, c.out_channels);
  return true;
}

void compare(const Case& c, const std::string& row, int threads, const Bytes& expected, const Bytes& actual) {
  const DataType out_type = c.types.back();
  ASSERT_EQ(expected.size(), actual.size());
  if (out_type != F32 && out_type != BF16) {
    if (expected == actual) return;
    size_t wrong = 0, first = 0;
    for (size_t i = expected.size(); i-- > 0;) {
      if (expected[i] != actual[i]) {
        wrong++;
        first = i;
      }
    }
    ADD_FAILURE() << c.name << ": " << row << " with " << threads << " threads differs from the reference in " << wrong
                  << " of " << expected.size() << " bytes; first at " << first << ": "
                  << static_cast<int>(actual[first]) << " instead of " << static_cast<int>(expected[first]);
    return;
  }
  const size_t size = out_type == F32 ? 4 : 2;
  for (size_t i = 0; i + size <= expected.size(); i += size) {
    uint32_t e_bits = 0, a_bits = 0;  // bfloat16 is the upper half of a float
    memcpy(reinterpret_cast<char*>(&e_bits) + 4 - size, &expected[i], size);
    memcpy(reinterpret_cast<char*>(&a_bits) + 4 - size, &actual[i], size);
    float e, a;
    memcpy(&e, &e_bits, 4);
    memcpy(&a, &a_bits, 4);
    float bound = c.tolerance.empty() ? 0.0f : c.tolerance.size() == 1 ? c.tolerance[0] : c.tolerance[i / size];
    // Values that lie apart may be rounded apart.
    if (out_type == BF16 && bound > 0) bound += fmaxf(fabsf(e), fabsf(a)) / 128;
    // Equal bits cover infinities and untouched gaps; NaN on both sides is equal too.
    if (e_bits == a_bits || (isnan(e) && isnan(a)) || fabsf(e - a) <= bound) continue;
    ADD_FAILURE() << c.name << ": " << row << " with " << threads << " threads: element " << i / size << " is " << a
                  << " instead of " << e << ", tolerance " << bound;
    return;
  }
}

// Whether a row of the op with these types is tested here.
bool has_tested_row(const OpDef* op, const std::vector<DataType>& types) {
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (row->op == op && same_types(row, types) && tested_here(row)) return true;
  }
  return false;
}

}  // namespace

bool tested_here(const RowDef* row) {
  const uint64_t emulated = emulated_features();
  return row_runs_here(row) && (emulated == 0 || (row->isa & emulated) != 0);
}

int64_t Random::integer(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low + 1));
}
float Random::real(float low, float high) {
  return low + (high - low) * static_cast<float>(engine_() >> 40) / 16777216.0f;
}
std::vector<int8_t> Random::s8(int64_t count, int low, int high) {
  std::vector<int8_t> values(static_cast<size_t>(count));
  for (auto& v : values) v = static_cast<int8_t>(integer(low, high));
  return values;
}
std::vector<int32_t> Random::s32(int64_t count, int32_t low, int32_t high) {
  std::vector<int32_t> values(static_cast<size_t>(count));
  for (auto& v : values) v = static_cast<int32_t>(integer(low, high));
  return values;
}
std::vector<float> Random::f32(int64_t count, float low, float high) {
  std::vector<float> values(static_cast<size_t>(count));
  for (auto& v : values) v = real(low, high);
  return values;
}

int run_differential(const Case& c) {
  const OpDef* op = op_named(c.op);
  if (!op || (emulated_features() != 0 && !has_tested_row(op, c.types))) return 0;
  bool skip = false;
  const bool only_device = device_only(&skip);
  if (skip) return 0;
  const RowDef* reference = nullptr;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (row->op == op && is_reference(row) && same_types(row, c.types) && !broken_limit(row, c.params.data())) {
      // Rows of the layout op differ by direction, not by types.
      if (!strcmp(c.op, "layout") && row->layout_in != c.layout_in) continue;
      reference = row;
      std::vector<const RowDef*> others;
      for (int j = 0; j < row_count() && !only_device; j++) {
        const RowDef* other = row_at(j);
        if (other == reference || other->op != op || !same_types(other, c.types) || !tested_here(other)) continue;
        if (broken_limit(other, c.params.data()) || strcmp(other->numerics, reference->numerics)) continue;
        const bool quads = other->layout_in == PLANAR_QUADS || other->layout_out == PLANAR_QUADS;
        if (quads && strcmp(c.op, "layout") && !c.to_quads) continue;
        if (!strcmp(c.op, "layout") && other->layout_in != reference->layout_in) continue;
        others.push_back(other);
      }
      // A run for some rows alone is beside one for all, in which the reference has had this case.
      if ((only_device || getenv("SINTER_ISA")) && others.empty() && !device_takes(c, reference)) return 0;
      Bytes expected;
      if (!run_row(c, reference, 1, GuardedBuffer::AT_END, &expected)) return 0;
      int compared = 0;
      for (const RowDef* other : others) {
        Bytes alone;
        for (int threads = 1; threads <= 2; threads++) {
          Bytes actual;
          const auto side = threads == 1 ? GuardedBuffer::AT_END : GuardedBuffer::AT_START;
          if (!run_row(c, other, threads, side, &actual)) return compared;
          compare(c, other->name, threads, expected, actual);
          // Within the tolerance is not enough here: threads cut work, they do not change results.
          if (threads == 1) alone = actual;
          if (alone != actual) ADD_FAILURE() << c.name << ": " << other->name << " differs with the number of threads";
          if (testing::Test::HasFailure()) return compared;
        }
        compared++;
      }
      // The CPU's rows first: a device whose plans are wrong would hide what is wrong with those.
      return compared + run_on_device(c, reference, [&](const std::string& name, const Bytes& actual) {
               compare(c, name, 1, expected, actual);
             });
    }
  }
  ADD_FAILURE() << c.name << ": op " << c.op << " has no reference row for these types";
  return 0;
}

Bytes run_reference(const Case& c) {
  const OpDef* op = op_named(c.op);
  Bytes one, two;
  for (int i = 0; op && i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (row->op != op || !is_reference(row) || !same_types(row, c.types) || broken_limit(row, c.params.data()))
      continue;
    run_row(c, row, 1, GuardedBuffer::AT_END, &one);
    run_row(c, row, 2, GuardedBuffer::AT_START, &two);
    EXPECT_EQ(one, two) << c.name << " differs with the number of threads";
    run_on_device(c, row, [&](const std::string& name, const Bytes& actual) { compare(c, name, 1, one, actual); });
    return one;
  }
  ADD_FAILURE() << c.name << ": op " << c.op << " has no reference row for these types";
  return one;
}

void expect_refused(const char* op_name, const Bytes& params, const std::vector<DataType>& types) {
  const OpDef* op = op_named(op_name);
  if (!op) return;
  for (int i = 0; i < row_count(); i++) {
    const RowDef* row = row_at(i);
    if (row->op != op || !same_types(row, types)) continue;
    int64_t needed[MAX_SLOTS] = {};
    fail(SINTER_OK, "%s", "");
    EXPECT_NE(op->check(params.data(), row, needed), SINTER_OK) << row->name << " accepts hostile parameters";
    EXPECT_STRNE(last_error(), "") << row->name << " refuses without a message";
  }
}

}  // namespace sinter
