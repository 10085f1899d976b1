#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh SECONDS [NAME]: every fuzz target (or one) for so long, each from an empty corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=$1
only=${2:-}
mkdir -p build/fuzz/corpus
ran=0
for target in build/fuzz/bin/fuzz_*"$only"*; do
  [ -x "$target" ] || continue
  name=$(basename "$target")
  mkdir -p "build/fuzz/corpus/$name"
  echo "$name: $seconds s"
  "$target" -max_total_time="$seconds" -max_len=65536 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$name-" "build/fuzz/corpus/$name" 2>"build/fuzz/$name.log" || {
    tail -n 40 "build/fuzz/$name.log" >&2
    exit 1
  }
  grep -E 'stat::number_of_executed_units' "build/fuzz/$name.log" || true
  ran=$((ran + 1))
done
[ "$ran" -gt 0 ] || { echo "no fuzz target was built" >&2; exit 1; }
echo "$ran passed, 0 failed"
