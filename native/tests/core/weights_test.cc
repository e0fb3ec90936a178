// Sets of packed constants: what pack and add refuse, sizes, several threads.
// SPDX-License-Identifier: Apache-2.0
#include "core/weights.h"

#include <set>
#include <thread>

#include "core/plan_builder.h"
#include "gtest/gtest.h"
#include "kernels/gemm/op.h"

namespace sinter {
namespace {

struct Good {
  GemmParams params = {};
  std::vector<char> weights = std::vector<char>(30, 1);
  std::vector<float> scale = std::vector<float>(5, 1.0f);
  const void* sources[MAX_SOURCES + 1] = {};
  int64_t bytes[MAX_SOURCES + 1] = {30, 0, 20};
  int32_t packing = packing_index(find_row("gemm_s8s8s8_reference")->packing);
  Good() {
    params.m = 1;
    params.n = params.ldc = 5;
    params.k = params.lda = 6;
    params.out_max = 1;
    sources[0] = weights.data();
    sources[1] = nullptr;
    sources[2] = scale.data();
  }
  int32_t pack(uint64_t set, int32_t count = 3, int64_t params_bytes = sizeof(GemmParams)) {
    return sinter_weights_pack(set, packing, &params, params_bytes, sources, bytes, count);
  }
};

TEST(Weights, PackAndAddGiveIndicesAndSizes) {
  const uint64_t set = sinter_weights_create();
  Good good;
  EXPECT_EQ(sinter_weights_bytes(set, -1), 0);
  EXPECT_EQ(good.pack(set), 0) << error_text();
  EXPECT_EQ(sinter_weights_add(set, "abc", 3), 1);
  EXPECT_EQ(sinter_weights_add(set, nullptr, 0), 2);
  EXPECT_EQ(sinter_weights_bytes(set, 1), 3);
  EXPECT_EQ(sinter_weights_bytes(set, 2), 0);
  EXPECT_EQ(sinter_weights_bytes(set, -1), sinter_weights_bytes(set, 0) + 3);
  for (int32_t wrong : {3, -2, INT32_MAX, INT32_MIN}) EXPECT_EQ(sinter_weights_bytes(set, wrong), -1);
  sinter_weights_destroy(set);
}

TEST(Weights, RefusesHostileCalls) {
  const uint64_t set = sinter_weights_create();
  auto refused = [&](auto change) {
    Good bad;
    change(bad);
    EXPECT_EQ(bad.pack(set), -1);
    EXPECT_NE(error_text(), "");
  };
  for (int32_t packing : {-1, packing_count(), INT32_MAX}) refused([=](Good& g) { g.packing = packing; });
  refused([](Good& g) { g.bytes[0] = -1; });
  refused([](Good& g) { g.bytes[0] = 29; });
  refused([](Good& g) { g.bytes[0] = INT64_MAX; });
  refused([](Good& g) { g.sources[0] = nullptr; });
  refused([](Good& g) { g.bytes[1] = 20; });
  refused([](Good& g) { g.bytes[2] = 16; });
  refused([](Good& g) { g.params.n = -1; });
  refused([](Good& g) { g.params.k = INT32_MAX; });
  refused([](Good& g) { g.params.out_max = 4000; });
  Good good;
  EXPECT_EQ(good.pack(set, 2), -1);
  EXPECT_EQ(good.pack(set, 4), -1);
  EXPECT_EQ(good.pack(set, MAX_SOURCES), -1);
  EXPECT_EQ(good.pack(set, MAX_SOURCES + 1), -1);
  EXPECT_EQ(good.pack(set, -1), -1);
  EXPECT_EQ(good.pack(set, 3, 4), -1);
  EXPECT_EQ(sinter_weights_pack(set, good.packing, nullptr, 44, good.sources, good.bytes, 3), -1);
  EXPECT_EQ(sinter_weights_pack(set, good.packing, &good.params, 44, nullptr, good.bytes, 3), -1);
  EXPECT_EQ(sinter_weights_pack(set, good.packing, &good.params, 44, good.sources, nullptr, 3), -1);
  EXPECT_EQ(sinter_weights_add(set, nullptr, 4), -1);
  EXPECT_EQ(sinter_weights_add(set, "abc", -1), -1);
  EXPECT_EQ(sinter_weights_bytes(set, -1), 0) << "a refused call left something behind";
  sinter_weights_destroy(set);
}

TEST(Weights, SeveralThreadsMayPack) {
  const uint64_t set = sinter_weights_create();
  std::vector<std::thread> threads;
  std::vector<std::vector<int32_t>> indices(6);
  for (size_t t = 0; t < indices.size(); t++) {
    threads.emplace_back([&, t] {
      Good good;
      for (int i = 0; i < 50; i++) indices[t].push_back(i % 2 ? good.pack(set) : sinter_weights_add(set, "abcd", 4));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<int32_t> all;
  for (const auto& list : indices) all.insert(list.begin(), list.end());
  EXPECT_EQ(all.size(), 300u);
  EXPECT_EQ(*all.begin(), 0);
  EXPECT_EQ(*all.rbegin(), 299);
  sinter_weights_destroy(set);
}

}  // namespace
}  // namespace sinter
