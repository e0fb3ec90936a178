// top_k against a stable sort.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/catalogue.h"
#include "core/workers.h"
#include "differential.h"
#include "gtest/gtest.h"
#include "kernels/top_k/op.h"

namespace sinter {
namespace {

template <class T>
void try_one(Random& random, const char* row) {
  const bool longer = random.integer(0, 3) == 0;
  const int count = static_cast<int>(random.integer(1, longer ? 400 : 40));
  const TopKParams p = {static_cast<int32_t>(random.integer(0, 3)), count,
                        static_cast<int32_t>(random.integer(0, longer && count > 5 ? 5 : count))};
  std::vector<T> in, expected;
  std::vector<int32_t> expected_places;
  for (int r = 0; r < p.rows; r++) {
    std::vector<std::pair<T, int32_t>> sorted;
    for (int i = 0; i < count; i++) {
      T value = static_cast<T>(random.integer(-9, longer ? 99 : 9));  // few values: many are equal
      if (std::is_floating_point<T>::value && random.integer(0, 9) == 0) value = static_cast<T>(NAN);
      in.push_back(value);
      sorted.push_back({value, i});
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
      const bool a_nan = a.first != a.first, b_nan = b.first != b.first;
      return a_nan != b_nan ? b_nan : a.first > b.first;
    });
    for (int i = 0; i < p.k; i++) {
      expected.push_back(sorted[static_cast<size_t>(i)].first);
      expected_places.push_back(sorted[static_cast<size_t>(i)].second);
    }
  }
  std::vector<T> values(expected.size());
  std::vector<int32_t> places(expected.size());
  void* slots[] = {in.data(), values.data(), places.data()};
  Workers alone = {1, nullptr};
  const Call call = {&p, slots, nullptr, &alone, nullptr};
  find_row(row)->run(&call);
  ASSERT_EQ(bytes_of(values), bytes_of(expected));
  ASSERT_EQ(places, expected_places);
}

TEST(TopK, IsTheFrontOfAStableSort) {
  Random random(31);
  for (int i = 0; i < 200; i++) {
    try_one<float>(random, "top_k_f32_reference");
    try_one<int8_t>(random, "top_k_s8_reference");
    try_one<uint8_t>(random, "top_k_u8_reference");
    try_one<int16_t>(random, "top_k_s16_reference");
    try_one<int32_t>(random, "top_k_s32_reference");
    try_one<int64_t>(random, "top_k_s64_reference");
  }
}

TEST(TopK, RefusesHostileParameters) {
  expect_refused("top_k", params_of(TopKParams{1, 3, 4}), {F32, F32, S32});
  expect_refused("top_k", params_of(TopKParams{1, 3, -1}), {F32, F32, S32});
  expect_refused("top_k", params_of(TopKParams{-1, 3, 1}), {F32, F32, S32});
}

}  // namespace
}  // namespace sinter
