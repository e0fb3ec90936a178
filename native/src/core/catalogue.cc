// The catalogue: reads every folder's kernels.inc and writes what Java needs to know as text.
// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/cpu.h"

namespace sinter {

// ---- kernels.inc, read four times -----------------------------------------------------------------
// SINTER_OP(op)                        op.cc defines `extern const OpDef <op>_op`
// SINTER_PACKING(packing)              `extern const PackingDef <packing>_packing`
// SINTER_ROW(arch, name, scratch, ...) a RowDef without its functions; <name> is the kernel function,
//                                      scratch a ScratchFn or NO_SCRATCH
#define SINTER_OP(op) extern const OpDef op##_op;
#define SINTER_PACKING(packing) extern const PackingDef packing##_packing;
#define SINTER_ROW(...)
#include "all_kernels.inc"
#undef SINTER_OP
#undef SINTER_PACKING
#undef SINTER_ROW

#define DECLARE_ARCH_ANY(name) void name(const Call* call);
#if defined(SINTER_X86_64)
#define DECLARE_ARCH_X86_64(name) void name(const Call* call);
#define FUNCTION_ARCH_X86_64(name) name
#else
#define DECLARE_ARCH_X86_64(name)
#define FUNCTION_ARCH_X86_64(name) nullptr
#endif
#if defined(SINTER_ARM64)
#define DECLARE_ARCH_ARM64(name) void name(const Call* call);
#define FUNCTION_ARCH_ARM64(name) name
#else
#define DECLARE_ARCH_ARM64(name)
#define FUNCTION_ARCH_ARM64(name) nullptr
#endif
// A device's library has its own list of rows, all of them its own.
#define DECLARE_ARCH_CUDA(name) void name(const Call* call);
#define FUNCTION_ARCH_CUDA(name) name
#define FUNCTION_ARCH_ANY(name) name
#define DECLARE_SCRATCH_NO_SCRATCH
#define SINTER_OP(op)
#define SINTER_PACKING(packing)
#define SINTER_ROW(arch, name, scratch, ...) DECLARE_##arch(name) int64_t scratch(const void* params, int threads);
#define NO_SCRATCH no_scratch_
#include "all_kernels.inc"
#undef SINTER_OP
#undef SINTER_PACKING
#undef SINTER_ROW

// Scratch functions live beside the packing code and are built for every architecture.
int64_t no_scratch_(const void*, int) {
  return 0;
}

namespace {

// Short names for kernels.inc.
#define OP(op) &op##_op
#define ISA(bits) (bits)
#define TYPES(...) {__VA_ARGS__}
#define LAYOUTS(in, out) in, out
#define PACKED(packing) &packing##_packing
#define UNPACKED nullptr
#define TILE(m, n, k) m, n, k
#define COST(ops_per_cycle, bytes_per_cycle, call_cycles) {ops_per_cycle, bytes_per_cycle, call_cycles}
#define LIMITS(...) {__VA_ARGS__}
#define RANGE(field, a, b) {#field, LIMIT_RANGE, a, b}
#define MULTIPLE(field, a) {#field, LIMIT_MULTIPLE, a, 0}
#define NO_LIMIT {nullptr, LIMIT_RANGE, 0, 0}

const OpDef* const ops[] = {
#define SINTER_OP(op) &op##_op,
#define SINTER_PACKING(packing)
#define SINTER_ROW(...)
#include "all_kernels.inc"
#undef SINTER_OP
#undef SINTER_PACKING
#undef SINTER_ROW
};

const PackingDef* const packings[] = {
#define SINTER_OP(op)
#define SINTER_PACKING(packing) &packing##_packing,
#define SINTER_ROW(...)
#include "all_kernels.inc"
#undef SINTER_OP
#undef SINTER_PACKING
#undef SINTER_ROW
    nullptr};

const RowDef rows[] = {
#define SINTER_OP(op)
#define SINTER_PACKING(packing)
#define SINTER_ROW(arch, name, scratch, revision, op, isa, types, layouts, packing, numerics, tile, cost, limits) \
  {#name,   revision, op,   arch, isa,    types,   layouts,                                                       \
   packing, numerics, tile, cost, limits, scratch, FUNCTION_##arch(name)},
#include "all_kernels.inc"
#undef SINTER_OP
#undef SINTER_PACKING
#undef SINTER_ROW
};

const char* type_name(DataType type) {
  static const char* const names[] = {"-", "f32", "bf16", "f16", "s8", "u8", "s16", "s32", "s64", "bool", "s4"};
  return names[type];
}

const char* arch_name(Arch arch) {
  static const char* const names[] = {"any", "x86_64", "arm64", "cuda"};
  return names[arch];
}

const char* layout_name(Layout layout) {
  return layout == NHWC ? "nhwc" : "planar_quads";
}

__attribute__((format(printf, 2, 3))) void append(std::string* text, const char* format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  *text += line;
}

std::string build_text() {
  std::string text;
  append(&text, "sinter-catalogue 1\n");
  if (catalogue_tells_features) append(&text, "features %llu\n", (unsigned long long)machine_features());
  for (const IsaName& isa : isa_names) append(&text, "isa %s %llu\n", isa.name, (unsigned long long)isa.bit);
  for (const OpDef* op : ops) {
    append(&text, "op %s %d\n", op->name, op->params_bytes);
    for (int i = 0; i < op->field_count; i++) {
      const Field& f = op->fields[i];
      append(&text, "field %s %s %d %s\n", f.name, f.type == FIELD_I32 ? "i32" : "f32", f.offset,
             f.role == PACK ? "pack" : "run");
    }
    for (int i = 0; i < op->slot_count; i++) {
      const SlotDef& s = op->slots[i];
      append(&text, "slot %s %s\n", s.name, s.role == SLOT_IN ? "in" : s.role == SLOT_OUT ? "out" : "weights");
    }
  }
  for (int i = 0; i < packing_count(); i++) {
    append(&text, "packing %d %s %d %s %d\n", i, packings[i]->name, packings[i]->revision, packings[i]->op->name,
           packings[i]->source_count);
  }
  for (int i = 0; i < row_count(); i++) {
    const RowDef& r = rows[i];
    append(&text, "row %d %s %d %s\n", i, r.name, r.revision, r.op->name);
    append(&text, "  arch %s\n", arch_name(r.arch));
    append(&text, "  needs %llu\n", (unsigned long long)r.isa);
    append(&text, "  types");
    for (int s = 0; s < r.op->slot_count; s++) append(&text, " %s", type_name(r.types[s]));
    append(&text, "\n  layouts %s %s\n", layout_name(r.layout_in), layout_name(r.layout_out));
    append(&text, "  packing %d\n", r.packing ? packing_index(r.packing) : -1);
    append(&text, "  numerics %s\n", r.numerics);
    append(&text, "  tile %d %d %d\n", r.tile_m, r.tile_n, r.tile_k);
    append(&text, "  cost %g %g %g\n", r.cost.ops_per_cycle, r.cost.bytes_per_cycle, r.cost.call_cycles);
    for (const Limit& limit : r.limits) {
      if (!limit.field) break;
      if (limit.kind == LIMIT_RANGE) {
        append(&text, "  limit %s range %d %d\n", limit.field, limit.a, limit.b);
      } else {
        append(&text, "  limit %s multiple %d\n", limit.field, limit.a);
      }
    }
    append(&text, "  built %s\n", r.run ? "yes" : "no");
  }
  return text;
}

}  // namespace

int row_count() {
  return static_cast<int>(sizeof rows / sizeof rows[0]);
}
const RowDef* row_at(int index) {
  return index >= 0 && index < row_count() ? &rows[index] : nullptr;
}
int packing_count() {
  return static_cast<int>(sizeof packings / sizeof packings[0]) - 1;
}
const PackingDef* packing_at(int index) {
  return index >= 0 && index < packing_count() ? packings[index] : nullptr;
}
int op_count() {
  return static_cast<int>(sizeof ops / sizeof ops[0]);
}
const OpDef* op_at(int index) {
  return index >= 0 && index < op_count() ? ops[index] : nullptr;
}

const RowDef* find_row(const char* name) {
  for (const RowDef& row : rows) {
    if (!strcmp(row.name, name)) return &row;
  }
  return nullptr;
}

const OpDef* find_op(const char* name) {
  for (const OpDef* op : ops) {
    if (!strcmp(op->name, name)) return op;
  }
  return nullptr;
}

int row_index(const RowDef* row) {
  return static_cast<int>(row - rows);
}

int packing_index(const PackingDef* packing) {
  for (int i = 0; i < packing_count(); i++) {
    if (packings[i] == packing) return i;
  }
  return -1;
}

bool row_runs_here(const RowDef* row) {
  return row->run != nullptr && (row->isa & ~machine_features()) == 0;
}

int32_t field_bits(const Field& field, const void* params) {
  int32_t bits;
  memcpy(&bits, static_cast<const char*>(params) + field.offset, 4);
  return bits;
}

const Limit* broken_limit(const RowDef* row, const void* params) {
  for (const Limit& limit : row->limits) {
    if (!limit.field) break;
    for (int i = 0; i < row->op->field_count; i++) {
      const Field& field = row->op->fields[i];
      if (strcmp(field.name, limit.field)) continue;
      int32_t value = field_bits(field, params);
#if defined(SINTER_MUTATION_WRONG_LIMIT)
      const bool in_range = value >= limit.a && value - 1 <= limit.b;
#else
      const bool in_range = value >= limit.a && value <= limit.b;
#endif
      const bool holds = limit.kind == LIMIT_RANGE ? in_range : value % limit.a == 0;
      if (!holds) return &limit;
    }
  }
  return nullptr;
}

const std::string& catalogue_text() {
  static const std::string text = build_text();
  return text;
}

uint64_t catalogue_fingerprint() {
  static const uint64_t fingerprint = [] {
    uint64_t hash = 1469598103934665603ull;  // FNV-1a, 64 bits
    for (unsigned char c : catalogue_text()) hash = (hash ^ c) * 1099511628211ull;
    return hash;
  }();
  return fingerprint;
}

}  // namespace sinter
