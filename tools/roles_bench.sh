#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/roles_bench.sh BIN_DIR: what the two roles cost as processes, under the contract of
# examples/contract.toml (three axes, 5 s of each minute) on a clock 200 times as fast.
#   start to HELLO   torpord's start until it has agreed with a sampler that waits
#   CPU of a cycle   user and system time of torpord, while learning and while the network runs
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1
dir=$(mktemp -d)
children=()
finish() {
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap finish EXIT

"$bin/torpor" key new --out "$dir/keys" >/dev/null
cp "$dir"/keys/*.pub "$dir/trust"
cp examples/site.toml "$dir/site.toml"
chmod 644 "$dir/trust" "$dir/site.toml"
# The shortest fit a contract may have: the network runs from cycle 121 on.
sed 's/^fit_cycles = .*/fit_cycles = 120/' examples/contract.toml >"$dir/contract.toml"
"$bin/torpor" contract sign "$dir/contract.toml" --key "$dir"/keys/*.key --out "$dir/bundle" >/dev/null
mkfifo "$dir/said"

start_sampler() {
  "$bin/torpor-sampler" --bundle "$dir/bundle" --trust "$dir/trust" --site "$dir/site.toml" --link "unix:$dir/link" \
    --state "$dir/sampler" --source sim:7 --speed 200 2>/dev/null &
  children+=($!)
  while [ ! -S "$dir/link" ]; do sleep 0.01; done
  sleep 0.1 # it waits now
}
detector=("$bin/torpord" --bundle "$dir/bundle" --trust "$dir/trust" --site "$dir/site.toml" --link "unix:$dir/link"
  --state "$dir/detector" --model data/detector.model --reports "$dir/reports" --speed 200)

spent=()
for _ in $(seq 11); do
  start_sampler
  from=${EPOCHREALTIME/[.,]/}
  "${detector[@]}" 2>"$dir/said" &
  children+=($!)
  exec 3<"$dir/said"
  while read -r line <&3; do [[ $line == *"agreed on"* ]] && break; done
  spent+=($((${EPOCHREALTIME/[.,]/} - from)))
  kill -TERM "${children[-1]}"
  wait "${children[-1]}" "${children[-2]}" || true
  exec 3<&-
done
mapfile -t spent < <(printf '%s\n' "${spent[@]}" | sort -n)
echo "start to HELLO agreed: median $((spent[5] / 1000)).$(printf '%03d' $((spent[5] % 1000))) ms, most $((spent[10] / 1000)).$(printf '%03d' $((spent[10] % 1000))) ms of ${#spent[@]} starts; limit 50 ms"

rm -rf "$dir/reports" "$dir/detector"
start_sampler
echo "160 cycles, about 50 s"
"${detector[@]}" --cycles 160 2>/dev/null
"$bin/torpor" trace "$dir/reports" --format json | node -e '
  const rows = JSON.parse(require("fs").readFileSync(0, "utf8")).cycles;
  for (const [what, some] of [["learning", rows.filter((r) => !r.inferred)], ["with the network", rows.filter((r) => r.inferred)]]) {
    const ms = some.slice(3).map((r) => r.cpu_ns / 1e6).sort((a, b) => a - b);
    if (ms.length === 0) throw new Error(`no cycle ${what}`);
    console.log(`CPU of a cycle ${what}: median ${ms[ms.length >> 1].toFixed(2)} ms, most ${ms[ms.length - 1].toFixed(2)} ms of ${ms.length} cycles; limit 50 ms`);
  }'
