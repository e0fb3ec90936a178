// CPU features by CPUID + XGETBV or hardware capabilities; caches from sysfs; cores from affinity and cgroup.
// SPDX-License-Identifier: Apache-2.0
#include "core/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(SINTER_X86_64)
#include <cpuid.h>
#elif defined(SINTER_ARM64)
#include <sys/auxv.h>
#endif

#include "core/catalogue.h"

namespace sinter {
namespace {

#if defined(SINTER_X86_64)

uint64_t xgetbv0() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t{high} << 32) | low;
}

// Linux keeps AMX's tiles from a process until it asks for them, once for all its threads; it refuses where a signal
// stack is too small for their contents.
bool tiles_permitted() {
#if defined(__linux__)
  const int request_permission = 0x1023, tile_data = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
#else
  return false;
#endif
}

uint64_t detect(bool with_tiles) {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const bool osxsave = c & (1u << 27);
  const bool avx = c & (1u << 28), fma = c & (1u << 12), f16c = c & (1u << 29);
  if (!osxsave || !avx) return 0;
  const uint64_t state = xgetbv0();
  const bool ymm = (state & 0x6) == 0x6;            // the system saves xmm and ymm
  const bool zmm = ymm && (state & 0xe0) == 0xe0;   // and opmask, upper zmm
  const bool tiles = (state & 0x60000) == 0x60000;  // and AMX tiles
  if (!ymm || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  uint64_t bits = 0;
  if ((b & (1u << 5)) && fma && f16c) bits |= ISA_AVX2;
  if (with_tiles && tiles && (d & (1u << 24)) && tiles_permitted()) {
    bits |= ISA_AMX_TILE;
    if (d & (1u << 25)) bits |= ISA_AMX_INT8;
    if (d & (1u << 22)) bits |= ISA_AMX_BF16;
  }
  const bool f = b & (1u << 16), dq = b & (1u << 17), bw = b & (1u << 30), vl = b & (1u << 31);
  const bool avx512 = zmm && f && dq && bw && vl && (bits & ISA_AVX2);
  if (avx512) {
    bits |= ISA_AVX512;
    if (c & (1u << 11)) bits |= ISA_AVX512_VNNI;
    if (c & (1u << 1)) bits |= ISA_AVX512_VBMI;
    if (c & (1u << 6)) bits |= ISA_AVX512_VBMI2;
  }
  if (__get_cpuid_count(7, 1, &a, &b, &c, &d)) {
    if (a & (1u << 4)) bits |= ISA_AVX_VNNI;
    if (avx512 && (a & (1u << 5))) bits |= ISA_AVX512_BF16;
  }
  return bits | emulated_features();
}

#elif defined(SINTER_ARM64)

uint64_t detect(bool) {
  uint64_t bits = 0;
  const unsigned long caps = getauxval(AT_HWCAP), caps2 = getauxval(26 /* AT_HWCAP2 */);
  if (caps & (1ul << 20)) bits |= ISA_DOTPROD;
  if (caps2 & (1ul << 13)) bits |= ISA_I8MM;
  if (caps2 & (1ul << 14)) bits |= ISA_BF16;
  return bits;
}

#else

uint64_t detect(bool) {
  return 0;
}

#endif

// What a name of SINTER_ISA leaves: a machine of that kind.
struct Override {
  const char* name;
  uint64_t mask;
};
const Override overrides[] = {
    {"reference", 0},
    {"avx2", ISA_AVX2},
    {"avx_vnni", ISA_AVX2 | ISA_AVX_VNNI},
    {"avx512", ISA_AVX2 | ISA_AVX512},
    {"avx512_vnni", ISA_AVX2 | ISA_AVX512 | ISA_AVX512_VNNI},
    {"avx512_bf16", ~uint64_t{0} & ~(ISA_AMX_TILE | ISA_AMX_INT8 | ISA_AMX_BF16)},
    {"amx", ~uint64_t{0}},
    {"neon", 0},
    {"dotprod", ISA_DOTPROD},
    {"i8mm", ISA_DOTPROD | ISA_I8MM},
};

const Override* find_override(const char* name) {
  for (const Override& o : overrides) {
    if (!strcmp(o.name, name)) return &o;
  }
  return nullptr;
}

int64_t read_number(const char* path) {
  FILE* file = fopen(path, "re");
  if (!file) return -1;
  char text[64] = "";
  const char* line = fgets(text, sizeof text, file);
  fclose(file);
  if (!line) return -1;
  char* end;
  int64_t value = strtoll(text, &end, 10);
  if (end == text) return -1;
  if (*end == 'K') value <<= 10;
  if (*end == 'M') value <<= 20;
  return value;
}

// Cores that the cgroup's quota allows, rounded up; 0 when there is no quota.
int cgroup_cores() {
  FILE* file = fopen("/sys/fs/cgroup/cpu.max", "re");
  if (file) {
    char quota[32];
    long long period = 0;
    const int read = fscanf(file, "%31s %lld", quota, &period);
    fclose(file);
    if (read == 2 && strcmp(quota, "max") && period > 0) return static_cast<int>((atoll(quota) + period - 1) / period);
    return 0;
  }
  const int64_t quota = read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  const int64_t period = read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  return quota > 0 && period > 0 ? static_cast<int>((quota + period - 1) / period) : 0;
}

}  // namespace

