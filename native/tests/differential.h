// The differential test that every row gets: against the reference row of its op, on guarded buffers.
// SPDX-License-Identifier: Apache-2.0
//
// An op's test.cc makes cases (parameters, sources, inputs) and calls run_differential for each; the
// driver finds every row of that op with the case's types, packs, runs with one thread and with
// several, and compares with the reference row: integers must be equal bit for bit, floats within
// the case's tolerance. Layouts other than NHWC are converted by the driver's own plain loops.
#ifndef SINTER_TESTS_DIFFERENTIAL_H_
#define SINTER_TESTS_DIFFERENTIAL_H_

#include <stdint.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "core/row.h"

namespace sinter {

typedef std::vector<char> Bytes;

struct Case {
  std::string name;             // printed on failure
  const char* op;               // "gemm"
  Bytes params;                 // the op's parameter struct; see params_of()
  std::vector<DataType> types;  // per slot
  std::vector<Bytes> sources;   // of the packing; an empty one is absent
  std::vector<Bytes> inputs;    // per SLOT_IN, in slot order, NHWC, exactly sized
  int64_t out_bytes = 0;        // exactly sized
  // Ops with several outputs: the size of each, instead of out_bytes. All are compared, floats if all are floats.
  std::vector<int64_t> out_bytes_of;
  // f32 outputs: |a - b| <= atol[i] or atol[0]; an absolute bound that the case computes (K-scaled).
  std::vector<float> tolerance;
  // Output bytes that kernels must not touch (gaps of ldc): compared with what was there before.
  bool check_gaps = true;
  // For rows whose layout is PLANAR_QUADS: pixels and channels of in and out (height 1). A pitch of
  // width is used, and params are adapted by `to_quads`, which sets lda/ldc.
  int64_t width = 0, in_channels = 0, out_channels = 0;
  std::function<void(void* params, int64_t pitch)> to_quads;
  int32_t in_fill = 0;  // tail channels of quads (the zero point)
  // Words of the fault that these inputs are: CPUs' rows must write nothing, a device's run must fail and say them.
  std::string fault;
  // For cases of the layout op: which way. Its params, inputs and out_bytes are taken as they are.
  Layout layout_in = NHWC;
};

template <class P>
Bytes params_of(const P& p) {
  const char* bytes = reinterpret_cast<const char*>(&p);
  return Bytes(bytes, bytes + sizeof p);
}

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  const char* bytes = reinterpret_cast<const char*>(values.data());
  return Bytes(bytes, bytes + values.size() * sizeof(T));
}

// Seeded values; the same on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  int64_t integer(int64_t low, int64_t high);  // both inclusive
  float real(float low, float high);
  std::vector<int8_t> s8(int64_t count, int low = -128, int high = 127);
  std::vector<int32_t> s32(int64_t count, int32_t low, int32_t high);
  std::vector<float> f32(int64_t count, float low, float high);

 private:
  std::mt19937_64 engine_;
};

// Whether the test program compares this row: this CPU runs it, or, in a program with emulated rows, it is one of
// those.
bool tested_here(const RowDef* row);

// Runs the case on every row of the op with these types that is tested here and whose limits hold.
// Reports through GoogleTest. Returns how many rows other than the reference were compared.
int run_differential(const Case& c);

// The outputs of the reference row, one behind the other: for ops that have no other row.
Bytes run_reference(const Case& c);

// Calls that must be refused: check() says so for these parameters (a message must be there).
void expect_refused(const char* op, const Bytes& params, const std::vector<DataType>& types);

}  // namespace sinter

#endif  // SINTER_TESTS_DIFFERENTIAL_H_
