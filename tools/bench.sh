#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every benchmark that was built, one after another; extra arguments go to each of them.
set -euo pipefail
cd "$(dirname "$0")/.."
ran=0
for bench in build/bench/bin/*_bench; do
  [ -x "$bench" ] || continue
  echo "== $(basename "$bench")"
  "$bench" --benchmark_min_time=0.2 "$@"
  ran=$((ran + 1))
done
echo "== roles"
tools/roles_bench.sh build/bench/bin
[ "$ran" -gt 0 ] || { echo "no benchmark was built" >&2; exit 1; }
