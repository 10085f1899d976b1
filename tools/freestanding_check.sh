#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# tools/freestanding_check.sh CXX OUT_DIR SOURCE..
#
# Compiles each source as firmware would (no library, no heap, no exceptions), links them
# into one object and refuses whatever that object still needs beyond mem*, the two crypto
# functions and the end of a broken assertion, which a platform brings. CXX may hold flags: "arm-none-eabi-g++ -mcpu=cortex-m4 -mthumb".
# ALLOW names further symbols, as an extended regular expression, for a port that has some.
set -euo pipefail
[ $# -ge 3 ] || { echo "usage: $0 CXX OUT_DIR SOURCE.." >&2; exit 64; }
read -ra cxx <<<"$1"
out=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
prefix=${cxx[0]%g++*}                # arm-none-eabi- for a cross compiler
command -v "${prefix}ld" >/dev/null || prefix=
mkdir -p "$out"
objects=()
for source in "$@"; do
  object=$out/$(echo "${source#"$root"/}" | tr / _).o
  "${cxx[@]}" -std=c++20 -Os -Wall -Wextra -Wshadow -Werror -ffreestanding -fno-exceptions -fno-rtti \
    -fno-threadsafe-statics -fno-asynchronous-unwind-tables -fno-stack-protector -ffp-contract=off \
    -ffunction-sections -fdata-sections -I"$root/src" -c "$source" -o "$object"
  objects+=("$object")
done
# The compiler's own library goes in as well: 64-bit division on a 32-bit processor.
libgcc=$("${cxx[@]}" -print-libgcc-file-name)
[ -e "$libgcc" ] || libgcc=
"${prefix}ld" -r -o "$out/freestanding.o" "${objects[@]}" ${libgcc:+"$libgcc"}
allowed="mem(cpy|move|set|cmp)|torpor_ed25519_verify|torpor_sha256|torpor_assertion_failed${ALLOW:+|$ALLOW}"
foreign=$("${prefix}nm" -u "$out/freestanding.o" | awk '{print $NF}' | grep -vxE "$allowed" || true)
if [ -n "$foreign" ]; then
  echo "freestanding: symbols nobody brings:" >&2
  echo "$foreign" | sort -u | c++filt >&2
  exit 1
fi
# A static object with a constructor would need a runtime that runs it.
if "${prefix}objdump" -h "$out/freestanding.o" | grep -qE '\.(init_array|ctors)'; then
  echo "freestanding: there are static constructors" >&2
  exit 1
fi
echo "freestanding: ${#objects[@]} sources need $("${prefix}nm" -u "$out/freestanding.o" | awk '{print $NF}' | sort | tr '\n' ' ')"
"${prefix}size" "$out/freestanding.o" | awk 'NR == 2 {print "freestanding: text " $1 ", data " $2 ", bss " $3 " bytes"}'
