// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/verify.h"

#include <benchmark/benchmark.h>

#include "contract/fake/golden.h"
#include "contract/trust.h"

namespace torpor {
namespace {

// The number to keep: at most 1 ms on one core.
void verify_a_bundle(benchmark::State& state) {
  const auto bundle = golden::good();
  const TrustSet trust = *parse_trust(as_bytes(golden::trust_text()), "trust");
  for (auto _ : state) benchmark::DoNotOptimize(verify(bundle, trust, "bench").ok());
}
BENCHMARK(verify_a_bundle)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace torpor
