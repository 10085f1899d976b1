// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <fmt/format.h>

#include "base/hex.h"
#include "base/utc.h"
#include "view/text.h"
#include "view/trace_writers.h"

namespace torpor {
namespace {

// Seconds and their parts, aligned by eye: fixed to microseconds where that shows.
std::string dt(const TraceRow& row) {
  return row.has_interval ? fmt::format("{:.6f}", seconds(row.report.interval)) : "-";
}

// Spans are told as the clock counted them; whoever reads them must know that it ran fast.
std::string scale(const CycleReport& r) {
  return r.speed == 1 ? "" : fmt::format(" (clock at {:g} times real time, spans too)", r.speed);
}

std::string remarks(const TraceRow& row) {
  std::string text;
  const auto add = [&](const std::string& remark) { text += (text.empty() ? "" : ", ") + remark; };
  // In the order one asks: did it run through, was it on time, did it keep the contract.
  if (!row.has_interval) add("first of a run");
  if (row.missed > 0) add(fmt::format("{} missed before", row.missed));
  if (row.report.slots_skipped > 0) add(fmt::format("{} skipped", row.report.slots_skipped));
  if (row.late) add("late");
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const auto breach = static_cast<Breach>(i);
    if (row.report.has(breach)) add(fmt::format("breach: {}", name(breach)));
  }
  return text;
}

class TableWriter final : public TraceWriter {
 public:
  explicit TableWriter(Write write) : write_(std::move(write)) {}

  void row(const TraceRow& row) override {
    const CycleReport& r = row.report;
    if (!headed_) head(r);
    write_(fmt::format("{:>8}  {:8}  {:>12}  {:>10}  {:>9}  {:>9}  {:>9}  {:12}  {}\n", r.cycle,
                       utc_clock(r.woke.wall).view(), dt(row),
                       row.has_interval ? human(row.deviation, true) : "-",
                       human(r.spent[static_cast<std::size_t>(Phase::infer)]), human(awake_of(r)),
                       human_mj(energy(r)), name(r.verdict.kind), remarks(row)));
  }

  void finish(const TraceSummary& s) override {
    const std::string deviation = s.intervals == 0
                                      ? "not yet known, needs two cycles of a run"
                                      : fmt::format("p50 {}   p95 {}   p99 {}   max {}", human(s.p50),
                                                    human(s.p95), human(s.p99), human(s.max));
    write_(
        fmt::format("\n{} cycles ({}..{}), {} start-to-start intervals\n"
                    "|delta-t - contract|   {}\n"
                    "{} beyond tolerance, {} late, {} slots skipped, {} cycles missed, {} restarts\n",
                    s.cycles, s.first_cycle, s.last_cycle, s.intervals, deviation, s.deviating, s.late,
                    s.skipped, s.missed, s.restarts));
    // Shares of an unknown length are no shares.
    if (s.length > Duration::zero()) {
      write_(fmt::format("accounted for by spans: {:.4f} %\n", 100 * s.accounted()));
      for (std::size_t i = 0; i < kPhases; ++i) {
        write_(fmt::format("  {:8} {:9.5f} %\n", name(static_cast<Phase>(i)),
                           100 * seconds(s.span[i]) / seconds(s.length)));
      }
    }
    std::string breaches;
    for (std::size_t i = 0; i < kBreaches; ++i) {
      // Only those there were: thirteen zeros would hide the one.
      if (s.breaches[i] > 0)
        breaches +=
            fmt::format("{}{} {}", breaches.empty() ? "" : ", ", name(static_cast<Breach>(i)), s.breaches[i]);
    }
    write_(fmt::format("breaches: {}\nenergy attributed to us: {}; frames dropped: {}\n",
                       breaches.empty() ? "none" : breaches, human_mj(s.energy_mj), s.drops));
    write_("  " + energy_words(s) + "\n");
  }

 private:
  void head(const CycleReport& r) {
    headed_ = true;
    write_(
        fmt::format("{}  contract {} sequence {} ({})\n"
                    "period {} s = sample {} ms + sleep {} ms, tolerance {} ms{}\n\n"
                    "{:>8}  {:8}  {:>12}  {:>10}  {:>9}  {:>9}  {:>9}  {:12}  {}\n",
                    valid_text(r.device), valid_text(r.contract.id), r.contract.sequence,
                    short_hex(r.contract.digest).view(), seconds(r.contract.period()), r.contract.sample_ms,
                    r.contract.sleep_ms, r.contract.interval_tolerance_ms, scale(r), "cycle", "UTC",
                    "delta-t s", "deviation", "infer", "awake", "energy", "verdict", "remarks"));
  }

