#!/usr/bin/env bash
# Runs a command on this machine as on one with fewer instruction sets, for both sides of a comparison:
#   benchmarks/held_to.sh avx2|avx_vnni|avx512 ./sinter bench MODEL
# Needs a CPU with CPUID faulting (Intel since Ivy Bridge, AMD since Zen 4) and Linux.
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
library=$root/build/held_to/cpuid.so
if [ ! -f "$library" ] || [ "$root/benchmarks/held_to/cpuid.c" -nt "$library" ]; then
  mkdir -p "$(dirname "$library")"
  "${CC:-gcc}" -O1 -Wall -Wextra -shared -fPIC "$root/benchmarks/held_to/cpuid.c" -o "$library" -ldl
fi
held=$1
shift
exec env SINTER_HELD_TO="$held" LD_PRELOAD="$library${LD_PRELOAD:+:$LD_PRELOAD}" "$@"
