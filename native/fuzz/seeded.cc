// The fuzz targets without libFuzzer: seeded mutations for some seconds, so that every compiler and
// sanitizer can run them. usage: fuzz_seeded [seconds [seed]]; prints the seed of each target.
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <random>

#include "targets.h"

namespace {

typedef std::vector<char> Bytes;

Bytes mutate(const std::vector<Bytes>& seeds, std::mt19937_64& random) {
  auto below = [&](size_t n) { return n ? static_cast<size_t>(random() % n) : 0; };
  Bytes bytes = seeds[below(seeds.size())];
  static const int32_t interesting[] = {
      0,   1,    2,     3,     4,  5,  7,    8,    15,  16,  31,  32,   63,    64,        127,       128,          255,
      256, 1024, 65535, 65536, -1, -2, -128, -129, 511, 512, 513, 4096, 65537, INT32_MAX, INT32_MIN, INT32_MAX - 3};
  for (size_t n = 1 + below(5); n > 0 && !bytes.empty(); n--) {
    const size_t at = below(bytes.size());
    switch (below(7)) {
      case 0:
        bytes[at] = static_cast<char>(random());
        break;
      case 1:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 2:
      case 3:
        if (bytes.size() >= 4) {
          memcpy(&bytes[below(bytes.size() / 4) * 4], &interesting[below(sizeof interesting / 4)], 4);
        }
        break;
      case 4:  // two fields alike
        if (bytes.size() >= 8)
          memcpy(&bytes[below(bytes.size() / 4) * 4], Bytes(bytes).data() + at / 4 * 4,
                 at / 4 * 4 + 4 <= bytes.size() ? 4 : 0);
        break;
      case 5:
        bytes.resize(at);
        break;
      default: {
        Bytes more(below(40), static_cast<char>(random()));
        bytes.insert(bytes.begin() + static_cast<long>(at), more.begin(), more.end());
      }
    }
  }
  return bytes;
}

void run(const char* name, void (*target)(const uint8_t*, size_t), const std::vector<Bytes>& seeds, double seconds,
         uint64_t seed) {
  std::mt19937_64 random(seed);
  auto feed = [&](const Bytes& bytes) { target(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()); };
  for (const Bytes& bytes : seeds) feed(bytes);
  const clock_t end = clock() + static_cast<clock_t>(seconds * CLOCKS_PER_SEC);
  long count = 0;
  while (clock() < end) {
    for (int i = 0; i < 50; i++, count++) feed(mutate(seeds, random));
  }
  printf("%s: %ld inputs from %zu seeds, seed %llu\n", name, count, seeds.size(),
         static_cast<unsigned long long>(seed));
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 2;
  const uint64_t seed = argc > 2 ? strtoull(argv[2], nullptr, 10) : 1;
  run("plan", sinter::fuzz_plan, sinter::plan_seeds(), seconds, seed);
  run("pack", sinter::fuzz_pack, sinter::pack_seeds(), seconds, seed);
  return 0;
}
