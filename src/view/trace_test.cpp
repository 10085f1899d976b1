// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "report/fake/reports.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

std::vector<TraceRow> rows_of(const std::vector<CycleReport>& reports) {
  Tracer tracer;
  std::vector<TraceRow> rows;
  for (const CycleReport& report : reports) {
    if (auto row = tracer.add(report)) rows.push_back(*row);
  }
  if (auto row = tracer.finish()) rows.push_back(*row);
  return rows;
}

TraceSummary summary_of(const std::vector<TraceRow>& rows) {
  TraceSummarizer summarizer;
  for (const TraceRow& row : rows) summarizer.add(row);
  return summarizer.finish();
}

std::string written(TraceFormat format, const std::vector<TraceRow>& rows) {
  std::string out;
  const auto writer = make_trace_writer(format, [&](std::string_view text) { out += text; });
  for (const TraceRow& row : rows) writer->row(row);
  writer->finish(summary_of(rows));
  return out;
}

// Two cycles of 60 s whose numbers are easy to add.
std::vector<CycleReport> two_cycles() {
  std::vector<CycleReport> reports(2);
  for (CycleReport& r : reports) {
    r.contract.sample_ms = 5000;
    r.contract.sleep_ms = 55000;
    r.contract.interval_tolerance_ms = 500;
  }
  CycleReport& a = reports[0];
  a.cycle = 1;
  a.slot = a.woke.boot = BootTime(seconds(100));
  a.spent = {
      milliseconds(10), milliseconds(5000), milliseconds(20), milliseconds(60), milliseconds(30), {}, {}};
  CycleReport& b = reports[1];
  b.cycle = 2;
  b.slot = BootTime(seconds(160));
  b.slept_from = a.woke.boot + milliseconds(5200);
  b.spent[5] = milliseconds(75);
  b.woke.boot = b.slot + milliseconds(4);
  b.interval = b.woke.boot - a.woke.boot;
  return reports;
}

TEST(Trace, report_and_sleep_of_a_cycle_come_from_the_next_report) {
  const auto rows = rows_of(two_cycles());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(rows[0].has_length);
  EXPECT_EQ(rows[0].span[5], milliseconds(75));
  EXPECT_EQ(rows[0].span[6], milliseconds(54804));
  EXPECT_EQ(rows[0].length, milliseconds(60004));
  EXPECT_EQ(rows[0].unaccounted, milliseconds(5));  // between release and report: unexplained
  EXPECT_FALSE(rows[1].has_length);
  EXPECT_EQ(rows[1].deviation, milliseconds(4));
  EXPECT_FALSE(rows[1].late);
}

TEST(Trace, spans_that_overlap_show_as_negative_unaccounted_time) {
  auto reports = two_cycles();
  reports[0].spent[1] = milliseconds(5300);
  const auto rows = rows_of(reports);
  EXPECT_EQ(rows[0].unaccounted, -milliseconds(295));
  EXPECT_EQ(summary_of(rows).accounted(), 1.0);
}

TEST(Trace, early_is_a_deviation_as_late_is) {
  auto reports = two_cycles();
  reports[1].interval = seconds(7);  // the incident: start to start 7 s instead of 60 s
  reports[1].woke.boot = reports[0].woke.boot + seconds(7);
  const auto rows = rows_of(reports);
  EXPECT_TRUE(rows[1].deviates);
  EXPECT_EQ(rows[1].deviation, -seconds(53));
  EXPECT_EQ(summary_of(rows).max, seconds(53));
}

TEST(Trace, a_deviation_exactly_at_the_tolerance_is_within_the_contract) {
  auto reports = two_cycles();
  reports[1].interval = milliseconds(60500);
  reports[1].woke.boot = reports[1].slot + milliseconds(500);
  EXPECT_FALSE(rows_of(reports)[1].deviates);
  EXPECT_FALSE(rows_of(reports)[1].late);
  reports[1].interval += Duration(1);
  reports[1].woke.boot += Duration(1);
  EXPECT_TRUE(rows_of(reports)[1].deviates);
  EXPECT_TRUE(rows_of(reports)[1].late);
}

TEST(Trace, a_gap_or_a_restart_leaves_the_length_unknown) {
  auto reports = two_cycles();
  reports[1].cycle = 5;
  auto rows = rows_of(reports);
  EXPECT_FALSE(rows[0].has_length);
  EXPECT_EQ(rows[1].missed, 3u);
  reports[1].cycle = 2;
  reports[1].interval = {};
  reports[1].slept_from = {};
  rows = rows_of(reports);
  EXPECT_FALSE(rows[0].has_length);
  EXPECT_FALSE(rows[1].has_interval);
  EXPECT_EQ(summary_of(rows).restarts, 1u);
}

TEST(Trace, percentiles_are_nearest_rank) {
  std::vector<TraceRow> rows(100);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].has_interval = true;
    rows[i].deviation = milliseconds(static_cast<int>(i) + 1) * (i % 2 == 0 ? 1 : -1);
  }
  const TraceSummary summary = summary_of(rows);
  EXPECT_EQ(summary.p50, milliseconds(50));
  EXPECT_EQ(summary.p95, milliseconds(95));
  EXPECT_EQ(summary.p99, milliseconds(99));
  EXPECT_EQ(summary.max, milliseconds(100));
}

