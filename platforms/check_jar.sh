#!/usr/bin/env bash
# Checks a platform's jar: one library for that machine, nothing but its entries exported, no weak symbols, no C++ runtime
# needed, an old enough glibc, a small file. The library for GPUs must not need the driver or CUDA's libraries, either: it
# is loaded on machines that have none, to say so.
# usage: check_jar.sh linux-x86_64|linux-arm64|linux-x86_64-gpu sinter-native-VERSION-PLATFORM.jar
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
export LC_ALL=C.UTF-8
platform=$1
jar=$(readlink -f "$2")
library=libjnisinter.so
entries='(Java_|JNI_On)'
largest=4000000 # bytes of the jar; runtime, graph and native stay below 5 MB together
case $platform in
  linux-x86_64-gpu)
    machine='Advanced Micro Devices X86-64' loader=ld-linux-x86-64.so.2 tools=
    library=libsinter_cuda.so entries='sinter_plugin_open$' largest=20000000
    ;;
  linux-x86_64) machine='Advanced Micro Devices X86-64' loader=ld-linux-x86-64.so.2 tools= ;;
  linux-arm64) machine=AArch64 loader=ld-linux-aarch64.so.1 tools=aarch64-linux-gnu- ;;
  *) echo "unknown platform $platform" >&2; exit 2 ;;
esac
newest_glibc=2.36 # Debian 12
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
wrong() { echo "WRONG: $*"; bad=1; }

jar_tool=${JAVA_HOME:+$JAVA_HOME/bin/}jar
cd "$work"
"$jar_tool" xf "$jar"
expected=dev/sinter/natives/jni/$platform/$library
found=$(find . -type f ! -path './META-INF/*' | sed 's#^\./##')
[ "$found" = "$expected" ] || wrong "contents: $found"
[ -f "$expected" ] || exit 1
file_size=$(stat -c %s "$expected")

"${tools}readelf" -h "$expected" | grep -q "Machine: *$machine" || wrong "not a library for $machine"

exported=$("${tools}nm" -D --defined-only "$expected" | awk '{ print $3 }' | grep -vE "^$entries" || true)
[ -z "$exported" ] || wrong "exported beside its entries: $(echo "$exported" | head -5 | tr '\n' ' ')"

weak=$("${tools}nm" -D --defined-only "$expected" | awk '$2 ~ /^[VW]$/ { print $3 }')
[ -z "$weak" ] || wrong "weak symbols:" $weak

unresolved=$("${tools}nm" -D --undefined-only "$expected" | awk '/sinter/ { print $2 }')
[ -z "$unresolved" ] || wrong "in the header but not in the library:" $unresolved

needed=$("${tools}readelf" -d "$expected" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for name in $needed; do
  case $name in
    libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | librt.so.1 | "$loader") ;;
    *) wrong "needs $name" ;;
  esac
done

glibc=$("${tools}readelf" -V "$expected" | grep -oE 'GLIBC_[0-9.]+' | sed 's/GLIBC_//' | sort -Vu | tail -1)
[ "$(printf '%s\n' "$glibc" "$newest_glibc" | sort -V | tail -1)" = "$newest_glibc" ] || wrong "needs glibc $glibc"
if "${tools}readelf" -lW "$expected" | grep -E 'GNU_STACK.*RWE' >/dev/null; then wrong "executable stack"; fi

if "${tools}readelf" -V "$expected" | grep -E 'GLIBCXX_|CXXABI_' >/dev/null; then wrong "needs a C++ runtime"; fi
[ "$(stat -c %s "$jar")" -le $largest ] || wrong "$(stat -c %s "$jar") bytes, more than $largest"

echo "$(basename "$jar"): $(stat -c %s "$jar") bytes, library $file_size bytes, glibc $glibc or newer, needs" $needed
exit $bad
