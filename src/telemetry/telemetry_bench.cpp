// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <benchmark/benchmark.h>
#include <unistd.h>

#include "base/posix/posix_clock.h"
#include "base/posix/posix_files.h"
#include "report/fake/reports.h"
#include "telemetry/exposition.h"
#include "telemetry/fake/servers.h"
#include "telemetry/http/curl_transport.h"
#include "telemetry/remote_write.h"
#include "telemetry/spool.h"

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

// One push as torpord does it, over loopback to a real Prometheus: the CPU column is what a
// cycle pays.
void push_to_prometheus(benchmark::State& state) {
  const auto server = ServerForTest::prometheus();
  if (!server) {
    state.SkipWithError("prometheus is not installed");
    return;
  }
  PosixFiles files;
  CurlTransport transport(files, static_cast<std::uint32_t>(::getuid()));
  TelemetryServer to;
  to.url = server->url() + "/api/v1/write";
  Newest n = newest();
  n.report.woke.wall = PosixClock::unscaled().now().wall;
  RemoteWriteBuilder builder;
  for (auto _ : state) {
    n.report.woke.wall += std::chrono::milliseconds(1);
    const CycleSample sample = sample_of(n.report, n.totals);
    const Outcome outcome = transport.send({.method = "POST",
                                            .to = &to,
                                            .headers = kRemoteWriteHeaders,
                                            .body = builder.build(subject_of(n.report), {&sample, 1})},
                                           std::chrono::seconds(10));
    if (outcome.answer != Answer::taken) state.SkipWithError("not taken");
  }
}
BENCHMARK(push_to_prometheus)->Unit(benchmark::kMicrosecond);

// Bytes of a backlog request per cycle it holds.
void backlog_body(benchmark::State& state) {
  std::vector<CycleSample> samples;
  Newest n;
  for (const CycleReport& report : reports_for_test()) {
    n.totals.add(report);
    if (samples.size() < Spool::kBatch) samples.push_back(sample_of(report, n.totals));
    n.report = report;
  }
  RemoteWriteBuilder builder;
  Bytes body;
  for (auto _ : state) {
    body = builder.build(subject_of(n.report), samples);
    benchmark::DoNotOptimize(body.data());
  }
  state.counters["bytes_per_cycle"] = static_cast<double>(body.size()) / Spool::kBatch;
}
BENCHMARK(backlog_body);

// The cursor file: written once per contact.
void cursor_file(benchmark::State& state) {
  SpoolState spool;
  spool.head = {.place = {40, 500'000}, .cycle = 500'000, .totals = newest().totals};
  spool.settled = spool.head;
  std::array<std::byte, kMaxSpoolStateBytes> out;
  std::size_t size = 0;
  for (auto _ : state) size = encode_spool_state(spool, out)->size();
  state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(cursor_file);

}  // namespace
}  // namespace torpor
