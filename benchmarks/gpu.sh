#!/usr/bin/env bash
# Builds, tests and measures the device library on an NVIDIA GPU.
# SPDX-License-Identifier: Apache-2.0
#
# usage: benchmarks/gpu.sh [--build DIR] [--out DIR] [--every N] [--stages "WORD..."]
#   --build DIR    binaries that are there already (libsinter_cuda.so, kernel_test, gemm_bench); default: build them
#   --out DIR      logs and results (default build/gpu-results)
#   --every N      of the differential tests' cases, every Nth (default 1)
#   --stages       some of: tests sanitizer gemm (default: all)
# Results: machine.json (card, clocks, driver), gemm.json; tests.log says what every row did.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build="" out=$root/build/gpu-results every=1 stages="tests sanitizer gemm"
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$2; shift 2 ;;
    --out) out=$2; shift 2 ;;
    --every) every=$2; shift 2 ;;
    --stages) stages=$2; shift 2 ;;
    *) sed -n '3,13p' "$0"; exit 2 ;;
  esac
done
mkdir -p "$out/suites"
status=0

if ! command -v nvidia-smi >/dev/null || ! nvidia-smi >/dev/null 2>&1; then
  echo "gpu.sh: there is no NVIDIA GPU here (nvidia-smi fails); nothing is tested" >&2
  exit 3
fi
fields=name,driver_version,compute_cap,clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem,power.limit,memory.total
nvidia-smi --query-gpu=$fields --format=csv,noheader,nounits -i 0 | tr -d '\n' | awk -F', ' -v when="$(date -u +%FT%TZ)" '{
  printf "{\"card\": \"%s\", \"driver\": \"%s\", \"capability\": \"%s\", \"smClockMHz\": %s, \"memoryClockMHz\": %s, \"maxSmClockMHz\": %s, \"maxMemoryClockMHz\": %s, \"powerLimitW\": %s, \"memoryMiB\": %s, \"date\": \"%s\"}\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, when }' | tee "$out/machine.json"

if [ -z "$build" ]; then
  build=$root/native/build/linux-x86_64-gpu
  (cd "$root/native" && cmake --preset linux-x86_64-gpu >"$out/build.log" 2>&1 \
    && cmake --build --preset linux-x86_64-gpu --target sinter_cuda kernel_test gemm_bench >>"$out/build.log" 2>&1) \
    || { tail -20 "$out/build.log" >&2; exit 1; }
fi
find_built() { for place in "$build/$1" "$build/tests/$1"; do [ -e "$place" ] && { echo "$place"; return; }; done; }
library=$(find_built libsinter_cuda.so)
tests=$(find_built kernel_test)
bench=$(find_built gemm_bench)

# Every suite in a process of its own: after a bad access a process can use the GPU no more.
run_suites() { # LOG EVERY PREFIX...
  local log=$1 every=$2
  shift 2
  "$tests" --gtest_list_tests | sed -n 's/^\([A-Za-z0-9_/]*\.\)$/\1/p' \
    | SINTER_DEVICE_LIBRARY=$library SINTER_DEVICE_ONLY=$every xargs -P 8 -I{} \
      sh -c '"$@" --gtest_filter="{}*" --gtest_brief=1 >"'"$out"'/suites/{}log" 2>&1; echo "suite {} exit $?" >>"'"$out"'/suites/{}log"' \
      sh "$@" "$tests"
  cat "$out"/suites/*log >"$log"
  rm -f "$out"/suites/*log
  grep -h "^suite .* exit" "$log" | grep -v "exit 0$"
  # A row that no suite tested is one that nothing tests.
  awk '/^device row/ { cases[$3] += substr($0, match($0, /\([0-9]+ cases/) + 1) + 0; skipped[$3] = /SKIPPED/ }
       END { for (row in cases) if (cases[row] == 0 && !skipped[row]) print "never tested: " row }' "$log" | sort
  ! grep -q "^suite .* exit [^0]" "$log"
}

case " $stages " in *" tests "*)
  echo "== tests (every ${every}th case)"
  run_suites "$out/tests.log" "$every" timeout 120 || status=1
  awk '/^device row/ { cases[$3] += substr($0, match($0, /\([0-9]+ cases/) + 1) + 0 } END { for (r in cases) { n++; t += cases[r] } print n " device rows, " t " cases" }' "$out/tests.log" ;;
esac
case " $stages " in *" sanitizer "*)
  if command -v compute-sanitizer >/dev/null; then
    echo "== compute-sanitizer (memcheck, few cases)"
    run_suites "$out/sanitizer.log" $((every * 40)) timeout 150 compute-sanitizer --error-exitcode 9 --leak-check no || status=1
    grep -h "ERROR SUMMARY" "$out/sanitizer.log" | sort | uniq -c
  else
    echo "== compute-sanitizer is not installed: SKIPPED"
  fi ;;
esac
case " $stages " in *" gemm "*)
  if [ -n "$bench" ]; then
    echo "== gemm"
    "$bench" --out "$out/gemm.jsonl" 2>&1 | tee "$out/gemm.log" || status=1
  else
    echo "== gemm_bench is not built: SKIPPED"
  fi ;;
esac
exit $status