TEST(Trace, counts_the_troubles_of_a_story) {
  const TraceSummary summary = summary_of(rows_of(reports_for_test()));
  EXPECT_EQ(summary.cycles, 720u);
  EXPECT_EQ(summary.late, 1u);
  EXPECT_EQ(summary.skipped, 1u);
  EXPECT_EQ(summary.missed, 0u);
  EXPECT_EQ(summary.restarts, 1u);
  EXPECT_EQ(summary.deviating, 3u);  // the late one, the one after it, the skip
  EXPECT_EQ(summary.drops, 22u);
  EXPECT_EQ(summary.breaches[static_cast<std::size_t>(Breach::residency)], 1u);
  EXPECT_NEAR(summary.accounted(), 1.0, 1e-9);
}

TEST(TraceFormats, json_holds_every_cycle_and_the_summary) {
  const auto rows = rows_of(reports_for_test());
  const auto json = nlohmann::json::parse(written(TraceFormat::json, rows));
  EXPECT_EQ(json["cycles"].size(), 720u);
  EXPECT_TRUE(json["cycles"][0]["interval_ns"].is_null());
  EXPECT_EQ(json["cycles"][1]["interval_ns"], rows[1].report.interval.count());
  EXPECT_EQ(json["summary"]["slots_skipped"], 1);
  EXPECT_EQ(json["contract"]["tolerance_ns"], 500'000'000);
  EXPECT_EQ(json["cycles"][504]["breaches"][0], "residency");
}

