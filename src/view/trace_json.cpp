// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/utc.h"
#include "view/text.h"
#include "view/trace_writers.h"

namespace torpor {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no infinity and no "not a number": what is not known is null, never 0.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json known(bool is_known, Duration d) { return is_known ? Json(d.count()) : Json(nullptr); }

Json breach_names(const CycleReport& report) {
  Json names = Json::array();
  for (std::size_t i = 0; i < kBreaches; ++i) {
    const auto breach = static_cast<Breach>(i);
    if (report.has(breach)) names.push_back(name(breach));
  }
  return names;
}

// Keys are an interface of `torpor trace --format json`: they may be added to, never renamed.
// Durations are whole nanoseconds, so that a reader can add them up without loss.
Json row_json(const TraceRow& row) {
  const CycleReport& r = row.report;
  Json spans;
  for (std::size_t i = 0; i < kPhases; ++i) {
    const auto phase = static_cast<Phase>(i);
    spans[std::string(name(phase))] = known(row.has_length || phase < Phase::report, row.span[i]);
  }
  Json z;
  for (const ScoreEvidence& score : r.verdict.score)
    z.push_back(scored(r.verdict) ? number(score.z) : Json(nullptr));
  Json worker;
  for (std::size_t i = 0; i < kWorkerSteps; ++i)
    worker[std::string(name(static_cast<WorkerStep>(i)))] = r.worker[i].count();
  Json drop_counts;
  for (std::size_t i = 0; i < kDropReasons; ++i)
    drop_counts[std::string(name(static_cast<DropReason>(i)))] = r.drops[i];
  return {{"cycle", r.cycle},
          {"slot_ns", to_ns(r.slot)},
          {"woke_ns", to_ns(r.woke.boot)},
          {"woke_utc", utc(r.woke.wall).view()},
          {"clock_synchronised", r.woke.synchronised},
          {"interval_ns", known(row.has_interval, r.interval)},
          {"deviation_ns", known(row.has_interval, row.deviation)},
          {"late", row.late},
          {"skipped", r.slots_skipped},
          {"missed", row.missed},
          {"spans_ns", spans},
          {"length_ns", known(row.has_length, row.length)},
          {"unaccounted_ns", known(row.has_length, row.unaccounted)},
          {"verdict", name(r.verdict.kind)},
          {"reason", name(r.verdict.reason)},
          {"log_evidence", number(r.verdict.log_evidence)},
          {"z", z},
          {"inferred", r.inferred},
          {"cpu_ns", r.cpu.count()},
          {"energy_mj", number(energy(r))},
          {"energy_source", valid_text(r.energy_source)},
          {"energy_coverage", valid_text(r.energy_coverage)},
          {"energy_error_mj", number(r.energy_error_mj)},
          {"sleep_interpolated", r.sleep_interpolated},
          {"unmeasured_ns", r.unmeasured.count()},
          // Below 0 is "not read" in the record.
          {"idle_rail_mw", r.idle_rail_mw < 0 ? Json(nullptr) : Json(r.idle_rail_mw)},
          {"budget_mj", number(r.budget_mj)},
          // Text of a report may be any bytes: it came over a link or from a driver.
          {"backend", valid_text(r.backend)},
          {"backend_note", valid_text(r.backend_note)},
          {"worker_ns", worker},
          {"residency", name(r.residency)},
          {"queue_bytes", r.queue_bytes},
          {"drops", drop_counts},
          {"breaches", breach_names(r)}};
}

class JsonWriter final : public TraceWriter {
 public:
  explicit JsonWriter(Write write) : write_(std::move(write)) {}

  // One cycle a line: a log of any length streams through, and diff and grep can work on it.
  void row(const TraceRow& row) override {
    if (!headed_) head(row.report);
    write_((rows_++ == 0 ? "\n  " : ",\n  ") + json_text(row_json(row)));
  }
  void finish(const TraceSummary& summary) override {
    // Of no row still one JSON document.
    write_(headed_ ? "\n],\n" : "{\"cycles\": [],\n");
    write_("\"summary\": " + json_text(summary_json(summary), 1) + "}\n");
  }

