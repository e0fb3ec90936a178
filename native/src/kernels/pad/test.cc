// pad against its own definition: there is one row, so the expected bytes are computed here, element by element.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <string>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "guarded.h"
#include "kernels/pad/op.h"

namespace sinter {
namespace {

Bytes expected_of(const PadParams& p, const Bytes& in) {
  const int32_t* d = &p.d0;
  const int32_t *before = &p.before0, *after = &p.after0;
  int64_t size[6], total = 1;
  for (int i = 0; i < 6; i++) total *= size[i] = before[i] + d[i] + after[i];
  Bytes out(static_cast<size_t>(total * p.element_bytes));
  const int64_t wide = p.value;
  for (int64_t index = 0; index < total; index++) {
    int64_t rest = index, from = 0, step = 1;
    bool inside = true;
    for (int i = 5; i >= 0; i--) {
      const int64_t at = rest % size[i] - before[i];
      rest /= size[i];
      inside = inside && at >= 0 && at < d[i];
      from += at * step;
      step *= d[i];
    }
    memcpy(&out[static_cast<size_t>(index * p.element_bytes)],
           inside ? &in[static_cast<size_t>(from * p.element_bytes)] : reinterpret_cast<const char*>(&wide),
           static_cast<size_t>(p.element_bytes));
  }
  return out;
}

TEST(Pad, EveryElementIsInItsPlace) {
  Random random(71);
  const RowDef* row = find_row("pad_u8u8_reference");
  for (int i = 0; i < 400; i++) {
    PadParams p = {};
    p.element_bytes = 1 << random.integer(0, 3);
    p.value = i % 4 == 0 ? 0 : static_cast<int32_t>(random.integer(-0x7fffffff, 0x7fffffff));
    for (int k = 0; k < 6; k++) {
      (&p.d0)[k] = static_cast<int32_t>(random.integer(i % 20 == 0 ? 0 : 1, k == 5 ? 9 : 3));
      const bool border = random.integer(0, 2) == 0;
      (&p.before0)[k] = border ? static_cast<int32_t>(random.integer(0, 3)) : 0;
      (&p.after0)[k] = border ? static_cast<int32_t>(random.integer(0, 3)) : 0;
    }
    int64_t needed[MAX_SLOTS];
    ASSERT_EQ(row->op->check(&p, row, needed), SINTER_OK);
    const Bytes in = bytes_of(random.s8(needed[PAD_IN]));
    const Bytes expected = expected_of(p, in);
    ASSERT_EQ(static_cast<int64_t>(expected.size()), needed[PAD_OUT]);
    for (const auto side : {GuardedBuffer::AT_END, GuardedBuffer::AT_START}) {
      GuardedBuffer guarded_in(in.size(), side), guarded_out(expected.size(), side);
      if (!in.empty()) memcpy(guarded_in.data(), in.data(), in.size());
      void* slots[] = {guarded_in.data(), guarded_out.data()};
      Workers alone = {1, nullptr};
      const Call call = {&p, slots, nullptr, &alone};
      row->run(&call);
      ASSERT_EQ(Bytes(guarded_out.data(), guarded_out.data() + guarded_out.bytes()), expected);
    }
    Case c;
    c.name = "pad of " + std::to_string(p.element_bytes) + " bytes";
    c.op = "pad";
    c.params = params_of(p);
    c.types = {U8, U8};
    c.inputs = {in};
    c.out_bytes = needed[PAD_OUT];
    run_differential(c);
  }
}

TEST(Pad, RefusesHostileParameters) {
  PadParams good = {};
  good.element_bytes = 4;
  for (int i = 0; i < 6; i++) (&good.d0)[i] = 2;
  const auto refused = [&](auto change) {
    PadParams p = good;
    change(&p);
    expect_refused("pad", params_of(p), {U8, U8});
  };
  refused([](PadParams* p) { p->element_bytes = 3; });
  refused([](PadParams* p) { p->element_bytes = 0; });
  refused([](PadParams* p) { p->before2 = -1; });
  refused([](PadParams* p) { p->after5 = -1; });
  refused([](PadParams* p) { p->d1 = -2, p->after1 = 5; });
  refused([](PadParams* p) { p->after0 = p->after1 = p->after2 = 0x7fffffff; });
}

}  // namespace
}  // namespace sinter
