// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/declared_meter.h"

#include <gtest/gtest.h>

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PowerModel kModel{.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11000, .sleep_mw = 3500};

TEST(DeclaredMeter, attributes_only_what_is_above_idle) {
  DeclaredMeter meter(kModel);
  EXPECT_DOUBLE_EQ(meter.lap(Phase::sample, seconds(5), false).mj, 5000);        // 1 W x 5 s
  EXPECT_DOUBLE_EQ(meter.lap(Phase::infer, milliseconds(100), true).mj, 700);    // 7 W x 0.1 s
  EXPECT_DOUBLE_EQ(meter.lap(Phase::release, milliseconds(50), false).mj, 350);  // 7 W x 0.05 s
  EXPECT_DOUBLE_EQ(meter.lap(Phase::wake, Duration::zero(), false).mj, 0);
}

TEST(DeclaredMeter, a_sleep_below_idle_pays_for_nothing) {
  EXPECT_EQ(DeclaredMeter(kModel).lap(Phase::sleep, seconds(55), false).mj, 0);
}

TEST(DeclaredMeter, whatever_a_device_was_held_through_is_charged_for_it) {
  DeclaredMeter meter(kModel);
  EXPECT_DOUBLE_EQ(meter.lap(Phase::sleep, seconds(55), true).mj, 7000.0 * 55);
  EXPECT_DOUBLE_EQ(meter.lap(Phase::sample, seconds(5), true).mj, 7000.0 * 5);
}

TEST(DeclaredMeter, a_negative_duration_costs_nothing) {
  EXPECT_EQ(DeclaredMeter(kModel).lap(Phase::infer, -seconds(1), true).mj, 0);
}

TEST(DeclaredMeter, tells_no_rail_at_one_moment) {
  EXPECT_EQ(DeclaredMeter(kModel).rail_mw().error().reason, Reason::system_absent);
}

TEST(NoMeter, measures_nothing_and_says_so) {
  NoMeter meter;
  EXPECT_FALSE(meter.lap(Phase::infer, seconds(1), true).measured);
  EXPECT_EQ(meter.source(), "none");
  EXPECT_EQ(meter.rail_mw().error().reason, Reason::system_absent);
}

TEST(PhaseNames, are_all_different) {
  EXPECT_EQ(name(Phase::wake), "wake");
  for (std::size_t i = 0; i < kPhases; ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(name(static_cast<Phase>(i)), name(static_cast<Phase>(j)));
  }
}

}  // namespace
}  // namespace torpor
