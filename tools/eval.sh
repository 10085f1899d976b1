#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# eval.sh PACK: the shipped model on a pack of recordings, each protocol; results in out/eval.
set -euo pipefail
cd "$(dirname "$0")/.."
pack=$1
mkdir -p out/eval
for protocol in same loso dilute life replay; do
  window=1
  case $protocol in life | replay) window=0.5 ;; esac
  echo "== $protocol, windows of $window s"
  build/release/bin/torpor eval --pack "$pack" --protocol "$protocol" --window-s "$window" --out "out/eval/$protocol.json"
done
