// gemm's packings for the GPU, read back by what the PTX ISA says of wgmma.mma_async.sp.
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <random>
#include <string>
#include <vector>

#include "core/row.h"
#include "core/status.h"
#include "gtest/gtest.h"
#include "kernels/gemm/cuda_packing.h"
#include "kernels/gemm/op.h"

namespace sinter {

extern const PackingDef gemm_s8_cuda_rows_packing, gemm_bf16_cuda_rows_packing, gemm_s8_cuda_2of4_packing,
    gemm_bf16_cuda_2of4_packing;

namespace {

struct Packed {
  sinter_status status;
  std::vector<char> bytes;
};

Packed pack(const PackingDef& packing, int n, int k, const std::vector<char>& weights) {
  GemmParams p = {};
  p.n = n;
  p.k = k;
  p.pattern = GEMM_PATTERN_2OF4;
  const Source sources[GEMM_SOURCES] = {
      {weights.data(), static_cast<int64_t>(weights.size())}, {nullptr, 0}, {nullptr, 0}};
  const int64_t bytes = packing.bytes(&p, sources);
  EXPECT_GT(bytes, 0);
  // Guarded: one more byte than asked for must stay.
  Packed packed = {SINTER_OK, std::vector<char>(static_cast<size_t>(bytes) + 1, '\x5a')};
  packed.status = packing.pack(&p, sources, packed.bytes.data(), bytes);
  EXPECT_EQ(packed.bytes.back(), '\x5a');
  return packed;
}

// Weights with at most two of four values other than 0; bfloat16 where value_bytes is 2.
std::vector<char> sparse_weights(std::mt19937& random, int n, int k, int value_bytes) {
  static const int masks[] = {3, 5, 9, 6, 10, 12, 1, 2, 4, 8, 0};
  std::vector<char> weights(static_cast<size_t>(n * k * value_bytes));
  for (int j = 0; j < n; j++) {
    for (int i = 0, mask = 0; i < k; i++) {
      if (i % 4 == 0) mask = masks[random() % 11];
      if (!(mask >> i % 4 & 1)) continue;
      char* to = &weights[static_cast<size_t>((j * k + i) * value_bytes)];
      if (value_bytes == 1) {
        *to = static_cast<char>(1 + random() % 255);
      } else {
        const uint16_t value = static_cast<uint16_t>(0x3f00 | random() % 0x80);
        memcpy(to, &value, 2);
      }
    }
  }
  return weights;
}

// The places of a product of 64 rows in a thread's 32 bits, as the PTX ISA draws them: thread t of the warpgroup tells
// of rows 16 * (t / 32) + t % 32 / 4 and, ...
//  8 bits:  ... where t is odd, 8 more; of k from 32 * (t % 4 / 2) on, 32 of them.
//  16 bits: ... in the upper half of the word, 8 more; of k from 16 * (t % 4) on, 16 of them, t % 4 < 2 (selector 0).
// Four bits tell of four k, the lower two where the first kept value stands.
void place_of(int value_bytes, int row, int k, int* thread, int* shift) {
  const int base = row / 16 * 32 + row % 8 * 4, below = row % 16 / 8;
  if (value_bytes == 1) {
    *thread = base + k / 32 * 2 + below;
    *shift = k % 32 / 4 * 4;
  } else {
    *thread = base + k / 16;
    *shift = below * 16 + k % 16 / 4 * 4;
  }
}

void check_2of4(const PackingDef& packing, int n, int k, int size) {
  std::mt19937 random(static_cast<unsigned>(n * 1000 + k));
  const std::vector<char> weights = sparse_weights(random, n, k, size);
  const Packed packed = pack(packing, n, k, weights);
  ASSERT_EQ(packed.status, SINTER_OK);
  const char* values = packed.bytes.data() + cuda_header_bytes(n);
  const char* places = packed.bytes.data() + cuda_2of4_places_offset(n, k, size);
  const int per_product = 64 / size, steps = static_cast<int>(cuda_2of4_steps(k, size));
  std::vector<char> seen(weights.size(), 0);
  for (int row = 0; row < (n + 127) / 128 * 128; row++) {
    for (int at = 0; at < steps * 2 * per_product; at += 4) {
      const int step = at / (2 * per_product), product = at / per_product % 2;
      int thread, shift;
      place_of(size, row % 64, at % per_product, &thread, &shift);
      uint32_t word;
      memcpy(&word, places + (row / 128 * steps + step) * 2048 + row % 128 / 64 * 1024 + thread * 8 + product * 4, 4);
      const int first = word >> shift & 3, second = word >> (shift + 2) & 3;
      ASSERT_LT(first, second) << row << " " << at;
      if (row >= n) continue;
      for (int kept = 0; kept < 2; kept++) {
        const char* value = values + row * cuda_2of4_row_bytes(k, size) + (at / 2 + kept) * size;
        const int column = at + (kept ? second : first);
        if (column < k) {
          memcpy(&seen[static_cast<size_t>((row * k + column) * size)], value, static_cast<size_t>(size));
        } else {
          for (int b = 0; b < size; b++) ASSERT_EQ(value[b], 0);
        }
      }
    }
  }
  EXPECT_EQ(seen, weights) << n << " " << k << " " << size;
}

TEST(CudaPacking, TwoOfFourIsReadBack) {
  for (const int n : {1, 7, 64, 130}) {
    for (const int k : {1, 2, 4, 5, 63, 128, 200, 256}) {
      check_2of4(gemm_s8_cuda_2of4_packing, n, k, 1);
      check_2of4(gemm_bf16_cuda_2of4_packing, n, k, 2);
    }
  }
}

TEST(CudaPacking, WeightsThatAreNotTwoOfFourAreRefused) {
  std::mt19937 random(3);
  std::vector<char> weights = sparse_weights(random, 5, 24, 1);
  for (int i = 0; i < 3; i++) weights[3 * 24 + 8 + static_cast<size_t>(i)] = 1;
  const Packed packed = pack(gemm_s8_cuda_2of4_packing, 5, 24, weights);
  EXPECT_EQ(packed.status, SINTER_INVALID_ARGUMENT);
  EXPECT_NE(std::string(last_error()).find("row 3"), std::string::npos) << last_error();
  EXPECT_NE(std::string(last_error()).find("columns 8 to 11"), std::string::npos) << last_error();
}

TEST(CudaPacking, RowsAreAlignedAndEndInZeros) {
  std::mt19937 random(4);
  for (const int size : {1, 2}) {
    const int n = 3, k = 37;
    const std::vector<char> weights = sparse_weights(random, n, k, size);
    const Packed packed = pack(size == 1 ? gemm_s8_cuda_rows_packing : gemm_bf16_cuda_rows_packing, n, k, weights);
    ASSERT_EQ(packed.status, SINTER_OK);
    const int64_t stride = cuda_row_bytes(k, size);
    ASSERT_EQ(stride % 64, 0);
    for (int j = 0; j < n; j++) {
      const char* row = packed.bytes.data() + cuda_header_bytes(n) + j * stride;
      EXPECT_EQ(memcmp(row, &weights[static_cast<size_t>(j * k * size)], static_cast<size_t>(k * size)), 0);
      for (int64_t i = k * size; i < stride; i++) EXPECT_EQ(row[i], 0);
    }
  }
}

}  // namespace
}  // namespace sinter
