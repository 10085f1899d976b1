// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/trace.h"

#include <algorithm>

namespace torpor {
namespace {

constexpr auto kReport = static_cast<std::size_t>(Phase::report);
constexpr auto kSleep = static_cast<std::size_t>(Phase::sleep);

Duration magnitude(Duration d) { return d < Duration::zero() ? -d : d; }

TraceRow begin_row(const CycleReport& report, const CycleReport* before) {
  TraceRow row{.report = report};
  // Each row against its own contract: a log may span several.
  const Duration tolerance = std::chrono::milliseconds(report.contract.interval_tolerance_ms);
  // A report says by zero that it has none: the first of a run.
  row.has_interval = report.interval != Duration::zero();
  if (row.has_interval) {
    row.deviation = report.interval - report.contract.period();
    row.deviates = magnitude(row.deviation) > tolerance;
  }
  // Late is judged by the slot, deviating by the interval: the cycle after a late one deviates too
  // (its interval is short), and is not late.
  row.late = report.woke.boot - report.slot > tolerance;
  if (before != nullptr && report.cycle > before->cycle) row.missed = report.cycle - before->cycle - 1;
  // report and sleep in a record are those that ended before its cycle began, since no record can hold how
  // long its own writing took; complete_row() puts them where they belong (docs/decisions.md).
  for (std::size_t i = 0; i < kReport; ++i) row.span[i] = report.spent[i];
  return row;
}

// What only the next report knows. It must follow this one without a restart or a gap.
void complete_row(TraceRow& row, const CycleReport& next) {
  // A gap, a restart or another boot would make a length out of moments of two runs.
  const bool follows = next.interval != Duration::zero() && next.cycle == row.report.cycle + 1 &&
                       next.slept_from != BootTime{} && next.boot_id == row.report.boot_id;
  if (!follows) return;
  row.has_length = true;
  row.length = next.woke.boot - row.report.woke.boot;
  row.span[kReport] = next.spent[kReport];
  row.span[kSleep] = next.woke.boot - next.slept_from;
  Duration spans{};
  for (const Duration span : row.span) spans += span;
  // Signed: spans that overlap are a fault, and must show as one.
  row.unaccounted = row.length - spans;
}

// Nearest rank: the least value with at least `share` of all at or below it, number ceil(share n).
// The 1e-9 keeps a product like 0.95 x 100, a hair above 95 in floating point, on its rank.
Duration rank(const std::vector<std::int64_t>& sorted, double share) {
  if (sorted.empty()) return {};
  const double n = static_cast<double>(sorted.size());
  const auto at = static_cast<std::size_t>(std::max(0.0, share * n - 1e-9));
  return Duration(sorted[std::min(at, sorted.size() - 1)]);
}

}  // namespace

std::optional<TraceRow> Tracer::add(const CycleReport& report) {
  std::optional<TraceRow> done = open_;
  if (done) complete_row(*done, report);
  // Last: what begin_row() compares with is the row before, by now a copy in `done`.
  open_ = begin_row(report, done ? &done->report : nullptr);
  return done;
}

std::optional<TraceRow> Tracer::finish() {
  std::optional<TraceRow> done = open_;
  open_.reset();
  return done;
}

bool scored(const Verdict& verdict) {
  return std::any_of(verdict.score.begin(), verdict.score.end(), [](const auto& s) { return s.used; });
}

double TraceSummary::accounted() const {
  if (length <= Duration::zero()) return 0;
  Duration spans{};
  for (Duration part : span) spans += part;
  // Above 1 where spans overlap: that is a fault of the spans, not time explained twice.
  const double share = static_cast<double>(spans.count()) / static_cast<double>(length.count());
  return std::min(share, 1.0);
}

void TraceSummarizer::add(const TraceRow& row) {
  const CycleReport& report = row.report;
  TraceSummary& s = summary_;
  if (s.cycles++ == 0) s.first_cycle = report.cycle;
  s.last_cycle = report.cycle;
  if (row.has_interval) {
    ++s.intervals;
    deviations_ns_.push_back(magnitude(row.deviation).count());
  } else if (s.cycles > 1) {
    ++s.restarts;
  }
  s.late += row.late ? 1 : 0;
  s.deviating += row.deviates ? 1 : 0;
  s.skipped += report.slots_skipped;
  s.missed += row.missed;
  // Share of time by phase: only over cycles whose sleep is known, or working would look too large.
  if (row.has_length) {
    s.length += row.length;
    for (std::size_t i = 0; i < kPhases; ++i) s.span[i] += row.span[i];
  }
  for (std::size_t i = 0; i < kBreaches; ++i) s.breaches[i] += report.has(static_cast<Breach>(i)) ? 1 : 0;
  s.energy_mj += total(report.energy_mj);
  s.energy_error_mj += report.energy_error_mj;
  s.unmeasured += report.unmeasured;
  s.interpolated += report.sleep_interpolated ? 1 : 0;
  // The breach "budget" is set by slots that were slept through, and by nothing else.
  s.slept_through += report.has(Breach::budget) ? 1 : 0;
  // The newest word stands for all: a source that changed within a log is seen in its rows.
  s.energy_source = report.energy_source;
  s.energy_coverage = report.energy_coverage;
  s.budget_mj = report.budget_mj;
  for (std::uint64_t drops : report.drops) s.drops += drops;
}

TraceSummary TraceSummarizer::finish() {
  // Exact percentiles: a sketch would save 8 bytes a cycle and be wrong where it matters, at p99.
  // O(n log n) time and 8 bytes a cycle: 4 MB for a year of one a minute.
  std::sort(deviations_ns_.begin(), deviations_ns_.end());
  summary_.p50 = rank(deviations_ns_, 0.50);
  summary_.p95 = rank(deviations_ns_, 0.95);
  summary_.p99 = rank(deviations_ns_, 0.99);
  summary_.max = deviations_ns_.empty() ? Duration{} : Duration(deviations_ns_.back());
  return summary_;
}

std::optional<TraceFormat> trace_format(std::string_view name) {
  if (name == "table") return TraceFormat::table;
  if (name == "json") return TraceFormat::json;
  if (name == "csv") return TraceFormat::csv;
  if (name == "chrome") return TraceFormat::chrome;
  return std::nullopt;
}

}  // namespace torpor
