#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What can be said of the tree without running it. `tools/dev check` installs the tools.
set -euo pipefail
cd "$(dirname "$0")/.."
files() { git ls-files -co --exclude-standard "$@"; }
fail=0
step() { # NAME COMMAND..
  local name=$1
  shift
  if "$@"; then echo "ok: $name"; else
    echo "FAILED: $name" >&2
    fail=1
  fi
}

formatted() { files '*.h' '*.cpp' | xargs clang-format-14 --dry-run -Werror; }
licensed() {
  local missing
  missing=$(files '*.h' '*.cpp' '*.cmake' '*.sh' 'tools/*.mjs' '*CMakeLists.txt' 'tools/dev' | xargs grep -L 'SPDX-License-Identifier: Apache-2.0' || true)
  [ -z "$missing" ] || { echo "no SPDX line: $missing" >&2; return 1; }
}
# Each TODO must carry an issue number, each lint suppression its reason.
honest() { ! files 'src/*' 'tools/*' | grep -v check.sh | xargs grep -nE 'TODO($|[^(])|NOLINT *$' >&2; }
# Every word of tools/dev and every verb that README or docs show must exist.
documented() {
  local word
  for word in $(files README.md 'docs/*.md' | xargs grep -ohE 'tools/dev [a-z0-9]+' | awk '{print $2}' | sort -u); do
    grep -qE "^  ([a-z0-9 |]*\| )?$word( \||\))" tools/dev || { echo "docs name 'tools/dev $word', which is not a word" >&2; return 1; }
  done
}
# CMake says anew what it makes of the tree; then the tree is held against its plan.
planned() { cmake build/release >/dev/null && node tools/check_rooms.mjs . build/release; }
kept() { node tools/house_rules.mjs .; }
drawn() { node tools/floors.mjs --check; }
freestanding() { cmake --build build/release --target freestanding >/dev/null; }
step "format" formatted
step "SPDX headers" licensed
step "the plan of the rooms" planned
step "the picture of the plan" drawn
step "house rules" kept
step "no nameless TODO" honest
step "documented words exist" documented
step "freestanding" freestanding

exit $fail
