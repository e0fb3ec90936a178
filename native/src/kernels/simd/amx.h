// AMX tiles by number: configuring, loading, storing, products. Only for files that are built for AMX; internal
// linkage. SPDX-License-Identifier: Apache-2.0
//
// Eight tiles of up to 16 rows of up to 64 bytes. Tiles belong to the thread: whoever uses them configures them first
// and releases them after (a thread whose tiles are in use is slower to switch), and calls nobody meanwhile.
#ifndef SINTER_KERNELS_SIMD_AMX_H_
#define SINTER_KERNELS_SIMD_AMX_H_

#include <stdint.h>
#include <string.h>

namespace sinter {
namespace {

// As ldtilecfg reads it.
struct alignas(64) AmxConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
static_assert(sizeof(AmxConfig) == 64, "the instruction reads 64 bytes");

#if defined(SINTER_EMULATED_AMX)  // by tests/emulated_amx.h
#define SINTER_AMX_INLINE inline

SINTER_AMX_INLINE void amx_configure(const AmxConfig& config) {
  ::sinter_emulated::amx_configure(config.row_bytes, config.rows);
}
SINTER_AMX_INLINE void amx_release() {
  ::sinter_emulated::amx_release();
}
template <int TILE>
SINTER_AMX_INLINE void amx_load(const void* from, int64_t stride) {
  ::sinter_emulated::amx_load(TILE, from, stride);
}
template <int TILE>
SINTER_AMX_INLINE void amx_load_once(const void* from, int64_t stride) {
  amx_load<TILE>(from, stride);
}
template <int TILE>
SINTER_AMX_INLINE void amx_store(void* to, int64_t stride) {
  ::sinter_emulated::amx_store(TILE, to, stride);
}
// C += A * B of int8: A's bytes signed or not, B's signed.
template <bool SIGNED, int C, int A, int B>
SINTER_AMX_INLINE void amx_dot8() {
  ::sinter_emulated::amx_dot8(SIGNED, C, A, B);
}
template <int C, int A, int B>
SINTER_AMX_INLINE void amx_dot_bf16() {
  ::sinter_emulated::amx_dot_bf16(C, A, B);
}
template <int TILE>
SINTER_AMX_INLINE void amx_zero() {
  alignas(64) static const char zeros[64] = {};
  amx_load<TILE>(zeros, 0);
}
SINTER_AMX_INLINE void amx_will_write(const void*) {}

#else
#define SINTER_AMX_INLINE inline __attribute__((always_inline))

// Inline assembly: the intrinsics take a tile's number as a literal only, and do not say that they touch memory.
SINTER_AMX_INLINE void amx_configure(const AmxConfig& config) {
  __asm__ volatile("ldtilecfg %0" ::"m"(config));
}
SINTER_AMX_INLINE void amx_release() {
  __asm__ volatile("tilerelease");
}
template <int TILE>
SINTER_AMX_INLINE void amx_load(const void* from, int64_t stride) {
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(TILE) : "memory");
}
// The same of what is not needed again soon: L1 keeps other lines for it.
template <int TILE>
SINTER_AMX_INLINE void amx_load_once(const void* from, int64_t stride) {
  __asm__ volatile("tileloaddt1 (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(stride), "i"(TILE) : "memory");
}
template <int TILE>
SINTER_AMX_INLINE void amx_store(void* to, int64_t stride) {
  __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(stride), "i"(TILE) : "memory");
}
// C += A * B of int8: A's bytes signed or not, B's signed.
template <bool SIGNED, int C, int A, int B>
SINTER_AMX_INLINE void amx_dot8() {
  if (SIGNED) {
    __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(C), "i"(A), "i"(B));
  } else {
    __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(C), "i"(A), "i"(B));
  }
}
template <int C, int A, int B>
SINTER_AMX_INLINE void amx_dot_bf16() {
  __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(C), "i"(A), "i"(B));
}
template <int TILE>
SINTER_AMX_INLINE void amx_zero() {
  __asm__ volatile("tilezero %%tmm%c0" ::"i"(TILE));
}
// Brings a line to L1, to be written. The builtin means that only with a flag of its own.
SINTER_AMX_INLINE void amx_will_write(const void* at) {
  __asm__ volatile("prefetchw (%0)" ::"r"(at));
}
#endif

