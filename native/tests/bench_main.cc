// Entry of the benchmark program: all rows of all ops that this CPU runs.
// SPDX-License-Identifier: Apache-2.0
#include "benchmark/benchmark.h"

BENCHMARK_MAIN();
