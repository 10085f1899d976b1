// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "report/cycle_report.h"

// Time against contract, cycle by cycle. Pure: reads reports, no file, no clock.
namespace torpor {

// One cycle and what is known of its time once the next report is there.
struct TraceRow {
  CycleReport report;

  bool has_interval = false;  // false: first of the log or after a restart
  Duration deviation{};       // interval - period of the contract
  bool late = false;          // woke later than its slot by more than the tolerance
  bool deviates = false;      // |deviation| above the tolerance (a skip is one, too)
  std::uint64_t missed = 0;   // cycle numbers without a report before this one

  // Spans of this cycle. report and sleep are only known from the next report, which
  // carries those before it.
  std::array<Duration, kPhases> span{};
  bool has_length = false;  // the next report is there and of the same run
  Duration length{};        // from waking to the next waking
  Duration unaccounted{};   // length - all spans: nobody says what happened then; negative: they overlap
};

// There are scores: a window that was lost, or came while a baseline was learned, has none, and its
// zeros would read as those of a perfect bearing.
[[nodiscard]] bool scored(const Verdict& verdict);

// Turns a stream of reports into rows, one behind. Keeps one report.
class Tracer {
 public:
  // The row of the report before, now complete.
  std::optional<TraceRow> add(const CycleReport& report);
  // The last row, with no length.
  std::optional<TraceRow> finish();

 private:
  std::optional<TraceRow> open_;
};

struct TraceSummary {
  std::uint64_t cycles = 0;
  std::uint64_t first_cycle = 0;
  std::uint64_t last_cycle = 0;
  std::uint64_t intervals = 0;          // rows with a delta-t
  Duration p50{}, p95{}, p99{}, max{};  // of |deviation|, nearest rank
  std::uint64_t late = 0;
  std::uint64_t deviating = 0;
  std::uint64_t skipped = 0;  // slots
  std::uint64_t missed = 0;   // cycle numbers without a report
  std::uint64_t restarts = 0;
  Duration length{};                     // of all cycles whose length is known
  std::array<Duration, kPhases> span{};  // of those
  std::array<std::uint64_t, kBreaches> breaches{};
  double energy_mj = 0;
  double energy_error_mj = 0;       // bound of the integration error while awake
  Duration unmeasured{};            // time no reading covers
  std::uint64_t interpolated = 0;   // cycles whose sleep is from readings at both ends
  std::uint64_t slept_through = 0;  // cycles the hour's budget could not pay for
  FixedString<48> energy_source;    // of the last cycle, and what it covers
  FixedString<48> energy_coverage;
  double budget_mj = 0;  // left after the last cycle
  std::uint64_t drops = 0;

  // Spans over length, at most 1; 0 where no length is known.
  double accounted() const;
};

// 8 bytes per cycle until finish().
class TraceSummarizer {
 public:
  void add(const TraceRow& row);
  TraceSummary finish();

 private:
  TraceSummary summary_;
  std::vector<std::int64_t> deviations_ns_;
};

enum class TraceFormat : std::uint8_t { table, json, csv, chrome };
std::optional<TraceFormat> trace_format(std::string_view name);

// Rows in, text out, as it comes. `write` is called with pieces of the output.
class TraceWriter {
 public:
  using Write = std::function<void(std::string_view)>;
  virtual ~TraceWriter() = default;
  virtual void row(const TraceRow& row) = 0;
  virtual void finish(const TraceSummary& summary) = 0;
};

// table: for people; json: {"cycles":[..],"summary":{..}}; csv: rows only, RFC 4180;
// chrome: trace events for Perfetto or chrome://tracing.
std::unique_ptr<TraceWriter> make_trace_writer(TraceFormat format, TraceWriter::Write write);

}  // namespace torpor