// Sums of a block of up to four tiles that become results while products of the next block run: the vector units have
// nothing else to do then. Whoever makes them says what the rest means; it lives until they are made.
struct AmxWaiting {
  alignas(64) int32_t sums[4 * 16 * 16];
  void (*results)(AmxWaiting* self, int pieces);  // makes the next `pieces` pieces of results, or all that are left
  char* c;                                        // of the block's first column
  int64_t ldc, columns;                           // of results
  const void* how;                                // what becomes of sums
  const float* more;                              // the same, of the block's columns
  const char *bias, *header, *scales;             // of the block's columns
  // How far that is. A load of two values that were stored one by one would wait for the stores, so that those that are
  // used together do not lie side by side.
  const int32_t* at;       // the next row's sums
  int rows, together;      // rows that are left, and those of a piece
  const int32_t* lacking;  // of the next row; null: nothing
  int width, gap;          // results of a line; rows dropped behind it
  int64_t result;          // which the next row is
  int run;                 // results before rows are dropped
};

// The tiles' shapes as the kernels here use them, set anew only when they change (some 160 cycles). C is tiles 0 to 3,
// A 4 and 5, B 6 and 7. Sums may stay in C's tiles until those are needed again, so that they are stored while products
// run. No destructor releases tiles: its exception tables would be weak symbols.
class AmxTiles {
 public:
  AmxTiles() : rows0_(0), rows1_(0), groups_(0), later_{nullptr, nullptr, nullptr, nullptr}, stride_(0) {
    nothing_waits();
  }
  AmxTiles(const AmxTiles&) = delete;
  AmxTiles& operator=(const AmxTiles&) = delete;

  // At the end of a task.
  SINTER_AMX_INLINE void release() {
    finish();
    if (groups_ > 0) amx_release();
    groups_ = 0;
  }

  // C's tile TILE belongs to `to`, rows `stride` bytes apart, the same for all tiles until they are stored.
  template <int TILE>
  SINTER_AMX_INLINE void store_later(void* to, int64_t stride) {
    later_[TILE] = to;
    stride_ = stride;
  }
  // Stores what is to be stored: a tile, all of them.
  template <int TILE>
  SINTER_AMX_INLINE void store() {
    if (!later_[TILE]) return;
    amx_store<TILE>(later_[TILE], stride_);
    later_[TILE] = nullptr;
  }
  SINTER_AMX_INLINE void store() {
    store<0>();
    store<1>();
    store<2>();
    store<3>();
  }

  // A block's sums that are still to become results, and those of none while rows is 0. Tiles that are to be stored to
  // them are stored first.
  SINTER_AMX_INLINE AmxWaiting* waiting() {
    return &waiting_;
  }
  // Stores what is to be stored, and makes all results that wait.
  SINTER_AMX_INLINE void finish() {
    store();
    if (waiting_.rows > 0) waiting_.results(&waiting_, waiting_.rows);
    nothing_waits();
  }

  // rows0: of A's tile 4 and C's 0 and 1; rows1: of A's tile 5 and C's 2 and 3; groups: of 4 bytes along k.
  SINTER_AMX_INLINE void shape(int rows0, int rows1, int groups) {
    if (rows0 != rows0_ || rows1 != rows1_ || groups != groups_) set(rows0, rows1, groups);
  }

 private:
  void nothing_waits() {
    waiting_.results = nullptr, waiting_.rows = 0, waiting_.together = 1;
  }
  __attribute__((noinline)) void set(int rows0, int rows1, int groups) {
    store();
    AmxConfig config;
    memset(&config, 0, sizeof config);
    config.palette = 1;
    for (int tile = 0; tile < 8; tile++) {
      const int rows = tile == 0 || tile == 1 || tile == 4 ? rows0 : tile < 6 ? rows1 : groups;
      config.rows[tile] = static_cast<uint8_t>(rows);
      config.row_bytes[tile] = static_cast<uint16_t>(tile == 4 || tile == 5 ? 4 * groups : 64);
    }
    amx_configure(config);
    rows0_ = rows0, rows1_ = rows1, groups_ = groups;
  }
  int rows0_, rows1_, groups_;
  void* later_[4];
  int64_t stride_;
  AmxWaiting waiting_;
};

}  // namespace
}  // namespace sinter

#endif  // SINTER_KERNELS_SIMD_AMX_H_
