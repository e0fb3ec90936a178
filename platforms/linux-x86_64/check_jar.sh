#!/usr/bin/env bash
# Checks the linux-x86_64 jar: one library, nothing but JNI entries exported, no C++ runtime needed, an old enough glibc.
# usage: check_jar.sh sinter-native-VERSION-linux-x86_64.jar
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
export LC_ALL=C.UTF-8
jar=$(readlink -f "$1")
newest_glibc=2.36 # Debian 12
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
wrong() { echo "WRONG: $*"; bad=1; }

jar_tool=${JAVA_HOME:+$JAVA_HOME/bin/}jar
cd "$work"
"$jar_tool" xf "$jar"
expected=dev/sinter/natives/jni/linux-x86_64/libjnisinter.so
found=$(find . -type f ! -path './META-INF/*' | sed 's#^\./##')
[ "$found" = "$expected" ] || wrong "contents: $found"
[ -f "$expected" ] || exit 1
file_size=$(stat -c %s "$expected")

exported=$(nm -D --defined-only "$expected" | awk '{ print $3 }' | grep -vE '^(Java_|JNI_On)' || true)
[ -z "$exported" ] || wrong "exported beside JNI entries: $(echo "$exported" | head -5 | tr '\n' ' ')"

unresolved=$(nm -D --undefined-only "$expected" | awk '/sinter/ { print $2 }')
[ -z "$unresolved" ] || wrong "in the header but not in the library:" $unresolved

needed=$(readelf -d "$expected" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $needed; do
  case $library in
    libc.so.6 | libm.so.6 | libpthread.so.0 | libdl.so.2 | librt.so.1 | ld-linux-x86-64.so.2) ;;
    *) wrong "needs $library" ;;
  esac
done

glibc=$(readelf -V "$expected" | grep -oE 'GLIBC_[0-9.]+' | sed 's/GLIBC_//' | sort -Vu | tail -1)
[ "$(printf '%s\n' "$glibc" "$newest_glibc" | sort -V | tail -1)" = "$newest_glibc" ] || wrong "needs glibc $glibc"
if readelf -lW "$expected" | grep -E 'GNU_STACK.*RWE' >/dev/null; then wrong "executable stack"; fi

echo "$(basename "$jar"): $(stat -c %s "$jar") bytes, library $file_size bytes, glibc $glibc or newer, needs" $needed
exit $bad
