// Rows of floats as whole numbers of three or four digits of eight bits, so that products by weights of few bits are
// products of bytes, summed exactly. What its scratch looks like, and what may become digits.
// SPDX-License-Identifier: Apache-2.0
//
// A row's values x become rint(x / unit), unit a power of two such that the largest fits, and that number is the sum of
// digit[j] * 256^j, -128 <= digit[j] <= 127: a value is half a unit off at most. Values that this would change by more
// than DIGITS_ERROR of themselves, or k / 2^25, are digits of zero and are kept aside as the floats they are: rare
// ones. So sums differ by k / 2^25 of the sum of absolute products at most, what rounding k / 2 of them would do. Rows
// with too many such values, or with ones that are no numbers, stay floats.
#ifndef SINTER_KERNELS_GEMM_DIGITS_H_
#define SINTER_KERNELS_GEMM_DIGITS_H_

#include <stdint.h>
#include <string.h>

#include "kernels/gemm/op.h"
#include "kernels/gemm/packing_weight_only.h"

namespace sinter {

static const float DIGITS_ERROR = 1.0f / 16384.0f;
// Fewer products leave no room for the error; smaller blocks would bring more roundings.
static const int64_t DIGITS_LEAST_K = 64, DIGITS_LEAST_BLOCK = 32;
// k that meet weights before sums become floats, where no block ends sooner.
static const int64_t DIGITS_SPAN = 512;

// A value that is kept aside.
struct DigitsException {
  int32_t k;
  float x;
};

struct DigitsRow {
  float unit;
  int32_t exceptions;
};

static inline bool digits_take(const GemmParams& p) {
  return p.k >= DIGITS_LEAST_K && (p.block == 0 || (p.block >= DIGITS_LEAST_BLOCK && p.block % 16 == 0));
}

// A row with c exceptions pays for each as much as for some 32 of its k: three digits then cost more than four, and
// four more than floats.
static inline int64_t digits_most_exceptions(int64_t k, int digits) {
  return digits == 3 ? k / 16 : k / 4;
}

struct DigitsUnit {
  float unit, inverse, least;  // what is below `least` and not zero is kept aside
};

// For a row whose largest value has these bits, without its sign. A unit of 0: floats it stays.
static inline DigitsUnit digits_unit(uint32_t largest, int64_t k, int digits) {
  if (largest == 0) return {1, 1, 0};
  const uint32_t exponent = largest >> 23;
  if (exponent < 67 || exponent > 187) return {0, 0, 0};  // far from where units, or sums, would be no numbers
  const auto real = [](uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
  };
  float unit = real((exponent + 2 - 8 * static_cast<uint32_t>(digits)) << 23);
  const float most = digits == 3 ? 8355711.0f : 2139062016.0f;  // 127 in every digit
  if (real(largest) > most * unit) unit *= 2;
  const float by_k = 16777216.0f / static_cast<float>(k), by_value = 0.5f / DIGITS_ERROR;
  return {unit, 1 / unit, unit * (by_k > by_value ? by_k : by_value)};
}

// Digits that serve all rows: 3, 4, or 0 where some row stays floats. An ISA's: largest_of(x, k), the bits of the
// largest value without its sign; aside_of(x, k, least), how many values are below `least` and not zero.
template <class Largest, class Aside>
static inline int digits_of_rows(const float* a, int64_t lda, int64_t rows, int64_t k, const Largest& largest_of,
                                 const Aside& aside_of) {
  int digits = 3;
  for (int64_t r = 0; r < rows; r++, a += lda) {
    const uint32_t largest = largest_of(a, k);
    for (;; digits++) {
      const DigitsUnit unit = digits > 4 ? DigitsUnit{0, 0, 0} : digits_unit(largest, k, digits);
      if (unit.unit == 0) return 0;
      if (aside_of(a, k, unit.least) <= digits_most_exceptions(k, digits)) break;
    }
  }
  return digits;
}

// Per thread, by offsets: rows of digits, what sums of each span begin with (4 a span), exceptions, DigitsRow of each.
// `row_bytes`: of a row's digits.
struct DigitsPanel {
  int64_t rows, row_bytes, span, spans, lacking, exceptions, most_exceptions, about, bytes;
};
static inline DigitsPanel digits_panel(int64_t k, int64_t span, int64_t rows, int64_t row_bytes) {
  DigitsPanel d;
  d.rows = rows;
  d.row_bytes = row_bytes;
  d.span = span;
  d.spans = (k + span - 1) / span;
  d.lacking = s4_round_up(rows * row_bytes, 64);
  d.exceptions = s4_round_up(d.lacking + rows * d.spans * 16, 64);
  d.most_exceptions = k / 4;
  d.about = d.exceptions + s4_round_up(rows * d.most_exceptions * static_cast<int64_t>(sizeof(DigitsException)), 64);
  d.bytes = d.about + s4_round_up(rows * static_cast<int64_t>(sizeof(DigitsRow)), 64);
  return d;
}

namespace {  // its functions must not be shared with files of another ISA

// A thread's rows as digits.
struct DigitsRows {
  DigitsPanel panel;
  char* at;

