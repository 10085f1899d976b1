// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "base/utc.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

WallTime at(std::int64_t seconds, std::int64_t ns = 0) {
  return WallTime(std::chrono::seconds(seconds) + Duration(ns));
}

TEST(Utc, counts_leap_years_as_gregory_does) {
  EXPECT_EQ(utc_text(0).view(), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(951'782'399).view(), "2000-02-28T23:59:59Z");
  EXPECT_EQ(utc_text(951'782'400).view(), "2000-02-29T00:00:00Z");
  EXPECT_EQ(utc_text(4'102'444'800).view(), "2100-01-01T00:00:00Z");
  EXPECT_EQ(utc_text(4'107'542'400).view(), "2100-03-01T00:00:00Z");
  EXPECT_EQ(utc_text(253'402'300'799).view(), "9999-12-31T23:59:59Z");
}

TEST(Utc, beyond_four_digits_of_year_the_number_is_written) {
  EXPECT_EQ(utc_text(-1).view(), "-1");
  EXPECT_EQ(utc_text(253'402'300'800).view(), "253402300800");
}

TEST(Utc, every_day_of_400_years_is_read_as_it_was_written) {
  for (std::int64_t s = 43'200; s < 146'097 * std::int64_t{86'400}; s += 86'400)
    ASSERT_EQ(parse_utc(utc_text(s).view()), s) << utc_text(s).view();
}

TEST(Utc, what_is_no_time_is_not_read) {
  for (const auto text :
       {"", "2026-01-31", "2026-01-31T00:00:00", "2026-01-31T00:00:00Z ", "2026-1-31T00:00:00Z0",
        "2026-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-13-10T00:00:00Z", "2026-01-31T24:00:00Z",
        "2026-01-31T00:60:00Z", "2026-01-31T00:00:60Z", "2026-01-31t00:00:00Z", "2026-01-31T00:00:00z",
        "+026-01-31T00:00:00Z"})
    EXPECT_FALSE(parse_utc(text)) << text;
  EXPECT_EQ(parse_utc("1969-12-31T23:59:59Z"), -1);
}

TEST(Utc, for_people_blanks_stand_between) {
  EXPECT_EQ(utc(at(1'800'002'535)).view(), "2027-01-15 08:42:15 UTC");
  EXPECT_EQ(utc_clock(at(1'800'002'535)).view(), "08:42:15");
}

TEST(Utc, a_second_begun_before_1970_is_the_one_before) {
  EXPECT_EQ(unix_seconds(at(0, -1)), -1);
  EXPECT_EQ(utc(at(0, -1)).view(), "1969-12-31 23:59:59 UTC");
}

}  // namespace
}  // namespace torpor
