#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Exports a model to ONNX, runs it in ONNX Runtime (npm package onnxruntime-node, whose CPU
# library lies inside the package) and compares with our kernels.
# usage: tools/onnx_check/run.sh [MODEL]     default: data/detector.model, else one of a seed
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly PACKAGES=(g++-12 cmake ninja-build ccache pkg-config libsodium-dev libonnx-dev libprotobuf-dev protobuf-compiler)
missing=()
for package in "${PACKAGES[@]}"; do
  dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing: ${missing[*]}"
  root=(env DEBIAN_FRONTEND=noninteractive)
  [ "$(id -u)" = 0 ] || root=(sudo "${root[@]}")
  "${root[@]}" apt-get update -qq
  "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

model=${1:-}
[ -n "$model" ] || [ ! -f data/detector.model ] || model=data/detector.model
[ -f build/onnx/build.ninja ] || cmake --preset onnx >/dev/null
cmake --build build/onnx --target torpor-onnx-case
build/onnx/bin/torpor-onnx-case out/onnx ${model:+"$model"}
echo "model: ${model:-made of a seed}"
# No install script runs (.npmrc): it would only look for GPU libraries.
[ -d tools/onnx_check/node_modules/onnxruntime-node ] || npm --prefix tools/onnx_check ci --silent
node tools/onnx_check/check.mjs out/onnx
