// What a kernel is to the rest of Sinter: an op's contract, a packing, a row.
// SPDX-License-Identifier: Apache-2.0
//
// Plain structs only (see isa.h). The tables these structs fill are the one source for production,
// the differential tests, the benchmarks and the catalogue that Java reads.
#ifndef SINTER_CORE_ROW_H_
#define SINTER_CORE_ROW_H_

#include <stddef.h>
#include <stdint.h>

#include "core/isa.h"
#include "sinter.h"

namespace sinter {

// ---- types, layouts ---------------------------------------------------------------------------

// S4: two to a byte, the lower four bits first.
enum DataType : uint8_t { NO_TYPE = 0, F32, BF16, F16, S8, U8, S16, S32, S64, BOOL8, S4 };

// NHWC            row-major, channels innermost. Any plain row-major tensor counts as NHWC.
// PLANAR_QUADS    [H][C/4][Wp][4]: pixels of a row side by side, four channels of a pixel together;
//                 C is rounded up to 4 (the tail channels hold the zero point), Wp >= W. For one
//                 pixel (a vector of C values) it is the same bytes as NHWC.
enum Layout : uint8_t { NHWC = 0, PLANAR_QUADS = 1 };

// ---- an op's contract -------------------------------------------------------------------------

enum FieldType : uint8_t { FIELD_I32 = 0, FIELD_F32 = 1 };

// RUN: may differ between calls that share packed weights. PACK: the packed bytes depend on it; a
// plan that pairs packed weights with another value of such a field is refused.
enum FieldRole : uint8_t { RUN = 0, PACK = 1 };

struct Field {
  const char* name;
  FieldType type;
  FieldRole role;
  uint16_t offset;
};

enum SlotRole : uint8_t { SLOT_IN = 0, SLOT_WEIGHTS = 1, SLOT_OUT = 2 };

struct SlotDef {
  const char* name;
  SlotRole role;
};

enum { MAX_SLOTS = 8, MAX_SOURCES = 8, MAX_LIMITS = 8 };

struct RowDef;

// The contract of one op. `check` is the one gate that hostile parameters meet: it returns an error
// (through fail()) for parameters that no kernel may be given, and otherwise writes how many bytes
// each slot must have at least. It computes sizes with overflow checks (core/checked.h). For a
// SLOT_WEIGHTS slot it writes 0: what a packed blob must hold is the packing's affair. `row` says
// the types and layouts in use.
struct OpDef {
  const char* name;
  const Field* fields;
  int field_count;
  int params_bytes;
  const SlotDef* slots;
  int slot_count;
  sinter_status (*check)(const void* params, const RowDef* row, int64_t* slot_bytes);
};

// ---- packing ----------------------------------------------------------------------------------

// One constant a packing reads, dense and row-major as the op's contract says. data == nullptr:
// absent (only for sources that the op's contract calls optional).
struct Source {
  const void* data;
  int64_t bytes;
};

// A named form of packed weights. Several rows may share one. `bytes` may read the sources (a
// sparse form depends on the values) and returns -1 after fail(). Both run on checked parameters;
// both check the source sizes themselves.
struct PackingDef {
  const char* name;
  int revision;  // raised when the bytes change
  const OpDef* op;
  int source_count;
  int64_t (*bytes)(const void* params, const Source* sources);
  sinter_status (*pack)(const void* params, const Source* sources, void* out, int64_t out_bytes);
};

// ---- rows -------------------------------------------------------------------------------------

// A constraint on one parameter field, as data, so that Java can ask about rows that this machine
// cannot run. RANGE: a <= field <= b. MULTIPLE: field % a == 0.
enum LimitKind : uint8_t { LIMIT_RANGE = 0, LIMIT_MULTIPLE = 1 };

struct Limit {
  const char* field;
  LimitKind kind;
  int32_t a, b;
};

// A first guess at speed, on one core at its usual clock, for selection without measurements.
// A target file's measured costs replace it.
struct Cost {
  float ops_per_cycle;    // multiply-accumulates (or elements, for ops without products) at the inner loop's best
  float bytes_per_cycle;  // packed weights streamed through the inner loop; 0: no weights
  float call_cycles;      // fixed part
};

struct Workers;

// What a kernel says when values of its inputs (an index) are outside of what it may touch. It finds that before it
// writes, on the calling thread; the session then stops and reports the step.
struct Fault {
  const char* what;      // a constant string; null: none
  int64_t value, limit;  // `value` is not in 0 .. limit - 1; limit -1: `what` says it all
};

// What a kernel function is handed. Slots are in the order of the op's contract; all sizes were
// checked when the plan was made, so kernels check nothing.
struct Call {
  const void* params;
  void* const* slots;
  void* scratch;           // row->scratch(params, workers->threads) bytes, 64-byte aligned
  Workers* workers;        // never null; see core/workers.h
  Fault* fault = nullptr;  // where a kernel whose inputs choose places reports one outside; null: nobody asks
  void* queue = nullptr;   // rows of a device: where to launch (a stream); null on a CPU
};

typedef void (*KernelFn)(const Call* call);
typedef int64_t (*ScratchFn)(const void* params, int threads);

struct RowDef {
  const char* name;  // stable: <op>_<types>_<isa>[_<variant>]
  int revision;      // raised when numbers change
  const OpDef* op;
  Arch arch;
  uint64_t isa;               // every bit needed
  DataType types[MAX_SLOTS];  // per slot; of a weights slot the type of the unpacked weights
  Layout layout_in, layout_out;
  const PackingDef* packing;  // null: the op has no weights slot
  const char* numerics;       // name of the numeric definition, see docs/numerics.md
  int tile_m, tile_n, tile_k;
  Cost cost;
  Limit limits[MAX_LIMITS];  // ends at the first with field == nullptr
  ScratchFn scratch;         // null: none
  KernelFn run;              // null: not built for this architecture
};

}  // namespace sinter

// ---- how an op declares its parameters --------------------------------------------------------
//
//   #define MY_FIELDS(F) F(i32, batch, RUN) F(f32, alpha, RUN)
//   SINTER_PARAMS(MyParams, MY_FIELDS);        // struct MyParams { int32_t batch; float alpha; }
// and in op.cc
//   static const Field my_fields[] = {MY_FIELDS(SINTER_FIELD_OF_MyParams...)} -> SINTER_FIELD_TABLE

#define SINTER_CTYPE_i32 int32_t
#define SINTER_CTYPE_f32 float
#define SINTER_FTYPE_i32 ::sinter::FIELD_I32
#define SINTER_FTYPE_f32 ::sinter::FIELD_F32
#define SINTER_DECLARE_FIELD(type, name, role) SINTER_CTYPE_##type name;
#define SINTER_PARAMS(Struct, FIELDS) \
  struct Struct {                     \
    FIELDS(SINTER_DECLARE_FIELD)      \
  }
// Inside op.cc, after `typedef MyParams P;`
#define SINTER_FIELD_ENTRY(type, name, role) \
  {#name, SINTER_FTYPE_##type, ::sinter::role, static_cast<uint16_t>(offsetof(P, name))},

#endif  // SINTER_CORE_ROW_H_
