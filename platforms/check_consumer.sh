#!/usr/bin/env bash
# Releases everything to a repository in a folder, then does what a user does: a new Maven project elsewhere, with one
# dependency, compiles the README's example and runs it on this machine, and on arm64 under qemu.
# usage: check_consumer.sh WORK-FOLDER [JRE-FOLDER-FOR-ARM64]
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
export LC_ALL=C.UTF-8
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(realpath -m "$1")
jre=${2:+$(realpath "$2")}
repository=$work/repository
version=$(sed -n 's:.*<version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -1)
rm -rf "$work"
mkdir -p "$work"

profiles=all-platforms,release
classifiers='linux-x86_64 linux-arm64'
if [ -x "${CUDA_HOME:-/usr/local/cuda}/bin/nvcc" ] || command -v nvcc >/dev/null; then
  profiles=$profiles,gpu
  classifiers="$classifiers linux-x86_64-gpu"
fi

echo "== release $version to a folder ($profiles)"
# shellcheck disable=SC2086 # several arguments on purpose
(cd "$root" && mvn -B -ntp -Dstyle.color=never ${MAVEN_ARGS:-} -P$profiles -Dmaven.test.skip \
  -Dspotless.check.skip -DaltDeploymentRepository="release::file://$repository" deploy)
for artifact in sinter-native sinter-graph sinter-runtime sinter-cli; do
  for kind in sources javadoc; do
    ls "$repository/dev/sinter/$artifact/$version/$artifact"-*-"$kind.jar" >/dev/null
  done
done
for classifier in $classifiers; do
  ls "$repository/dev/sinter/sinter-native/$version/sinter-native"-*-"$classifier.jar" >/dev/null
done
[ ! -e "$repository/dev/sinter/sinter-benchmarks" ] || { echo "sinter-benchmarks is not for publishing"; exit 1; }

echo "== a project with one dependency"
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT
mkdir -p "$project/src/main/java"
cat >"$project/pom.xml" <<TEXT
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>example</groupId>
  <artifactId>example</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>17</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <repositories>
    <repository><id>release</id><url>file://$repository</url></repository>
  </repositories>
  <dependencies>
    <dependency>
      <groupId>dev.sinter</groupId>
      <artifactId>sinter-platform</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
  <build>
    <plugins>
      <plugin><artifactId>maven-resources-plugin</artifactId><version>3.3.1</version></plugin>
      <plugin><artifactId>maven-compiler-plugin</artifactId><version>3.14.0</version></plugin>
      <plugin><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version></plugin>
    </plugins>
  </build>
</project>
TEXT
# The first Java block of the README is the example; the XML block must name the same dependency.
awk '/^```java/ { inside = 1; next } inside && /^```/ { exit } inside' "$root/README.md" >"$project/example.txt"
grep -q '<artifactId>sinter-platform</artifactId>' "$root/README.md" || { echo "README names another dependency"; exit 1; }
{
  grep '^import ' "$project/example.txt"
  echo 'public class Example { public static void main(String[] args) throws Exception {'
  grep -v '^import ' "$project/example.txt"
  echo '} }'
} >"$project/src/main/java/Example.java"
# A local repository of its own, so that nothing built here is found by other builds; what else Maven needs is
# taken from the usual one where it is.
local=$work/local
mkdir -p "$local"
usual=${MAVEN_REPOSITORY:-$HOME/.m2/repository}
[ ! -d "$usual" ] || cp -as "$usual/." "$local/"
rm -rf "$local/dev/sinter"
(cd "$project" && mvn -B -ntp -Dstyle.color=never -Dmaven.repo.local="$local" \
  compile dependency:build-classpath -Dmdep.outputFile=classpath.txt)
classpath=$project/target/classes:$(cat "$project/classpath.txt")
[ "$(tr ':' '\n' <"$project/classpath.txt" | grep -c .)" -le 12 ] || { echo "too many jars"; exit 1; }

echo "== jars a user gets for one platform"
total=0
for jar in $(tr ':' '\n' <"$project/classpath.txt" | grep -v linux-arm64); do
  printf '%9d %s\n' "$(stat -Lc %s "$jar")" "$(basename "$jar")"
  total=$((total + $(stat -Lc %s "$jar")))
done
echo "together $total bytes"
[ $total -lt 5000000 ] || { echo "more than 5 MB"; exit 1; }

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
options=()
[ "$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')" -lt 22 ] || options=(--enable-native-access=ALL-UNNAMED)
cd "$root" # the example reads demo/clothes_float.tflite
echo "== on this machine"
here=$("$java" "${options[@]}" -cp "$classpath" Example)
echo "$here"
[[ $here == class\ * ]]
if [ -n "$jre" ]; then
  echo "== on arm64 under qemu"
  there=$(qemu-aarch64 -cpu max -L "$jre" "$jre/usr/lib/jvm/java-17-openjdk-arm64/bin/java" \
    -Dorg.bytedeco.javacpp.cachedir="$work/cache-arm64" -cp "$classpath" Example)
  echo "$there"
  # The same class, the same score within rounding.
  awk -v a="${here##* }" -v b="${there##* }" 'BEGIN { exit !(a - b < 1e-4 && b - a < 1e-4) }'
  [ "${here%:*}" = "${there%:*}" ]
fi
