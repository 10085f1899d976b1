#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Debian's kernel for virtual machines, unpacked into build/vm and not installed.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -r build/vm/vmlinuz ] && exit 0
mkdir -p build/vm/download
cd build/vm/download
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
[ -n "$package" ] || { echo "no kernel package for this machine: the suspend test will be skipped" >&2; exit 0; }
apt-get download -qq "$package"
dpkg -x ./*.deb unpacked
cp unpacked/boot/vmlinuz-* ../vmlinuz
cd .. && rm -rf download