TEST(TraceFormats, energy_carries_its_source_its_coverage_and_what_is_open) {
  auto reports = reports_for_test();
  for (CycleReport& report : reports) {
    report.energy_source = "ina3221 VDD_IN";
    report.energy_coverage = "module, without carrier board";
    report.sleep_interpolated = true;
  }
  reports[3].unmeasured = seconds(5);
  reports[3].energy_error_mj = 1500;
  reports[7].set(Breach::budget);
  reports.back().budget_mj = 13'600;
  const auto rows = rows_of(reports);
  EXPECT_THAT(written(TraceFormat::table, rows),
              HasSubstr("ina3221 VDD_IN (module, without carrier board), within 1.50 J while awake, sleep "
                        "interpolated, 5.000 s unmeasured; budget 13.60 J left, 1 cycle slept through"));
  const auto json = nlohmann::json::parse(written(TraceFormat::json, rows));
  EXPECT_EQ(json["cycles"][3]["unmeasured_ns"], 5'000'000'000);
  EXPECT_EQ(json["cycles"][3]["energy_source"], "ina3221 VDD_IN");
  EXPECT_TRUE(json["cycles"][3]["idle_rail_mw"].is_null()) << "not measured is no zero";
  EXPECT_EQ(json["summary"]["cycles_slept_through"], 1);
  EXPECT_EQ(json["summary"]["budget_mj"], 13'600);
}

TEST(TraceFormats, json_says_what_the_worker_took_and_why_it_failed) {
  auto reports = reports_for_test();
  reports[0].backend = "cuda";
  reports[0].backend_note = "worker_died: signal 9";
  reports[0].worker = {milliseconds(1), milliseconds(2), milliseconds(3), milliseconds(4)};
  const auto json = nlohmann::json::parse(written(TraceFormat::json, rows_of(reports)));
  EXPECT_EQ(json["cycles"][0]["backend"], "cuda");
  EXPECT_EQ(json["cycles"][0]["backend_note"], "worker_died: signal 9");
  EXPECT_EQ(json["cycles"][0]["worker_ns"]["init"], 1'000'000);
  EXPECT_EQ(json["cycles"][0]["worker_ns"]["teardown"], 4'000'000);
}

TEST(TraceFormats, json_of_nothing_is_json) {
  EXPECT_TRUE(nlohmann::json::accept(written(TraceFormat::json, {})));
  EXPECT_TRUE(nlohmann::json::accept(written(TraceFormat::chrome, {})));
}

TEST(TraceFormats, a_log_of_one_cycle_has_no_figure_of_an_empty_set) {
  const auto rows = rows_of({reports_for_test().front()});
  const auto json = nlohmann::json::parse(written(TraceFormat::json, rows))["summary"];
  EXPECT_EQ(json["intervals"], 0);
  for (const char* figure : {"p50", "p95", "p99", "max"})
    EXPECT_TRUE(json["abs_deviation_ns"][figure].is_null()) << figure;
  EXPECT_TRUE(json["accounted_share"].is_null());
  for (const auto& share : json["share_by_phase"]) EXPECT_TRUE(share.is_null());
  const std::string table = written(TraceFormat::table, rows);
  EXPECT_THAT(table, HasSubstr("not yet known, needs two cycles of a run"));
  EXPECT_EQ(table.find("p50"), std::string::npos);
}

TEST(TraceFormats, a_window_that_was_not_scored_has_no_score_of_a_perfect_bearing) {
  auto reports = reports_for_test();
  auto& lost = reports[300].verdict;
  lost.kind = VerdictKind::not_scored;
  lost.reason = VerdictReason::gap;
  lost.score = {};
  reports[301].verdict.score[0] = {.z = 0.5, .e = 1.2, .used = true};
  const auto rows = rows_of(reports);
  const auto json = nlohmann::json::parse(written(TraceFormat::json, rows))["cycles"];
  for (const auto& z : json[300]["z"]) EXPECT_TRUE(z.is_null());
  EXPECT_EQ(json[301]["z"][0], 0.5);
  EXPECT_THAT(written(TraceFormat::csv, rows), HasSubstr("not_scored,gap,"));
}

TEST(TraceFormats, csv_has_the_same_number_of_fields_in_every_line) {
  std::istringstream lines(written(TraceFormat::csv, rows_of(reports_for_test())));
  std::string line;
  std::size_t count = 0;
  std::ptrdiff_t commas = 0;
  while (std::getline(lines, line)) {
    const auto here = std::count(line.begin(), line.end(), ',');
    if (count++ == 0) commas = here;
    EXPECT_EQ(here, commas) << line;
    EXPECT_EQ(line.back(), '\r');
  }
  EXPECT_EQ(count, 721u);
}

TEST(TraceFormats, the_table_ends_with_what_matters) {
  const std::string table = written(TraceFormat::table, rows_of(reports_for_test()));
  EXPECT_THAT(table, HasSubstr("720 cycles (1..720), 718 start-to-start intervals"));
  EXPECT_THAT(table, HasSubstr("3 beyond tolerance, 1 late, 1 slots skipped, 0 cycles missed, 1 restarts"));
  EXPECT_THAT(table, HasSubstr("accounted for by spans: 100.0000 %"));
  EXPECT_THAT(table, HasSubstr("breach: residency"));
}

// A slice in the digits of the file: tenths of a microsecond, exact.
struct Slice {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

Slice slice_of(const nlohmann::json& event) {
  const std::int64_t begin = std::llround(event["ts"].get<double>() * 10);
  return {.begin = begin, .end = begin + std::llround(event["dur"].get<double>() * 10)};
}

// How many cycles begin before the one before ended, or phases before their neighbour or
// beyond their cycle.
std::size_t overlaps(const nlohmann::json& trace) {
  std::size_t count = 0;
  Slice cycle;
  std::int64_t last_end = 0;
  for (const auto& event : trace["traceEvents"]) {
    if (event["ph"] != "X") continue;
    const Slice slice = slice_of(event);
    EXPECT_LE(slice.begin, slice.end);
    if (event["cat"] == "cycle") {
      count += slice.begin < cycle.end ? 1 : 0;
      cycle = slice;
      last_end = slice.begin;
    } else {
      count += slice.begin < last_end || slice.end > cycle.end ? 1 : 0;
      last_end = slice.end;
    }
  }
  return count;
}

TEST(TraceFormats, chrome_slices_nest_to_the_last_digit) {
  // Times as a clock gives them, in nanoseconds that are no multiple of the file's digit.
  std::vector<CycleReport> reports = reports_for_test();
  std::uint64_t state = 1;
  const auto odd = [&state] { return Duration((state = state * 6364136223846793005 + 1) >> 54); };
  for (std::size_t i = 0; i < reports.size(); ++i) {
    CycleReport& r = reports[i];
    const Duration off = odd();
    r.woke.boot += off;
    r.interval += r.interval == Duration::zero() ? Duration::zero() : off;
    for (std::size_t p = 0; p < 5; ++p) r.spent[p] += odd();
    if (r.slept_from != BootTime{}) r.slept_from = r.woke.boot - Duration(50'000'000'033);
  }
  EXPECT_EQ(overlaps(nlohmann::json::parse(written(TraceFormat::chrome, rows_of(reports)))), 0u);
}

TEST(TraceFormats, chrome_spans_that_overlap_are_cut_at_their_cycle) {
  auto reports = two_cycles();
  reports[0].spent[1] = milliseconds(5300);
  EXPECT_EQ(overlaps(nlohmann::json::parse(written(TraceFormat::chrome, rows_of(reports)))), 0u);
}

TEST(TraceFormats, chrome_has_every_phase_of_every_cycle_and_counters) {
  const auto json = nlohmann::json::parse(written(TraceFormat::chrome, rows_of(reports_for_test())));
  std::map<std::string, int> phases;
  std::map<std::string, int> counters;
  for (const auto& event : json["traceEvents"]) {
    if (event["ph"] == "C") ++counters[event["name"]];
    if (event["ph"] != "X") continue;
    if (event["cat"] == "phase") ++phases[event["name"]];
  }
  EXPECT_EQ(phases.size(), kPhases);
  EXPECT_EQ(phases["infer"], 720);
  EXPECT_EQ(counters.size(), 4u);
  EXPECT_EQ(counters["log evidence"], 720);
}

TEST(TraceFormats, are_known_by_name) {
  EXPECT_EQ(trace_format("chrome"), TraceFormat::chrome);
  EXPECT_FALSE(trace_format("xml"));
}

}  // namespace
}  // namespace torpor
