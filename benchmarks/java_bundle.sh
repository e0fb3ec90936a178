#!/usr/bin/env bash
# Packs all that verifies and measures models on another machine, one with a GPU and nothing else: a Java runtime, the
# jars, the library for GPUs, models. The command line must have been built (`./sinter inspect FILE` does), the library too.
# SPDX-License-Identifier: Apache-2.0
#
# usage: benchmarks/java_bundle.sh DIR MODEL...
# There: DIR/run.sh OUT [SECONDS [BATCH...]]   verifies every model on the GPU against TensorFlow Lite, measures it on the
#        GPU and on the processor (SECONDS each, default 1; batches: 1), writes logs and JSON to OUT
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -ge 2 ] || { sed -n '5,8p' "$0"; exit 2; }
bundle=$1
shift
rm -rf "$bundle"
mkdir -p "$bundle/lib" "$bundle/models"
library=$root/native/build/linux-x86_64-gpu/libsinter_cuda.so
[ -f "$library" ] || { echo "$library is missing: cmake --build --preset linux-x86_64-gpu --target sinter_cuda"; exit 1; }
strip --strip-unneeded -o "$bundle/libsinter_cuda.so" "$library"
tr ':' '\n' <"$root/java/cli/target/classpath.txt" | while read -r entry || [ -n "$entry" ]; do
  if [ -d "$entry" ]; then
    cp -r "$entry" "$bundle/lib/$(basename "$(dirname "$(dirname "$entry")")")-$(basename "$entry")"
  else
    cp "$entry" "$bundle/lib/"
  fi
done
cp -r "$root/java/cli/target/classes" "$bundle/lib/cli"
cp "$@" "$bundle/models/"
"${JAVA_HOME:+$JAVA_HOME/bin/}jlink" --add-modules java.base,java.logging,java.management,jdk.unsupported,jdk.management \
  --strip-debug --no-header-files --no-man-pages --vm=server --compress=2 --output "$bundle/jre"
cat >"$bundle/run.sh" <<'RUN'
#!/usr/bin/env bash
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1 seconds=${2:-1} batches=("${@:3}")
[ ${#batches[@]} -gt 0 ] || batches=(1)
mkdir -p "$out"
classpath=$(printf '%s:' "$here"/lib/*)
export SINTER_CUDA_LIBRARY=${SINTER_CUDA_LIBRARY:-$here/libsinter_cuda.so}
sinter() { "$here/jre/bin/java" -Dorg.bytedeco.javacpp.cachedir="${TMPDIR:-/tmp}/javacpp" -cp "$classpath" dev.sinter.cli.command.Main "$@"; }
status=0
for model in "$here"/models/*; do
  name=$(basename "$model" .tflite)
  echo "== $name"
  sinter inspect "$model" --kernels --device cuda >"$out/$name.kernels.txt" 2>&1 || { tail -3 "$out/$name.kernels.txt"; status=1; }
  for batch in "${batches[@]}"; do
    label=$name.$batch
    sinter verify "$model" --device cuda --runs 3 --batch "$batch" >"$out/$label.verify.txt" 2>&1 || status=1
    echo "batch $batch: $(grep -E "^(equal|close|different|unsupported)|refuse" "$out/$label.verify.txt" | head -1 | tr -s ' ' | cut -c1-200)"
    for device in cuda cpu; do
      sinter bench "$model" --device $device --batch "$batch" --seconds "$seconds" --json "$out/$label.$device.json" --profile \
        >"$out/$label.$device.txt" 2>&1 || status=1
      grep -E "^ *[^ ]*$name.*XNNPACK|not measured" "$out/$label.$device.txt" | sed "s/^/$device: /"
    done
  done
done
exit $status
RUN
chmod +x "$bundle/run.sh"
du -sh "$bundle" | cut -f1
