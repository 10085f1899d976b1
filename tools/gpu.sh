#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every backend against the reference; on a machine with a GPU also its latency and
# compute-sanitizer. What cannot be done here is said, and is no failure.
set -euo pipefail
cd "$(dirname "$0")/.."
skipped() { echo "skipped: $1"; }

build/release/bin/torpor_model_cuda_test
build/release/bin/torpor_model_tensorrt_backend_test
build/release/bin/torpor_model_conformance_test

if ! compgen -G '/dev/nvidia[0-9]*' >/dev/null && [ ! -e /dev/nvhost-gpu ]; then
  skipped "cold and warm latency: no GPU (neither /dev/nvidia0 nor /dev/nvhost-gpu)"
  skipped "compute-sanitizer: no GPU"
  exit 0
fi
build/bench/bin/torpor_model_cuda_bench
if sanitizer=$(command -v compute-sanitizer || command -v /usr/local/cuda/bin/compute-sanitizer); then
  for tool in memcheck racecheck initcheck synccheck; do
    "$sanitizer" --tool "$tool" --error-exitcode 1 build/release/bin/torpor_model_conformance_test \
      --gtest_filter='*/cuda:ConformanceOfCuda.*'
  done
else
  skipped "compute-sanitizer: not installed (it comes with the CUDA toolkit)"
fi
