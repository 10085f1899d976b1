// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "contract/host/clock_speed.h"

#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"

namespace torpor {
namespace {

// Half a second of `rate_hz` on that many axes, to be there within 1.5 s.
Terms terms_for(std::uint32_t rate_hz, std::uint32_t axes) {
  Terms terms = terms_for_test();
  terms.duty.sample_ms = 500;
  terms.power.awake_limit_ms = 4000;
  terms.power.infer_deadline_ms = 2000;
  terms.power.release_deadline_ms = 500;
  terms.sensor_list[0].rate_mhz = rate_hz * 1000;
  terms.sensor_list[0].axes = axes;
  return terms;
}

std::string refusal(const Terms& terms, double speed, std::uint32_t ns = kValueNs) {
  const Status status = check_clock_speed(terms, speed, ns);
  return status ? "none" : std::string(one_line(status.error()).view());
}

// The two that were seen: every window of them was a gap.
TEST(ClockSpeed, refuses_a_clock_too_fast_for_the_sensor_with_the_highest_that_would_do) {
  EXPECT_EQ(refusal(terms_for(25'600, 2), 100),
            "usage: --speed: found 100, expected at most 73, in both roles: 25600 values of 800 ns must be "
            "there in "
            "1500 ms of that clock");
  EXPECT_EQ(
      refusal(terms_for(51'200, 2), 60),
      "usage: --speed: found 60, expected at most 36, in both roles: 51200 values of 800 ns must be there in "
      "1500 ms of that clock");
}

TEST(ClockSpeed, admits_up_to_the_speed_it_names) {
  EXPECT_EQ(refusal(terms_for(25'600, 2), 60), "none") << "the demo's";
  EXPECT_EQ(refusal(terms_for(25'600, 2), 73), "none");
  EXPECT_NE(refusal(terms_for(25'600, 2), 73.5), "none");
  EXPECT_EQ(refusal(terms_for(102'400, 3), 12), "none") << "the highest rate of a contract";
  EXPECT_NE(refusal(terms_for(102'400, 3), 13), "none");
  EXPECT_EQ(refusal(terms_for(3'200, 3), 200), "none");
}

TEST(ClockSpeed, counts_what_a_source_has_to_calculate) {
  EXPECT_EQ(refusal(terms_for(25'600, 2), 60, 900), "none");
  EXPECT_NE(refusal(terms_for(25'600, 2), 60, 1800), "none");
}

TEST(ClockSpeed, admits_the_clock_of_the_sensor_itself_whatever_its_rate) {
  EXPECT_EQ(refusal(terms_for(102'400, 3), 1, UINT32_MAX), "none");
}

}  // namespace
}  // namespace torpor