  char* digits(int64_t row) const {
    return at + row * panel.row_bytes;
  }
  int32_t* lacking(int64_t row) const {
    return reinterpret_cast<int32_t*>(at + panel.lacking) + row * panel.spans * 4;
  }
  DigitsException* exceptions(int64_t row) const {
    return reinterpret_cast<DigitsException*>(at + panel.exceptions) + row * panel.most_exceptions;
  }
  DigitsRow& about(int64_t row) const {
    return reinterpret_cast<DigitsRow*>(at + panel.about)[row];
  }
};

}  // namespace

// VNNI and AVX2: four k after four k, a word of four bytes for each of four digits.
static inline DigitsPanel digits_words_panel(const GemmParams& p, int64_t rows) {
  return digits_panel(p.k, p.block > 0 ? p.block : DIGITS_SPAN, rows, s4_round_up(p.k, 16) * 4);
}
static const int64_t DIGITS_VNNI_ROWS = 3;  // more gain nothing over floats
static inline DigitsPanel digits_vnni_panel(const GemmParams& p) {
  return digits_words_panel(p, DIGITS_VNNI_ROWS);
}
static const int64_t DIGITS_AVX2_ROWS = 6, DIGITS_AVX2_AHEAD = 4096;  // each row is met by itself
static inline DigitsPanel digits_avx2_panel(const GemmParams& p) {
  return digits_words_panel(p, DIGITS_AVX2_ROWS);
}
static inline int64_t weight_only_s4_avx2_bytes(const GemmParams& p) {
  const int64_t floats = weight_only_panel_bytes(p.k), digits = digits_avx2_panel(p).bytes;
  return floats < digits ? digits : floats;
}

// AMX: step after step, each 64 bytes of each row's digits, of which the first 4 * groups are its k. Spans are filled
// up to whole steps; what sums begin with is not needed. Then the weights of two steps as bytes, and a group of rows'
// sums, 64 columns each.
static inline int64_t digits_amx_rows(int64_t m, int64_t k) {
  const int64_t most = weight_only_block_rows(k, 12), rows = s4_round_up(m < 1 ? 1 : m, 12);
  return rows < most ? rows : most;
}
static const int64_t DIGITS_AMX_SPAN = 2048, DIGITS_AMX_SUMS = 32, DIGITS_AMX_STEP_BYTES = 64 * S4_TILE_COLUMNS;
struct DigitsAmx {
  DigitsPanel panel;
  int64_t groups, steps;  // of four k in a step, of steps in a span
  int64_t weights, sums, bytes;
};
static inline DigitsAmx digits_amx(const GemmParams& p) {
  DigitsAmx d;
  const int64_t span = p.block > 0 ? p.block : DIGITS_AMX_SPAN < p.k ? DIGITS_AMX_SPAN : s4_round_up(p.k, 16);
  d.steps = (span + 63) / 64;
  d.groups = (span + 16 * d.steps - 1) / (16 * d.steps) * 4;
  d.panel = digits_panel(p.k, span, digits_amx_rows(p.m, p.k), (p.k + span - 1) / span * d.steps * 256);
  d.weights = d.panel.bytes;
  d.sums = d.weights + 2 * DIGITS_AMX_STEP_BYTES;
  d.bytes = d.sums + DIGITS_AMX_SUMS * 4 * S4_TILE_COLUMNS;
  const int64_t few = digits_vnni_panel(p).bytes;  // rows too few for AMX
  d.bytes = d.bytes < few ? few : d.bytes;
  return d;
}
// Whether AMX gains: a row or two do not fill its tiles, and sums of small blocks become floats too often.
static inline bool digits_by_amx(int64_t rows, int64_t block) {
  return block == 0 ? rows >= 3 : block >= 64 && rows >= 4;
}

}  // namespace sinter

#endif  // SINTER_KERNELS_GEMM_DIGITS_H_