  Write write_;
  bool headed_ = false;
};

// RFC 4180: a comma between fields, CRLF behind each line, the same number of fields in all. No
// value here needs quotes: numbers, names of enums and times only, no text of a report.
class CsvWriter final : public TraceWriter {
 public:
  explicit CsvWriter(Write write) : write_(std::move(write)) {}

  void row(const TraceRow& row) override {
    if (!headed_) head();
    headed_ = true;
    const CycleReport& r = row.report;
    std::string line = fmt::format("{},{},{},{},{},", r.cycle, utc(r.woke.wall).view(),
                                   r.woke.synchronised ? 1 : 0, to_ns(r.slot), to_ns(r.woke.boot));
    // What is not known is an empty field, not a zero.
    line += row.has_interval ? fmt::format("{},{},", r.interval.count(), row.deviation.count()) : ",,";
    line += fmt::format("{},{},{},", row.late ? 1 : 0, r.slots_skipped, row.missed);
    for (std::size_t i = 0; i < kPhases; ++i) {
      // As in the JSON: report and sleep come with the next record.
      const bool known = row.has_length || i < static_cast<std::size_t>(Phase::report);
      line += known ? fmt::format("{},", row.span[i].count()) : ",";
    }
    line += row.has_length ? fmt::format("{},{},", row.length.count(), row.unaccounted.count()) : ",,";
    line +=
        fmt::format("{},{},{:.6f},", name(r.verdict.kind), name(r.verdict.reason), r.verdict.log_evidence);
    for (const ScoreEvidence& score : r.verdict.score)
      line += scored(r.verdict) ? fmt::format("{:.6f},", score.z) : ",";
    line += fmt::format("{:.3f},{:.3f},{},{},", energy(r), r.energy_error_mj, r.sleep_interpolated ? 1 : 0,
                        r.unmeasured.count());
    line += r.idle_rail_mw < 0 ? "," : fmt::format("{},", r.idle_rail_mw);
    line += fmt::format("{:.3f},{},{},", r.budget_mj, name(r.residency), r.queue_bytes);
    for (std::uint64_t drops : r.drops) line += fmt::format("{},", drops);
    // Breaches as the record's bits, in one column: a list would need quotes (docs/record-log.md has the
    // bits).
    write_(line + fmt::format("{}\r\n", r.breaches));
  }
  void finish(const TraceSummary&) override {
    // A file of no rows has its header, too, and so its columns.
    if (!headed_) head();
  }

 private:
  void head() {
    std::string line =
        "cycle,woke_utc,clock_synchronised,slot_ns,woke_ns,interval_ns,deviation_ns,late,skipped,missed,";
    for (std::size_t i = 0; i < kPhases; ++i) line += fmt::format("{}_ns,", name(static_cast<Phase>(i)));
    line +=
        "length_ns,unaccounted_ns,verdict,reason,log_evidence,z_logit,z_log_band,z_kurtosis,energy_mj,"
        "energy_error_mj,sleep_interpolated,unmeasured_ns,idle_rail_mw,budget_mj,residency,queue_bytes,";
    for (std::size_t i = 0; i < kDropReasons; ++i)
      line += fmt::format("drops_{},", name(static_cast<DropReason>(i)));
    write_(line + "breaches\r\n");
  }

  Write write_;
  bool headed_ = false;
};

}  // namespace

// A figure of energy never stands without where it comes from and what it leaves out.
std::string energy_words(const TraceSummary& s) {
  if (s.energy_source.empty() || s.energy_source.view() == "none")
    return "not measured: no meter, nothing declared";
  std::string text = valid_text(s.energy_source);
  if (!s.energy_coverage.empty()) text += fmt::format(" ({})", valid_text(s.energy_coverage));
  if (s.energy_error_mj > 0) text += fmt::format(", within {} while awake", human_mj(s.energy_error_mj));
  if (s.interpolated > 0) text += ", sleep interpolated";
  if (s.unmeasured > Duration::zero()) text += fmt::format(", {} unmeasured", human(s.unmeasured));
  text += fmt::format("; budget {} left", human_mj(s.budget_mj));
  if (s.slept_through > 0)
    text += fmt::format(", {} cycle{} slept through", s.slept_through, s.slept_through == 1 ? "" : "s");
  return text;
}

std::unique_ptr<TraceWriter> make_table_writer(TraceWriter::Write write) {
  return std::make_unique<TableWriter>(std::move(write));
}

std::unique_ptr<TraceWriter> make_csv_writer(TraceWriter::Write write) {
  return std::make_unique<CsvWriter>(std::move(write));
}

}  // namespace torpor