uint64_t emulated_features() {
  uint64_t bits = 0;
#if defined(SINTER_EMULATE_AVX512)
  bits |= ISA_AVX512 | ISA_AVX512_VNNI | ISA_AVX512_VBMI | ISA_AVX512_BF16;
#endif
#if defined(SINTER_EMULATE_AVXVNNI)
  bits |= ISA_AVX_VNNI;
#endif
#if defined(SINTER_EMULATE_AMX)
  bits |= ISA_AMX_TILE | ISA_AMX_INT8 | ISA_AMX_BF16;
#endif
  return bits;
}

uint64_t detected_cpu_features() {
  static const uint64_t bits = detect(true);
  return bits;
}

uint64_t cpu_features() {
  static const uint64_t bits = [] {
    const char* forced = getenv("SINTER_ISA");
    const Override* o = forced && *forced ? find_override(forced) : nullptr;
    if (!o) return detected_cpu_features();
    // Who does without AMX does not ask the system for it.
    return o->mask & ISA_AMX_TILE ? detected_cpu_features() & o->mask : detect(false) & o->mask;
  }();
  return bits;
}

const char* isa_override_error() {
  const char* forced = getenv("SINTER_ISA");
  if (!forced || !*forced || find_override(forced)) return nullptr;
  return "SINTER_ISA must be one of reference, avx2, avx_vnni, avx512, avx512_vnni, avx512_bf16, amx, neon, dotprod, "
         "i8mm";
}

bool cpu_is_amd() {
#if defined(SINTER_X86_64)
  static const bool amd = [] {  // once: where CPUID is emulated it takes long
    uint32_t most, name[3];
    return __get_cpuid(0, &most, &name[0], &name[2], &name[1]) && memcmp(name, "AuthenticAMD", 12) == 0;
  }();
  return amd;
#else
  return false;
#endif
}

int64_t cache_bytes(int level) {
  for (int index = 0; index < 8; index++) {
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/level", index);
    if (read_number(path) != level) continue;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/type", index);
    FILE* file = fopen(path, "re");
    char type[32] = "";
    if (file) {
      if (!fgets(type, sizeof type, file)) type[0] = 0;
      fclose(file);
    }
    if (!strncmp(type, "Instruction", 11)) continue;
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
    const int64_t size = read_number(path);
    if (size > 0) return size;
  }
  return 0;
}

int usable_cores() {
  static const int cores = [] {
    cpu_set_t set;
    int count = 0;
    if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
    if (count <= 0) count = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
    const int quota = cgroup_cores();
    if (quota > 0 && quota < count) count = quota;
    return count > 0 ? count : 1;
  }();
  return cores;
}

uint64_t machine_features() {
  return cpu_features();
}
const bool catalogue_tells_features = false;

}  // namespace sinter
