// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <algorithm>
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

// Times are told in tenths of a microsecond.
// As a whole number: differences of such are exact, those of two rounded doubles are not.
std::int64_t tenths(Duration d) { return std::llround(static_cast<double>(d.count()) / 100.0); }
double us(Duration d) { return static_cast<double>(tenths(d)) / 10.0; }
// Ends are rounded, not lengths: where one slice ends the next begins, to the last digit. A
// viewer lays out a slice that overlaps its neighbour by one digit on a line of its own.
double us_between(Duration from, Duration to) {
  return static_cast<double>(tenths(to) - tenths(from)) / 10.0;
}

class ChromeWriter final : public TraceWriter {
 public:
  explicit ChromeWriter(Write write) : write_(std::move(write)) {}

  void row(const TraceRow& row) override {
    const CycleReport& r = row.report;
    // The head is an event, so this holds for the first row alone.
    if (events_ == 0) head(r);
    const Duration start = r.woke.boot.time_since_epoch();
    // Never before its start: a slice has no negative length.
    const Duration end = start + std::max(Duration::zero(), row.has_length ? row.length : known_spans(row));
    cycle(row, start, end);
    phases(row, start, end);
    instants(row, start);
    counters(r, start);
  }
  void finish(const TraceSummary& summary) override {
    // A document where there was no row, too: who opens it sees an empty trace, not a parse error.
    if (events_ == 0) write_("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
    write_("\n],\"otherData\":{\"summary\":" + json_text(json_text(summary_json(summary))) + "}}\n");
  }

 private:
  void event(const Json& json) { write_((events_++ == 0 ? "\n" : ",\n") + json_text(json)); }

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

  // A cycle whose length nobody knows ends with what is known of it.
  static Duration known_spans(const TraceRow& row) {
    Duration sum{};
    for (std::size_t i = 0; i < static_cast<std::size_t>(Phase::report); ++i) sum += row.span[i];
    return sum;
  }

  void cycle(const TraceRow& row, Duration start, Duration end) {
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
           {"dur", us_between(start, end)},
           {"args", args}});
  }

  // Spans that overlap each other (unaccounted time below zero, which the other formats
  // show) are cut at the cycle's end: slices must nest.
  void phases(const TraceRow& row, Duration start, Duration end) {
    Duration at = start;
    for (std::size_t i = 0; i < kPhases; ++i) {
      const auto phase = static_cast<Phase>(i);
      // The two that only the next report knows.
      if (!row.has_length && phase >= Phase::report) break;
      // At least empty, at most to the cycle's end.
      const Duration until = std::max(at, std::min(at + row.span[i], end));
      Json args = Json::object();
      // A record carries the energy of the sleep before its cycle, not of this one.
      if (phase != Phase::sleep) args["mJ"] = finite(row.report.energy_mj[i]);
      event({{"ph", "X"},
             {"pid", kProcess},
             {"tid", kCycleTrack},
             {"cat", "phase"},
             {"name", name(phase)},
             {"ts", us(at)},
             {"dur", us_between(at, until)},
             {"args", args}});
      at = until;
    }
  }

  void instants(const TraceRow& row, Duration start) {
    const auto mark = [&](const std::string& what) {
      event({{"ph", "i"},
             {"pid", kProcess},
             {"tid", kCycleTrack},
             // Scope "process": drawn across all its tracks.
             {"s", "p"},
             {"cat", "event"},
             {"name", what},
             {"ts", us(start)}});
    };
    // At the start of the cycle they belong to: when exactly, the record does not say.
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

  // The format has no null; a counter without a value is drawn as 0.
  static double finite(double value) { return std::isfinite(value) ? value : 0.0; }

  Write write_;
  std::uint64_t events_ = 0;
};

}  // namespace

std::unique_ptr<TraceWriter> make_chrome_writer(TraceWriter::Write write) {
  return std::make_unique<ChromeWriter>(std::move(write));
}

}  // namespace torpor
