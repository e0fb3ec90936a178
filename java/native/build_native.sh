#!/usr/bin/env bash
# Builds the native library for one platform preset; called by Maven through JavaCPP's plugin.
# usage: build_native.sh PRESET [TARGET]: linux-x86_64, or linux-x86_64-gpu sinter_cuda
set -euo pipefail
platform=$1
target=${2:-sinter_static}
cd "$(dirname "$0")/../../native"
if [ ! -f "build/$platform/build.ninja" ]; then
  # Without the tests, which need more than is installed for those who only want the library; whoever
  # wants to test configures the preset himself, which turns them on again.
  cmake --preset "$platform" -DSINTER_TESTS=OFF >/dev/null
fi
cmake --build --preset "$platform" --target "$target"
