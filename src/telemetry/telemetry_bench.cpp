// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <benchmark/benchmark.h>

#include "report/reports_for_test.h"
#include "telemetry/exposition.h"
#include "telemetry/remote_write.h"

namespace torpor {
namespace {

struct Newest {
  CycleReport report;
  Totals totals;
  PusherFacts facts;
};

Newest newest() {
  Newest out;
  for (const CycleReport& report : reports_for_test()) {
    out.totals.add(report);
    out.report = report;
  }
  return out;
}

// From a report to the body of a remote-write request; `body_bytes` is its size.
void remote_write_body(benchmark::State& state) {
  const Newest n = newest();
  RemoteWriteBuilder builder;
  Bytes body;
  for (auto _ : state) {
    CycleSample sample = sample_of(n.report, n.totals);
    add_pusher(sample, n.facts);
    body = builder.build(subject_of(n.report), {&sample, 1});
    benchmark::DoNotOptimize(body.data());
  }
  state.counters["series"] = static_cast<double>(kSeries);
  state.counters["raw_bytes"] = static_cast<double>(builder.uncompressed().size());
  state.counters["body_bytes"] = static_cast<double>(body.size());
}
BENCHMARK(remote_write_body);

void text_exposition(benchmark::State& state) {
  const Newest n = newest();
  std::string text;
  for (auto _ : state) {
    text.clear();
    append_exposition(text, sample_of(n.report, n.totals), subject_of(n.report));
    benchmark::DoNotOptimize(text.data());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(text_exposition);

}  // namespace
}  // namespace torpor
