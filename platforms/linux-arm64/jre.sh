#!/usr/bin/env bash
# Puts a Java runtime for arm64 and the libraries it needs into a folder, from Debian's packages, for use under
# qemu-aarch64 -L FOLDER. Needs no rights and leaves the system's package lists alone.
# usage: jre.sh FOLDER
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
export LC_ALL=C.UTF-8
folder=$(realpath -m "$1")
[ -f "$folder/complete" ] && exit
state=$folder.apt
rm -rf "$folder" "$state"
mkdir -p "$folder" "$state/lists/partial" "$state/archives/partial"
touch "$state/status"
cat >"$state/apt.conf" <<TEXT
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state";
APT::Sandbox::User "";
TEXT
export APT_CONFIG=$state/apt.conf
apt-get -q update
# What running a class needs; the package's other dependencies are for windows and printers.
(cd "$state/archives" && apt-get -q download openjdk-17-jre-headless libc6 libgcc-s1 libstdc++6 zlib1g liblz4-1)
for package in "$state"/archives/*.deb; do
  dpkg-deb -x "$package" "$folder"
done
rm -rf "$state"
touch "$folder/complete"
