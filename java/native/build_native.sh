#!/usr/bin/env bash
# Builds the native library for one platform preset; called by Maven through JavaCPP's plugin.
# usage: build_native.sh linux-x86_64
set -euo pipefail
platform=$1
cd "$(dirname "$0")/../../native"
[ -f "build/$platform/build.ninja" ] || cmake --preset "$platform" >/dev/null
cmake --build --preset "$platform" --target sinter_static