 private:
  void head(const CycleReport& r) {
    headed_ = true;
    // Once at the head: a trace of a log whose contract changed tells the first one here.
    const Json contract = {{"id", valid_text(r.contract.id)},
                           {"digest", hex(r.contract.digest).view()},
                           {"sequence", r.contract.sequence},
                           {"period_ns", r.contract.period().count()},
                           {"tolerance_ns", std::int64_t{r.contract.interval_tolerance_ms} * 1'000'000}};
    write_("{\"device\": " + json_text(valid_text(r.device)) + ",\n\"contract\": " + json_text(contract) +
           ",\n\"cycles\": [");
  }

  Write write_;
  bool headed_ = false;
  std::uint64_t rows_ = 0;
};

}  // namespace

std::string json_text(const Json& json, int indent) {
  // Replaced, not thrown: a view must open a log whatever bytes a device's name has.
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// `torpor report --json` shows the same summary.
Json summary_json(const TraceSummary& s) {
  Json share;
  for (std::size_t i = 0; i < kPhases; ++i) {
    share[std::string(name(static_cast<Phase>(i)))] =
        s.length > Duration::zero() ? Json(seconds(s.span[i]) / seconds(s.length)) : Json(nullptr);
  }
  Json breaches;
  for (std::size_t i = 0; i < kBreaches; ++i)
    breaches[std::string(name(static_cast<Breach>(i)))] = s.breaches[i];
  return {{"cycles", s.cycles},
          {"first_cycle", s.first_cycle},
          {"last_cycle", s.last_cycle},
          {"intervals", s.intervals},
          {"abs_deviation_ns",
           {{"p50", known(s.intervals > 0, s.p50)},
            {"p95", known(s.intervals > 0, s.p95)},
            {"p99", known(s.intervals > 0, s.p99)},
            {"max", known(s.intervals > 0, s.max)}}},
          {"beyond_tolerance", s.deviating},
          {"late", s.late},
          {"slots_skipped", s.skipped},
          {"cycles_missed", s.missed},
          {"restarts", s.restarts},
          {"accounted_share", s.length > Duration::zero() ? Json(s.accounted()) : Json(nullptr)},
          {"share_by_phase", share},
          {"breaches", breaches},
          {"energy_mj", number(s.energy_mj)},
          {"energy_source", valid_text(s.energy_source)},
          {"energy_coverage", valid_text(s.energy_coverage)},
          {"energy_error_mj", number(s.energy_error_mj)},
          {"sleeps_interpolated", s.interpolated},
          {"unmeasured_ns", s.unmeasured.count()},
          {"cycles_slept_through", s.slept_through},
          {"budget_mj", number(s.budget_mj)},
          {"frames_dropped", s.drops}};
}

std::unique_ptr<TraceWriter> make_json_writer(TraceWriter::Write write) {
  return std::make_unique<JsonWriter>(std::move(write));
}

double energy(const CycleReport& report) { return total(report.energy_mj); }

// Of all reasons together.
std::uint64_t drops(const CycleReport& report) {
  std::uint64_t sum = 0;
  for (std::uint64_t part : report.drops) sum += part;
  return sum;
}

std::unique_ptr<TraceWriter> make_trace_writer(TraceFormat format, TraceWriter::Write write) {
  switch (format) {
    case TraceFormat::table:
      return make_table_writer(std::move(write));
    case TraceFormat::csv:
      return make_csv_writer(std::move(write));
    case TraceFormat::json:
      return make_json_writer(std::move(write));
    case TraceFormat::chrome:
      return make_chrome_writer(std::move(write));
  }
  // No default above: a new format is then a compiler's warning.
  __builtin_unreachable();
}

}  // namespace torpor
