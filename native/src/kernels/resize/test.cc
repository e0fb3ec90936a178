// resize: known pictures, guarded buffers over all modes and shapes, hostile parameters.
// SPDX-License-Identifier: Apache-2.0
#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/resize/op.h"

namespace sinter {
namespace {

template <class T>
std::vector<T> resized(const char* name, const ResizeParams& p, std::vector<T> in) {
  std::vector<T> out(static_cast<size_t>(p.batch) * static_cast<size_t>(p.out_height * p.out_width * p.channels));
  void* slots[] = {in.data(), out.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone, nullptr};
  find_row(name)->run(&call);
  return out;
}

TEST(Resize, KnownPictures) {
  ResizeParams p = {1, 1, 2, 1, 1, 4, 0, 0, 0};
  EXPECT_EQ(resized<float>("resize_f32_reference", p, {0, 8}), (std::vector<float>{0, 4, 8, 8}));
  EXPECT_EQ(resized<int16_t>("resize_s16_reference", p, {-1, -8}), (std::vector<int16_t>{-1, -5, -8, -8}));
  EXPECT_EQ(resized<int8_t>("resize_s8_reference", p, {-1, -8}), (std::vector<int8_t>{-1, -4, -8, -8}));
  EXPECT_EQ(resized<uint8_t>("resize_u8_reference", p, {1, 254}), (std::vector<uint8_t>{1, 128, 254, 254}));
  p.half_pixel_centers = 1;
  EXPECT_EQ(resized<float>("resize_f32_reference", p, {0, 8}), (std::vector<float>{0, 2, 6, 8}));
  p.half_pixel_centers = 0;
  p.align_corners = 1;
  EXPECT_EQ(resized<float>("resize_f32_reference", {1, 1, 2, 1, 1, 3, 0, 1, 0}, {0, 8}), (std::vector<float>{0, 4, 8}));
  p.nearest = 1;
  EXPECT_EQ(resized<uint8_t>("resize_u8_reference", p, {1, 254}), (std::vector<uint8_t>{1, 1, 254, 254}));
}

// The driver's guarded buffers find reads beside the picture.
TEST(Resize, StaysInsideThePicture) {
  Random random(23);
  for (int i = 0; i < 600; i++) {
    const DataType type = (DataType[]){F32, S8, U8, S16}[i % 4];
    const int64_t bytes = type == F32 ? 4 : type == S16 ? 2 : 1;
    auto side = [&] { return static_cast<int32_t>(random.integer(1, random.integer(0, 3) ? 7 : 40)); };
    ResizeParams p = {static_cast<int32_t>(random.integer(0, 2)),
                      side(),
                      side(),
                      static_cast<int32_t>(random.integer(0, 5)),
                      side(),
                      i % 50 == 3 ? 5000 : side(),
                      static_cast<int32_t>(random.integer(0, 1)),
                      static_cast<int32_t>(random.integer(0, 1)),
                      static_cast<int32_t>(random.integer(0, 1))};
    Case c;
    c.name = "resize";
    c.op = "resize";
    c.params = params_of(p);
    c.types = {type, type};
    const int64_t in = int64_t{p.batch} * p.height * p.width * p.channels;
    c.out_bytes = int64_t{p.batch} * p.out_height * p.out_width * p.channels * bytes;
    c.inputs = {type == F32 ? bytes_of(random.f32(in, -3, 3)) : bytes_of(random.s8(in * bytes))};
    c.tolerance = {0};
    run_differential(c);
  }
}

TEST(Resize, RefusesHostileParameters) {
  const ResizeParams good = {1, 2, 2, 1, 4, 4, 0, 0, 0};
  for (auto spoil : {+[](ResizeParams* p) { p->height = 0; }, +[](ResizeParams* p) { p->out_width = -1; },
                     +[](ResizeParams* p) { p->width = RESIZE_LARGEST + 1; }, +[](ResizeParams* p) { p->nearest = 2; },
                     +[](ResizeParams* p) { p->channels = -1; },
                     +[](ResizeParams* p) {
                       p->batch = p->channels = 2147483647;
                       p->height = p->width = RESIZE_LARGEST;
                     }}) {
    ResizeParams p = good;
    spoil(&p);
    expect_refused("resize", params_of(p), {F32, F32});
  }
}

}  // namespace
}  // namespace sinter
