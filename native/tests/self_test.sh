#!/bin/sh
# Tests the tests: with each deliberate fault compiled in, the native tests must fail; without any they
# must pass. One build directory, in which a change of SINTER_MUTATION rebuilds only the files that
# carry faults.
# usage: self_test.sh [build directory]; exits 1 when a fault survives.
cd "$(dirname "$0")/.." || exit 2
build=${1:-build/self-test}
log=$build/self_test.log

# name, program that must notice, tests in it
mutations="
FLIPPED_ROUNDING kernel_test *Gemm*
DROPPED_TAIL kernel_test *Gemm*
SWAPPED_ZERO_POINT kernel_test *Gemm*
WRONG_LIMIT core_test Catalogue*
DEPTHWISE_DROPPED_COLUMN kernel_test Depthwise*
UNCHECKED_SLOT core_test Plan*
"

prepare() {  # mutation or nothing
  mkdir -p "$build" &&
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSINTER_MUTATION="$1" >"$log" 2>&1 &&
    cmake --build "$build" --target kernel_test core_test >>"$log" 2>&1
}

survivors=0
count=0
if ! prepare ""; then
  tail -30 "$log"
  echo "self test: the native tests do not build"
  exit 1
fi
for program in kernel_test core_test; do
  if ! "$build/tests/$program" >"$log" 2>&1; then
    tail -30 "$log"
    echo "self test: $program fails without any fault"
    exit 1
  fi
done
echo "no fault: kernel_test and core_test pass"

while read -r name program filter; do
  [ -n "$name" ] || continue
  count=$((count + 1))
  if ! grep -rqs "SINTER_MUTATION_$name\b" src; then
    echo "$name: NOT THERE (no source carries this fault)"
    survivors=$((survivors + 1))
    continue
  fi
  if ! prepare "$name"; then
    tail -30 "$log"
    echo "$name: DOES NOT BUILD"
    survivors=$((survivors + 1))
    continue
  fi
  if "$build/tests/$program" --gtest_filter="$filter" >"$log" 2>&1; then
    echo "$name: SURVIVED $program --gtest_filter=$filter"
    survivors=$((survivors + 1))
  else
    echo "$name: found by $(grep -m1 '^\[  FAILED  \] [A-Z]' "$log" | sed 's/.*\] //; s/ (.*//; s/,.*//')"
  fi
done <<END
$mutations
END
prepare ""
echo "self test: $count faults, $survivors not found"
[ "$survivors" -eq 0 ]
