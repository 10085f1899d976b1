// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "report/cycle_report.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

CycleReport report_at(double speed) {
  CycleReport report;
  report.speed = speed;
  // wake, sample, drain, infer, release, report, sleep
  report.spent = {milliseconds(10), seconds(5),   milliseconds(40), seconds(6),
                  seconds(3),       seconds(600), seconds(6000)};
  return report;
}

TEST(AwakeOf, waits_last_as_the_clock_says_and_work_as_long_as_it_took) {
  EXPECT_EQ(awake_of(report_at(1)), milliseconds(14'050));
  EXPECT_EQ(awake_of(report_at(60)), milliseconds(5'050 + 150));
  EXPECT_EQ(lasted(report_at(60), Phase::infer), milliseconds(100));
  EXPECT_EQ(lasted(report_at(60), Phase::sleep), seconds(6000));
}

TEST(AwakeOf, neither_the_sleep_nor_the_reporting_before_this_cycle_counts) {
  CycleReport report = report_at(1);
  report.spent[static_cast<std::size_t>(Phase::report)] = {};
  report.spent[static_cast<std::size_t>(Phase::sleep)] = {};
  EXPECT_EQ(awake_of(report), awake_of(report_at(1)));
}

}  // namespace
}  // namespace torpor
