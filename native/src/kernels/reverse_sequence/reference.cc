// reverse_sequence: all lengths are looked at, then elements are copied in the order of the output.
// SPDX-License-Identifier: Apache-2.0
#include "core/workers.h"
#include "kernels/gather/places.h"
#include "kernels/reverse_sequence/op.h"
#include "kernels/simd/moves.h"

namespace sinter {
namespace {

template <class T>
void run(const Call* call) {
  const ReverseSequenceParams& p = *static_cast<const ReverseSequenceParams*>(call->params);
  const char* in = static_cast<const char*>(call->slots[REVERSE_IN]);
  const char* lengths = static_cast<const char*>(call->slots[REVERSE_LENGTH]);
  char* out = static_cast<char*>(call->slots[REVERSE_OUT]);
  const auto length = [=](int64_t batch) { return load<T>(lengths + batch * static_cast<int64_t>(sizeof(T))); };
  for (int32_t b = 0; b < p.batch; b++) {
    const int64_t value = length(b);
    if (value < 0 || value > p.sequence) {
      if (call->fault) *call->fault = {"length", value, int64_t{p.sequence} + 1};
      return;
    }
  }
  const int64_t inner = p.inner_bytes, mid = p.mid, sequence = p.sequence;
  const int64_t first = p.batch_first ? p.batch : sequence, second = p.batch_first ? sequence : p.batch;
  const int64_t plane = mid * second * inner;  // bytes of one index of the first of both dimensions
  if (plane == 0) return;
  const int64_t planes = p.outer * first, group = fair_rows(planes, 65536 / plane + 1, 1, call->workers->threads);
  const auto place = [](int64_t at, int64_t n) { return at < n ? n - 1 - at : at; };
  parallel_for(call->workers, (planes + group - 1) / group, [&](int64_t task, int) {
    const int64_t end = (task + 1) * group < planes ? (task + 1) * group : planes;
    for (int64_t i = task * group; i < end; i++) {
      const int64_t index = i % first;
      char* to = out + i * plane;
      if (p.batch_first) {
        const int64_t n = length(index);
        for (int64_t m = 0; m < mid; m++) {
          const char* row = in + i * plane + m * second * inner;
          for (int64_t s = 0; s < second; s++, to += inner) copy_run(to, row + place(s, n) * inner, inner);
        }
        continue;
      }
      for (int64_t m = 0; m < mid; m++) {
        for (int64_t b = 0; b < second; b++, to += inner) {
          const int64_t from = i - index + place(index, length(b));
          copy_run(to, in + from * plane + (m * second + b) * inner, inner);
        }
      }
    }
  });
}

}  // namespace

void reverse_sequence_s32_reference(const Call* call) {
  run<int32_t>(call);
}

void reverse_sequence_s64_reference(const Call* call) {
  run<int64_t>(call);
}

}  // namespace sinter
