#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every #include "folder/.." in what ships must be an edge of tools/includes.allow.
set -euo pipefail
cd "$(dirname "$0")/.."
awk '
  FILENAME == "tools/includes.allow" {
    if ($0 ~ /^#/ || $0 == "") next
    split($0, half, ":"); known[half[1]] = 1
    n = split(half[2], deps, " ")
    for (i = 1; i <= n; ++i) allowed[half[1] " " deps[i]] = 1
    next
  }
  /^#include "/ {
    split(FILENAME, path, "/"); from = path[2]
    split($2, quoted, "\""); split(quoted[2], target, "/"); to = target[1]
    if (from == to) next
    ++edges
    if (!(from in known)) { print FILENAME ": folder " from " is not in tools/includes.allow"; bad = 1 }
    else if (!((from " " to) in allowed)) { print FILENAME ":" FNR ": " from " may not include " quoted[2]; bad = 1 }
  }
  END { if (!edges) { print "no include was read"; bad = 1 } exit bad }
' tools/includes.allow $(git ls-files -co --exclude-standard 'src/*.h' 'src/*.cpp' 'src/*.cu' | grep -vE '_(test|fuzz|bench)\.(cpp|h)$')
echo "includes: as allowed"
