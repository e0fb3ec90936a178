#!/bin/sh
# Installs a built library into a new prefix, moves it, and compiles and runs the example against it: with pkg-config
# (shared and static) and through CMake's find_package.
# usage: install_test.sh CMAKE BUILD-DIR EXAMPLES-DIR C-COMPILER C++-COMPILER
# SPDX-License-Identifier: Apache-2.0
set -eu
cmake=$1 build=$2 examples=$3 cc=$4 cxx=$5
command -v pkg-config >/dev/null || {
  echo "pkg-config is not installed; 'apt-get install pkg-config' puts it there"
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/first"
mv "$work/first" "$work/prefix" # a package that names its place would not be found now
prefix=$work/prefix
pc=$(find "$prefix" -name sinter.pc)
libdir=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="$libdir/pkgconfig"
[ -f "$prefix/include/sinter.h" ] && [ -f "$libdir/libsinter.so" ] && [ -f "$libdir/libsinter.a" ]

echo "== pkg-config, shared"
# shellcheck disable=SC2046 # several arguments on purpose
"$cc" -std=c99 -Wall -Wextra -Werror -pedantic "$examples/direct.c" $(pkg-config --cflags --libs sinter) \
  -Wl,-rpath,"$(pkg-config --variable=libdir sinter)" -o "$work/shared"
"$work/shared"
ldd "$work/shared" | grep libsinter.so | grep -F "$prefix"

echo "== pkg-config, static"
# shellcheck disable=SC2046
"$cc" -std=c99 "$examples/direct.c" $(pkg-config --cflags sinter) "$libdir/libsinter.a" \
  $(pkg-config --static --libs-only-l sinter | sed 's/-lsinter//') -o "$work/static"
"$work/static"
if ldd "$work/static" | grep libsinter; then
  echo "the static program needs libsinter.so"
  exit 1
fi

echo "== find_package"
"$cmake" -G Ninja -S "$examples" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
  -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_BUILD_TYPE=Release
"$cmake" --build "$work/cmake"
"$work/cmake/direct"
"$work/cmake/direct_static"
echo "installed and used: $(pkg-config --modversion sinter)"
