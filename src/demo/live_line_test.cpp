// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "demo/live_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/fake/reports.h"

namespace torpor {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string line(const CycleReport& report, bool colour = false) {
  return std::string(live_line(report, colour).view());
}

std::string without_colour(std::string text) {
  for (std::size_t at = 0; (at = text.find("\x1b[", at)) != std::string::npos;) {
    text.erase(at, text.find('m', at) + 1 - at);
  }
  return text;
}

TEST(LiveLine, says_what_a_cycle_was) {
  const auto reports = reports_for_test();
  EXPECT_THAT(line(reports[0]), HasSubstr("first"));
  EXPECT_THAT(line(reports[99]), HasSubstr("learn 100/240"));
  EXPECT_THAT(line(reports[199]), HasSubstr("+1.8"));
  EXPECT_THAT(line(reports[354]), HasSubstr("skip 1"));
  EXPECT_THAT(line(reports[504]), HasSubstr("resident"));
  EXPECT_THAT(line(reports[719]), HasSubstr("ALARM"));
  EXPECT_THAT(line(reports[719]), HasSubstr("/  13.3"));
}

TEST(LiveLine, columns_stand_below_each_other_and_fit_the_terminal) {
  for (const CycleReport& report : reports_for_test()) {
    const std::string text = line(report);
    EXPECT_LE(text.size(), kLiveColumns) << text;
    EXPECT_EQ(text.find(':'), 12u) << text;
    EXPECT_EQ(text.find(" ms", 60), 87u) << text;
    EXPECT_EQ(text.find(" J"), 97u) << text;
  }
  EXPECT_LE(live_head().size(), kLiveColumns);
}

TEST(LiveLine, stays_one_line_of_bounded_width_whatever_the_report_holds) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    const std::string text = line(arbitrary_report_for_test(seed));
    EXPECT_LE(text.size(), kLiveColumns + 12) << text;  // a 20-digit cycle number needs its room
    EXPECT_EQ(text.find_first_of("\n\x1b"), std::string::npos);
  }
}

TEST(LiveLine, colour_takes_no_columns) {
  for (const CycleReport& report : reports_for_test()) {
    const std::string coloured = line(report, true);
    EXPECT_THAT(coloured, HasSubstr("\x1b["));
    EXPECT_EQ(without_colour(coloured), line(report));
  }
}

}  // namespace
}  // namespace torpor
