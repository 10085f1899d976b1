// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "telemetry/catalogue.h"
#include "base/fake/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/posix/posix_files.h"
#include "report/fake/reports.h"
#include "telemetry/exposition.h"
#include "telemetry/fake/promtool.h"

namespace torpor {
namespace {

double value(const CycleSample& sample, std::string_view name, std::size_t series = 0) {
  std::size_t at = 0;
  for (const Metric& metric : kMetrics) {
    if (metric.name == name) return sample.value[at + series];
    at += series_of(metric.labels);
  }
  ADD_FAILURE() << "no metric " << name;
  return 0;
}

TEST(Catalogue, a_robot_has_at_most_40_series_whatever_happens) { EXPECT_LE(kSeries, 40u); }

TEST(Catalogue, docs_hold_the_same_table) {
  PosixFiles files;
  const auto page = files.read(in_source("docs/metrics.md"), 1 << 20);
  ASSERT_TRUE(page);
  EXPECT_NE(as_text(*page).find(catalogue_markdown()), std::string_view::npos) << catalogue_markdown();
}

TEST(Catalogue, counters_and_only_counters_end_in_total) {
  std::set<std::string_view> names;
  for (const Metric& metric : kMetrics) {
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::counter) << metric.name;
    EXPECT_TRUE(metric.name.starts_with("torpor_")) << metric.name;
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
  }
}

TEST(Catalogue, values_are_in_base_units) {
  CycleReport report = reports_for_test().back();
  report.interval = std::chrono::milliseconds(60'250);
  report.contract.sample_ms = 5000;
  report.contract.sleep_ms = 55'000;
  report.contract.interval_tolerance_ms = 500;
  report.contract.awake_limit_ms = 15'000;
  report.contract.mj_per_hour = 900'000;
  report.energy_mj[3] = 1500;
  Totals totals;
  totals.add(report);
  totals.add(report);
  const CycleSample sample = sample_of(report, totals);
  EXPECT_EQ(value(sample, "torpor_cycles_total"), 2);
  EXPECT_DOUBLE_EQ(value(sample, "torpor_cycle_interval_seconds"), 60.25);
  EXPECT_DOUBLE_EQ(value(sample, "torpor_contract_period_seconds"), 60);
  EXPECT_DOUBLE_EQ(value(sample, "torpor_contract_interval_tolerance_seconds"), 0.5);
  EXPECT_DOUBLE_EQ(value(sample, "torpor_contract_awake_limit_ratio"), 0.25);
  EXPECT_DOUBLE_EQ(value(sample, "torpor_contract_hourly_energy_joules"), 900);
  EXPECT_DOUBLE_EQ(value(sample, "torpor_energy_joules_total", 3), 3);
}

TEST(Catalogue, what_is_not_known_is_absent) {
  CycleReport report = reports_for_test().back();
  report.interval = {};
  EXPECT_TRUE(std::isnan(value(sample_of(report, {}), "torpor_cycle_interval_seconds")));
  EXPECT_TRUE(std::isnan(value(sample_of(report, {}), "torpor_spool_lost_cycles_total")));
  const PusherFacts facts{.interval_ms = 60'000, .lost = 7};
  CycleSample sample = sample_of(report, {});
  add_pusher(sample, facts);
  EXPECT_EQ(value(sample, "torpor_spool_lost_cycles_total"), 7);
  EXPECT_EQ(value(sample, "torpor_contract_telemetry_interval_seconds"), 60);
}

TEST(Catalogue, a_latched_alarm_shows_until_it_is_cleared) {
  CycleReport report;
  EXPECT_EQ(value(sample_of(report, {}), "torpor_alarm_state"), 0);
  report.verdict.kind = VerdictKind::watch;
  EXPECT_EQ(value(sample_of(report, {}), "torpor_alarm_state"), 1);
  report.verdict.kind = VerdictKind::not_scored;
  report.verdict.latched = true;
  EXPECT_EQ(value(sample_of(report, {}), "torpor_alarm_state"), 2);
}

// A latched alarm hides neither what crosses again nor a sensor that fails.
TEST(Catalogue, what_happens_beside_a_latched_alarm_shows) {
  CycleReport report;
  report.verdict.latched = true;
  report.verdict.kind = VerdictKind::sensor_fault;
  report.verdict.further = {3, 70, CrossingCause::shocks};
  const CycleSample sample = sample_of(report, {});
  EXPECT_EQ(value(sample, "torpor_alarm_state"), 2);
  EXPECT_EQ(value(sample, "torpor_sensor_fault"), 1);
  EXPECT_EQ(value(sample, "torpor_alarm_crossings"), 3);
  EXPECT_EQ(value(sample_of(CycleReport{}, {}), "torpor_alarm_crossings"), 0);
}

TEST(Totals, adding_up_again_from_any_place_gives_the_same) {
  const auto reports = reports_for_test({.healthy = 300, .damaged = 100});
  Totals whole;
  Totals half;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    whole.add(reports[i]);
    if (i + 1 == reports.size() / 2) half = whole;
  }
  for (std::size_t i = reports.size() / 2; i < reports.size(); ++i) half.add(reports[i]);
  EXPECT_EQ(whole, half);
  EXPECT_EQ(whole.cycles, reports.size());
}

TEST(Totals, a_sleep_counts_as_residency_when_the_cycle_before_left_the_device_held) {
  Totals totals;
  CycleReport report;
  report.spent[static_cast<std::size_t>(Phase::sleep)] = std::chrono::seconds(55);
  report.residency = ResidencyState::resident;
  totals.add(report);
  EXPECT_EQ(totals.idle_residency_ns, 0u);
  report.residency = ResidencyState::released;
  totals.add(report);
  EXPECT_EQ(totals.idle_residency_ns, 55'000'000'000u);
  totals.add(report);
  EXPECT_EQ(totals.idle_residency_ns, 55'000'000'000u);
}

TEST(Totals, each_breach_of_the_record_has_a_kind_or_a_counter_of_its_own) {
  for (std::size_t i = 0; i < kBreaches; ++i) {
    CycleReport report;
    report.set(static_cast<Breach>(i));
    std::size_t kinds = 0;
    for (const bool happened : breach_kinds(report)) kinds += happened ? 1 : 0;
    EXPECT_EQ(kinds, static_cast<Breach>(i) == Breach::drops ? 0u : 1u) << name(static_cast<Breach>(i));
  }
}

TEST(Exposition, promtool_finds_nothing_to_say) {
  if (!has_promtool()) GTEST_SKIP() << "promtool is not installed (Debian: prometheus)";
  CycleReport report = reports_for_test().back();
  report.device = "robot \"7\"\\";
  CycleSample sample = sample_of(report, {});
  add_pusher(sample, {});
  std::string text;
  append_exposition(text, sample, subject_of(report));
  EXPECT_EQ(promtool_check_metrics(text), "") << text;
}

}  // namespace
}  // namespace torpor
