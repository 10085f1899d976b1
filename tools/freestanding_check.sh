#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/freestanding_check.sh CXX OUT OBJECT..
#
# Links the objects of the freestanding rooms into one, OUT, and refuses whatever that still
# needs beyond mem* and the three functions a platform brings. CXX, which compiled them, may
# hold flags: "arm-none-eabi-g++ -mcpu=cortex-m4 -mthumb". ALLOW names further symbols, as an
# extended regular expression, for a port that has some.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 CXX OUT OBJECT.." >&2; exit 64; }
read -ra cxx <<<"$1"
out=$2
shift 2
prefix=${cxx[0]%g++*}                # arm-none-eabi- for a cross compiler
command -v "${prefix}ld" >/dev/null || prefix=
# The compiler's own library goes in as well: 64-bit division on a 32-bit processor.
libgcc=$("${cxx[@]}" -print-libgcc-file-name)
[ -e "$libgcc" ] || libgcc=
"${prefix}ld" -r -o "$out" "$@" ${libgcc:+"$libgcc"}
allowed="mem(cpy|move|set|cmp)|torpor_ed25519_verify|torpor_sha256|torpor_assertion_failed${ALLOW:+|$ALLOW}"
foreign=$("${prefix}nm" -u "$out" | awk '{print $NF}' | grep -vxE "$allowed" || true)
if [ -n "$foreign" ]; then
  echo "freestanding: symbols nobody brings, and who needs them:" >&2
  for symbol in $foreign; do
    "${prefix}nm" -Au "$@" | awk -v symbol="$symbol" '$NF == symbol {print}' | c++filt >&2
  done
  exit 1
fi
# A static object with a constructor would need a runtime that runs it.
if "${prefix}objdump" -h "$out" | grep -qE '\.(init_array|ctors)'; then
  echo "freestanding: there are static constructors" >&2
  exit 1
fi
echo "freestanding: $# sources need $("${prefix}nm" -u "$out" | awk '{print $NF}' | sort | tr '\n' ' ')"
"${prefix}size" "$out" | awk 'NR == 2 {print "freestanding: text " $1 ", data " $2 ", bss " $3 " bytes"}'
