// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/report_log.h"

#include <gtest/gtest.h>

#include "base/cbor.h"
#include "base/fake/memory_files.h"
#include "report/fake/reports.h"

namespace torpor {
namespace {

constexpr LogBounds kBounds{.bytes = 64 * 1024, .age = std::chrono::hours(24 * 30)};

std::uint64_t count(Files& files, ReadCounters* counters = nullptr) {
  auto reader = *ReportReader::open(files, "reports");
  CycleReport report;
  std::uint64_t n = 0;
  while (*reader.next(report)) ++n;
  if (counters != nullptr) *counters = reader.counters();
  return n;
}

TEST(ReportLog, cycle_numbers_go_on_after_a_restart) {
  MemoryFiles files;
  const auto reports = reports_for_test({.healthy = 20, .damaged = 0, .learning = 5, .with_trouble = false});
  {
    auto log = *ReportLog::open(files, "reports", kBounds);
    EXPECT_EQ(log.last_cycle(), 0u);
    for (const CycleReport& report : reports) ASSERT_TRUE(log.append(report).ok());
    EXPECT_EQ(log.last_cycle(), 20u);
  }
  files.crash();
  EXPECT_EQ(ReportLog::open(files, "reports", kBounds)->last_cycle(), 20u);
  EXPECT_EQ(count(files), 20u);
}

TEST(ReportLog, an_empty_or_damaged_newest_segment_does_not_start_the_count_again) {
  MemoryFiles files;
  const auto reports = reports_for_test({.healthy = 40, .damaged = 0, .learning = 5, .with_trouble = false});
  {
    auto log = *ReportLog::open(files, "reports", kBounds);
    for (const CycleReport& report : reports) ASSERT_TRUE(log.append(report).ok());
  }
  files.put("reports/0000000900-00000000000.tlog", {});
  EXPECT_EQ(ReportLog::open(files, "reports", kBounds)->last_cycle(), 40u);
  files.put("reports/0000000901-00000000000.tlog", as_bytes("no record at all"));
  auto log = *ReportLog::open(files, "reports", kBounds);
  EXPECT_EQ(log.last_cycle(), 40u);
  CycleReport next = reports.back();
  next.cycle = 41;
  ASSERT_TRUE(log.append(next).ok());
}

TEST(ReportLog, a_number_no_robot_lives_to_does_not_count) {
  MemoryFiles files;
  CycleReport report = reports_for_test({.healthy = 1, .damaged = 0, .learning = 1}).front();
  {
    auto log = *ReportLog::open(files, "reports", kBounds);
    report.cycle = 7;
    ASSERT_TRUE(log.append(report).ok());
    report.cycle = ~std::uint64_t{0};
    ASSERT_TRUE(log.append(report).ok());
  }
  auto log = *ReportLog::open(files, "reports", kBounds);
  EXPECT_EQ(log.last_cycle(), 7u);
  report.cycle = log.last_cycle() + 1;
  ASSERT_TRUE(log.append(report).ok());
}

TEST(ReportLogDeathTest, a_cycle_number_that_comes_twice_is_a_bug_with_a_name) {
  MemoryFiles files;
  const CycleReport report = reports_for_test({.healthy = 1, .damaged = 0, .learning = 1}).front();
  auto log = *ReportLog::open(files, "reports", kBounds);
  ASSERT_TRUE(log.append(report).ok());
  EXPECT_DEATH((void)log.append(report), "report.no_cycle_number_comes_twice");
}

TEST(ReportLog, records_of_a_later_torpor_and_unsound_ones_are_counted_and_passed_over) {
  MemoryFiles files;
  const auto reports = reports_for_test({.healthy = 2, .damaged = 0, .learning = 1, .with_trouble = false});
  {
    auto log = *ReportLog::open(files, "reports", kBounds);
    ASSERT_TRUE(log.append(reports[0]).ok());
  }
  {
    auto log = *RecordLog::open(files, "reports", kBounds);
    std::byte room[64];
    cbor::Writer later(room);
    later.map(2), later.integer(0), later.uint(9), later.integer(1), later.uint(2);
    ASSERT_TRUE(log.append(*later.finish(), {}).ok());
    cbor::Writer unsound(room);
    unsound.map(2), unsound.integer(0), unsound.uint(1), unsound.integer(1), unsound.uint(1);
    ASSERT_TRUE(log.append(*unsound.finish(), {}).ok());
  }
  {
    auto log = *ReportLog::open(files, "reports", kBounds);
    ASSERT_TRUE(log.append(reports[1]).ok());
  }
  ReadCounters counters;
  EXPECT_EQ(count(files, &counters), 2u);
  EXPECT_EQ(counters.other_kinds, 1u);
  EXPECT_EQ(counters.unreadable, 1u);
  EXPECT_EQ(counters.first_unreadable.view(), "report_field_missing: report: device");
}

TEST(ReportLog, a_missing_directory_is_named) {
  MemoryFiles files;
  const auto reader = ReportReader::open(files, "nowhere");
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().reason, Reason::file_missing);
  EXPECT_EQ(reader.error().where.view(), "nowhere");
}

TEST(ReportLog, bounds_come_from_the_contract) {
  const LogBounds bounds = log_bounds({.interval_ms = 1, .spool_bytes = 70000, .spool_age_ms = 3'600'000});
  EXPECT_EQ(bounds.bytes, 70000u);
  EXPECT_EQ(bounds.age, std::chrono::hours(1));
}

}  // namespace
}  // namespace torpor
