// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/counter_meter.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/fake/fake_system_tree.h"

namespace torpor {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr std::int64_t kRange = 262'143'328'850;

class CounterMeterTest : public ::testing::Test {
 protected:
  CounterMeterTest() {
    tree_.put("/zone/energy_uj", [this] { return std::to_string(counter_uj_); });
  }
  FakeSystemTree tree_;
  std::int64_t counter_uj_ = 1'000'000;
  CounterMeter meter_{tree_, "package-0", "/zone", kRange, 2000};
};

TEST_F(CounterMeterTest, what_passed_is_the_difference_less_idle) {
  meter_.lap(Phase::wake, Duration::zero(), false);
  counter_uj_ += 30'000'000;
  const EnergyCost cost = meter_.lap(Phase::sample, seconds(5), false);
  EXPECT_DOUBLE_EQ(cost.mj, 30'000 - 2000 * 5);
  EXPECT_TRUE(cost.measured);
  EXPECT_FALSE(cost.interpolated);
  EXPECT_EQ(meter_.source(), "rapl package-0");
  EXPECT_EQ(meter_.coverage(), "CPU package alone");
  EXPECT_EQ(meter_.rail_mw().error().reason, Reason::system_absent);
}

TEST_F(CounterMeterTest, a_wrap_is_counted_across) {
  counter_uj_ = kRange - 4'000'000;
  meter_.lap(Phase::wake, Duration::zero(), false);
  counter_uj_ = 6'000'000;
  EXPECT_DOUBLE_EQ(meter_.lap(Phase::sample, seconds(1), false).mj, 10'000 - 2000);
}

TEST_F(CounterMeterTest, a_counter_that_was_reset_is_not_a_wrap_but_a_named_state) {
  counter_uj_ = 100'000'000'000;
  meter_.lap(Phase::wake, Duration::zero(), false);
  counter_uj_ = 5;  // as a wrap: 162 kJ in a minute
  EXPECT_FALSE(meter_.lap(Phase::sleep, seconds(60), false).measured);
  EXPECT_EQ(meter_.source(), "rapl package-0: jumped");
  counter_uj_ += 8'000'000;
  EXPECT_TRUE(meter_.lap(Phase::sample, seconds(2), false).measured) << "measured again from there";
  EXPECT_EQ(meter_.source(), "rapl package-0");
}

TEST_F(CounterMeterTest, a_short_span_may_hold_one_update_of_the_hardware) {
  meter_.lap(Phase::wake, Duration::zero(), false);
  counter_uj_ += 50'000;  // a millisecond at 50 W
  EXPECT_TRUE(meter_.lap(Phase::drain, microseconds(20), false).measured);
}

TEST_F(CounterMeterTest, a_counter_that_stands_still_is_no_free_sleep) {
  meter_.lap(Phase::wake, Duration::zero(), false);
  EXPECT_FALSE(meter_.lap(Phase::sleep, seconds(55), false).measured);
  EXPECT_EQ(meter_.source(), "rapl package-0: stands still");
}

TEST_F(CounterMeterTest, garbage_out_of_range_and_errors_are_named_and_never_a_figure) {
  const auto spoilt = [&](const char* text) {
    tree_.put("/zone/energy_uj", std::string(text));
    meter_.lap(Phase::wake, Duration::zero(), false);
    return meter_.lap(Phase::sample, seconds(1), false);
  };
  for (const char* text : {"x", "-1", "262143328851", "99999999999999999999", ""}) {
    EXPECT_FALSE(spoilt(text).measured) << text;
    EXPECT_EQ(meter_.source(), "rapl package-0: bad value") << text;
  }
  tree_.fail("/zone/energy_uj", EACCES);
  EXPECT_FALSE(meter_.lap(Phase::sample, seconds(1), false).measured);
  EXPECT_EQ(meter_.source(), "rapl package-0: denied");
}

}  // namespace
}  // namespace torpor
