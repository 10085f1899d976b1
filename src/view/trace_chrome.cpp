// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/utc.h"
#include "view/text.h"
#include "view/trace_writers.h"

// Trace events as Perfetto and chrome://tracing read them: {"traceEvents":[..]}, times in
// microseconds of boottime. One process (the robot), a track of cycles with their phases
// nested inside, instants for what went wrong, counters.
namespace torpor {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kProcess = 1;
constexpr int kCycleTrack = 1;

double us(Duration d) { return std::round(static_cast<double>(d.count()) / 100.0) / 10.0; }

class ChromeWriter final : public TraceWriter {
 public:
  explicit ChromeWriter(Write write) : write_(std::move(write)) {}

  void row(const TraceRow& row) override {
    const CycleReport& r = row.report;
    if (events_ == 0) head(r);
    const Duration start = r.woke.boot.time_since_epoch();
    cycle(row, start);
    phases(row, start);
    instants(row, start);
    counters(r, start);
  }
  void finish(const TraceSummary& summary) override {
    if (events_ == 0) write_("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
    write_("\n],\"otherData\":{\"summary\":" + Json(summary_json(summary).dump()).dump() + "}}\n");
  }

 private:
  void event(const Json& json) { write_((events_++ == 0 ? "\n" : ",\n") + json.dump()); }

  void head(const CycleReport& r) {
    write_("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
    event({{"ph", "M"},
           {"pid", kProcess},
           {"name", "process_name"},
           {"args", {{"name", "torpord " + valid_text(r.device)}}}});
    event({{"ph", "M"},
           {"pid", kProcess},
           {"tid", kCycleTrack},
           {"name", "thread_name"},
           {"args", {{"name", "cycle"}}}});
  }

  // The last cycle ends with what is known of it.
  void cycle(const TraceRow& row, Duration start) {
    const CycleReport& r = row.report;
    Json args = {{"cycle", r.cycle},
                 {"slot_us", us(r.slot.time_since_epoch())},
                 {"verdict", name(r.verdict.kind)},
                 {"woke_utc", utc(r.woke.wall).view()}};
    if (row.has_interval) args["deviation_us"] = us(row.deviation);
    event({{"ph", "X"},
           {"pid", kProcess},
           {"tid", kCycleTrack},
           {"cat", "cycle"},
           {"name", "cycle " + std::to_string(r.cycle)},
           {"ts", us(start)},
           {"dur", us(row.has_length ? row.length : awake(row))},
           {"args", args}});
  }

  void phases(const TraceRow& row, Duration start) {
    Duration at = start;
    for (std::size_t i = 0; i < kPhases; ++i) {
      const auto phase = static_cast<Phase>(i);
      if (!row.has_length && phase >= Phase::report) break;
      Json args = Json::object();
      // A record carries the energy of the sleep before its cycle, not of this one.
      if (phase != Phase::sleep) args["mJ"] = finite(row.report.energy_mj[i]);
      event({{"ph", "X"},
             {"pid", kProcess},
             {"tid", kCycleTrack},
             {"cat", "phase"},
             {"name", name(phase)},
             {"ts", us(at)},
             {"dur", us(row.span[i])},
             {"args", args}});
      at += row.span[i];
    }
  }

  void instants(const TraceRow& row, Duration start) {
    const auto mark = [&](const std::string& what) {
      event({{"ph", "i"},
             {"pid", kProcess},
             {"tid", kCycleTrack},
             {"s", "p"},
             {"cat", "event"},
             {"name", what},
             {"ts", us(start)}});
    };
    for (std::size_t i = 0; i < kBreaches; ++i) {
      const auto breach = static_cast<Breach>(i);
      if (row.report.has(breach)) mark("breach: " + std::string(name(breach)));
    }
    if (row.late) mark("late");
    if (row.report.slots_skipped > 0) mark("slots skipped: " + std::to_string(row.report.slots_skipped));
    if (row.missed > 0) mark("cycles missed: " + std::to_string(row.missed));
    if (row.report.verdict.first_crossing_cycle == row.report.cycle && row.report.cycle != 0) mark("alarm");
  }

  void counters(const CycleReport& r, Duration start) {
    const auto counter = [&](const char* what, const char* unit, double value) {
      event({{"ph", "C"},
             {"pid", kProcess},
             {"name", what},
             {"ts", us(start)},
             {"args", {{unit, finite(value)}}}});
    };
    counter("log evidence", "ln R", r.verdict.log_evidence);
    counter("queue", "bytes", r.queue_bytes);
    counter("energy", "mJ", energy(r));
    counter("drops", "frames", static_cast<double>(drops(r)));
  }

  static double finite(double value) { return std::isfinite(value) ? value : 0.0; }

  Write write_;
  std::uint64_t events_ = 0;
};

}  // namespace

std::unique_ptr<TraceWriter> make_chrome_writer(TraceWriter::Write write) {
  return std::make_unique<ChromeWriter>(std::move(write));
}

}  // namespace torpor
