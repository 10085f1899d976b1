// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "view/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/fake/memory_files.h"
#include "report/fake/reports.h"
#include "view/page_parts.h"
#include "view/page_shell.h"

namespace torpor {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

ReportSet set_of(const std::vector<CycleReport>& reports) {
  ReportSet set;
  Tracer tracer;
  TraceSummarizer summarizer;
  const auto take = [&](const std::optional<TraceRow>& row) {
    if (!row) return;
    set.page.add(*row);
    summarizer.add(*row);
  };
  for (const CycleReport& report : reports) take(tracer.add(report));
  take(tracer.finish());
  set.facts.summary = summarizer.finish();
  set.facts.made = WallTime(std::chrono::seconds(1'800'100'000));
  return set;
}

std::string html_of(const std::vector<CycleReport>& reports) {
  const ReportSet set = set_of(reports);
  return set.page.html(set.facts);
}

json data_of(const std::vector<CycleReport>& reports) {
  const ReportSet set = set_of(reports);
  return json::parse(set.page.data_json(set.facts));
}

TEST(Story, tells_state_contract_and_events_in_order) {
  const Story story = set_of(reports_for_test()).page.story();
  EXPECT_EQ(story.state, VerdictKind::alarm);
  EXPECT_EQ(story.alarm.cycle, story.last.verdict.first_crossing_cycle);
  EXPECT_EQ(story.state_since.cycle, story.alarm.cycle);
  EXPECT_EQ(story.cycles_in_breach, 6u);
  EXPECT_THAT(story.explanation, HasSubstr("inner race, 162.2 Hz"));
  std::vector<std::string> what;
  for (const StoryEvent& event : story.events) what.push_back(event.what);
  EXPECT_THAT(what, testing::ElementsAre("learning", "contract broken: interval", "healthy",
                                         "torpord restarted", "slots skipped", "contract broken: interval",
                                         "contract broken: drops", "contract broken: residency",
                                         "contract broken: energy", "watch", "bearing alarm"));
  EXPECT_EQ(story.events[1].count, 2u);  // the late cycle and the one after it
  EXPECT_EQ(story.events[1].last.cycle, 201u);
  EXPECT_THAT(story.events[7].detail, HasSubstr("resident (compute device held by 1)"));
}

TEST(Story, an_alarm_stays_the_state_while_later_cycles_are_not_scored) {
  auto reports = reports_for_test();
  reports.back().verdict.kind = VerdictKind::not_scored;
  reports.back().verdict.reason = VerdictReason::gap;
  EXPECT_EQ(set_of(reports).page.story().state, VerdictKind::alarm);
}

TEST(Story, tells_what_happens_beside_a_latched_alarm) {
  auto reports = reports_for_test();
  const std::size_t n = reports.size();
  for (std::size_t i = n - 6; i < n; ++i)
    reports[i].verdict.further = {2, reports[n - 6].cycle, CrossingCause::place};
  for (std::size_t i = n - 3; i < n; ++i) {
    reports[i].verdict.kind = VerdictKind::sensor_fault;
    reports[i].verdict.reason = VerdictReason::stuck;
  }
  const Story story = set_of(reports).page.story();
  EXPECT_EQ(story.state, VerdictKind::alarm);
  EXPECT_EQ(story.alarm.cycle, 654u) << "the alarm is the one it was";
  ASSERT_GE(story.events.size(), 2u);
  const StoryEvent& crossed = story.events[story.events.size() - 2];
  EXPECT_EQ(crossed.what, "alarm crossed again: another place named");
  EXPECT_EQ(crossed.first.cycle, reports[n - 6].cycle);
  EXPECT_EQ(crossed.count, 1u);
  EXPECT_THAT(crossed.detail, HasSubstr("2 since the alarm of cycle 654"));
  EXPECT_EQ(story.events.back().what, "sensor fault: stuck");
  EXPECT_EQ(story.events.back().count, 3u);
  const std::string page = html_of(reports);
  EXPECT_THAT(page, HasSubstr("Alarm crossed again: another place named: 2 since, the newest in cycle"));
  EXPECT_THAT(page, HasSubstr("Its sensor cannot be trusted now: stuck."));
}

TEST(Story, an_alarm_from_before_the_log_is_named_by_its_cycle) {
  const auto reports = reports_for_test();
  const std::vector<CycleReport> tail(reports.end() - 5, reports.end());
  EXPECT_THAT(html_of(tail), HasSubstr("since cycle 654, before this log begins"));
}

TEST(Story, keeps_the_newest_events_when_there_are_too_many) {
  auto reports = reports_for_test({.healthy = 1000, .damaged = 0, .learning = 10, .with_trouble = false});
  for (std::size_t i = 20; i < reports.size(); i += 2) reports[i].set(Breach::awake);
  const Story story = set_of(reports).page.story();
  EXPECT_EQ(story.events.size(), kMaxStoryEvents);
  EXPECT_EQ(story.events_left_out, 2 + 490 - kMaxStoryEvents);
  EXPECT_EQ(story.events.back().first.cycle, reports[998].cycle);
}

TEST(Page, says_first_what_is_wrong_since_when_and_whether_the_contract_is_kept) {
  const std::string page = html_of(reports_for_test());
  EXPECT_THAT(page, HasSubstr("<title>Bearing alarm: amr-0173</title>"));
  EXPECT_THAT(page, HasSubstr("<h1>Bearing alarm</h1>"));
  EXPECT_THAT(page, HasSubstr("since cycle 654, 2027-01-15 17:54:00 UTC"));
  EXPECT_THAT(page, HasSubstr("in 6 of 720 cycles; the newest one keeps it"));
  EXPECT_THAT(page, HasSubstr("Contract amr-drive-2027a, sequence 7"));
  EXPECT_THAT(page, HasSubstr("declared model (as declared by the site)"));
  EXPECT_THAT(page, HasSubstr("<dt>Energy budget</dt><dd>5.40 J left<small>no cycle was slept through"));
}

TEST(Page, needs_nothing_from_anywhere) {
  const std::string page = html_of(reports_for_test());
  for (const char* reference : {" src=", "<link", "@import", "url(", "fetch(", "XMLHttpRequest", "@@"})
    EXPECT_THAT(page, Not(HasSubstr(reference))) << reference;
}

TEST(Page, carries_the_licence_of_what_it_is_drawn_with) {
  EXPECT_THAT(html_of(reports_for_test()), HasSubstr("Permission is hereby granted, free of charge"));
}

TEST(Page, hostile_names_stay_text) {
  auto reports = reports_for_test({.healthy = 3, .damaged = 0, .learning = 1});
  for (CycleReport& report : reports) {
    report.device = "</script><script>alert(1)</script>";
    report.sensor = "\" onload=x <b>";
    report.contract.id = "<img>";
    report.energy_source = "</script><!--";
    report.residency_note = "<i>\xff";
  }
  const std::string page = html_of(reports);
  const std::string plain = html_of(reports_for_test({.healthy = 3, .damaged = 0, .learning = 1}));
  const auto count = [](const std::string& text, std::string_view what) {
    std::size_t n = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count(page, "<script"), count(plain, "<script"));
  EXPECT_EQ(count(page, "</script"), count(plain, "</script"));
  EXPECT_THAT(page, Not(HasSubstr("<img>")));
  EXPECT_THAT(page, Not(HasSubstr("<i>")));
}

TEST(Page, one_cycle_is_enough_for_a_page) {
  const std::string page = html_of(reports_for_test({.healthy = 1, .damaged = 0, .learning = 1}));
  EXPECT_THAT(page, HasSubstr("<h1>Learning</h1>"));
  EXPECT_THAT(page, HasSubstr("needs two cycles"));
}

TEST(PageData, has_one_point_per_cycle_while_they_fit) {
  const json data = data_of(reports_for_test());
  EXPECT_EQ(data["n"], 1);
  EXPECT_EQ(data["x"].size(), 720u);
  EXPECT_EQ(data["bx"], data["x"]);
  EXPECT_EQ(data["evidence"].size(), 720u);
  EXPECT_TRUE(data["evidence"][0].is_null());
  EXPECT_TRUE(data["deviation_ms"][0].is_null());
  EXPECT_EQ(data["energy"].size(), kPhases);
  EXPECT_EQ(data["drops"][0][429], 14);
  EXPECT_EQ(data["runs"].back()[2], static_cast<int>(VerdictKind::alarm));
}

TEST(PageData, more_cycles_than_pixels_lose_no_peak) {
  auto reports = reports_for_test({.healthy = 12000, .damaged = 0, .learning = 240});
  const json data = data_of(reports);
  EXPECT_EQ(data["n"], 15);
  EXPECT_EQ(data["bx"].size(), 800u);
  EXPECT_EQ(data["x"].size(), 1600u);
  double most = 0;
  double least = 0;
  double before = -1;
  for (std::size_t i = 0; i < data["x"].size(); ++i) {
    EXPECT_GT(data["x"][i].get<double>(), before);
    before = data["x"][i];
    if (data["deviation_ms"][i].is_null()) continue;
    most = std::max(most, data["deviation_ms"][i].get<double>());
    least = std::min(least, data["deviation_ms"][i].get<double>());
  }
  EXPECT_NEAR(most, 60000, 1);   // the skipped slot
  EXPECT_NEAR(least, -1800, 1);  // the cycle after the late one
  std::uint64_t drops = 0;
  for (const auto& reason : data["drops"]) {
    for (const auto& n : reason) drops += n.get<std::uint64_t>();
  }
  EXPECT_EQ(drops, 22u);
  double dearest = 0;
  for (const auto& mj : data["energy"][static_cast<std::size_t>(Phase::sleep)])
    dearest = std::max(dearest, mj.get<double>());
  EXPECT_NEAR(dearest, 198000, 1000);  // held through one sleep
}

TEST(PageData, stays_small_for_a_year_of_minutes) {
  const ReportSet set = set_of(reports_for_test({.healthy = 20000, .damaged = 500}));
  EXPECT_LT(set.page.html(set.facts).size(), 1'000'000u);
}

TEST(PageData, what_is_not_finite_is_null) {
  auto reports = reports_for_test({.healthy = 300, .damaged = 0});
  reports[299].verdict.log_evidence = HUGE_VAL;
  reports[299].indicators.axis[0].rms_g = std::nan("");
  const json data = data_of(reports);
  EXPECT_TRUE(data["evidence"][299].is_null());
  EXPECT_TRUE(data["rms"][0][299].is_null());
}

TEST(Page, the_dearest_hour_counts_the_residency_after_release) {
  const ReportSet set = set_of(reports_for_test());
  EXPECT_NEAR(set.page.dearest_hour_mj(), 482000, 1000);
}

// The contract's hour is what flows in and a full bucket at its begin (docs/energy.md): 400 J and
// 6.722 J here. An hour in which 61 cycles of 6.66 J begin is 406.3 J, and each is paid for.
TEST(Page, an_hour_that_the_bucket_paid_for_is_not_marked) {
  const auto row_with = [](double cycle_mj) {
    auto reports = reports_for_test({.healthy = 130, .damaged = 0, .learning = 10, .with_trouble = false});
    for (CycleReport& report : reports) {
      report.contract.active_mj_per_cycle = 6666;
      report.energy_mj = {};
      report.energy_mj[static_cast<std::size_t>(Phase::sample)] = cycle_mj;
    }
    const std::string page = html_of(reports);
    const auto at = page.find("<dt>Energy, dearest hour");
    return page.substr(page.rfind("<div", at), 5 + std::string(" class=\"off\"").size());
  };
  EXPECT_THAT(row_with(6660), Not(HasSubstr("off")));
  EXPECT_THAT(row_with(6700), HasSubstr("off"));
}

TEST(WritePage, reads_the_log_and_writes_the_page_whole_or_not_at_all) {
  MemoryFiles files;
  {
    auto log = *ReportLog::open(files, "reports", {.bytes = 1 << 20, .age = std::chrono::hours(24 * 365)});
    for (const CycleReport& report : reports_for_test({.healthy = 30, .damaged = 0, .learning = 10}))
      ASSERT_TRUE(log.append(report).ok());
  }
  ASSERT_TRUE(files.make_directories("out").ok());
  const auto set = read_reports(files, "reports", WallTime(std::chrono::seconds(1'800'100'000)));
  ASSERT_TRUE(set.ok());
  files.fail_operation(3);
  EXPECT_FALSE(write_page(files, *set, "out/page.html").ok());
  EXPECT_TRUE(files.list("out")->empty());
  ASSERT_TRUE(write_page(files, *set, "out/page.html").ok());
  EXPECT_TRUE(files.exists("out/page.html"));
  const json story = json::parse(story_json(*set));
  EXPECT_EQ(story["state"], "healthy");
  EXPECT_EQ(story["contract"]["kept"], true);
  EXPECT_EQ(story["summary"]["cycles"], 30);
}

TEST(WritePage, an_empty_log_is_refused_by_name) {
  MemoryFiles files;
  ASSERT_TRUE(files.make_directories("reports").ok());
  EXPECT_EQ(read_reports(files, "reports", {}).error().reason, Reason::report_none);
}

}  // namespace
}  // namespace torpor
