#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the portable folders for arm64 and runs their tests under qemu-user: the same
# committed numbers, the same bits. Debian's arm64 libraries lie beside the machine's own.
# usage: tools/arm64.sh [ctest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TOOLS=(g++-aarch64-linux-gnu qemu-user-static cmake ninja-build ccache pkg-config)
readonly LIBRARIES=(libsodium-dev libtomlplusplus-dev libfmt-dev libboost-math-dev libsndfile1-dev
  libsamplerate0-dev libfftw3-dev libgtest-dev libgmock-dev)

install_missing() {
  local missing=() package
  for package in "${TOOLS[@]}" "${LIBRARIES[@]/%/:arm64}"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "installing: ${missing[*]}"
  local root=(env DEBIAN_FRONTEND=noninteractive)
  [ "$(id -u)" = 0 ] || root=(sudo "${root[@]}")
  dpkg --print-foreign-architectures | grep -qx arm64 || "${root[@]}" dpkg --add-architecture arm64
  "${root[@]}" apt-get update -qq
  "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_missing
[ -f build/arm64/build.ninja ] || cmake --preset arm64 >/dev/null
cmake --build build/arm64
# Everything runs under an emulator here, which tells nobody that a program to be started is
# not there: that one test is left to machines.
ctest --test-dir build/arm64 -j"$(nproc)" --output-on-failure --no-tests=error --timeout 900 \
  --exclude-regex 'ChildProcess.a_program_that_is_not_there_is_named' "$@"
