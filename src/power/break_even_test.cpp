// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "power/break_even.h"

#include <gtest/gtest.h>

#include <cmath>

namespace torpor {
namespace {

TEST(BreakEven, is_where_holding_costs_what_a_cold_start_does) {
  // A GPU: 9 J cold, 1 J warm, 7 W more while held.
  const ResidencyCost gpu{.cold_mj = 9000, .warm_mj = 1000, .resident_mw = 11'000, .idle_mw = 4000};
  const BreakEven even = break_even(gpu);
  ASSERT_EQ(even.kind, BreakEven::Kind::below);
  EXPECT_DOUBLE_EQ(even.seconds, 8000.0 / 7000.0);
  EXPECT_DOUBLE_EQ(gpu.cold_mj, gpu.warm_mj + (gpu.resident_mw - gpu.idle_mw) * even.seconds);
}

TEST(BreakEven, what_holds_no_power_always_stays) {
  EXPECT_EQ(break_even({.cold_mj = 90, .warm_mj = 40, .resident_mw = 4000, .idle_mw = 4000}).kind,
            BreakEven::Kind::always);
  EXPECT_EQ(break_even({.cold_mj = 90, .warm_mj = 40, .resident_mw = 3990, .idle_mw = 4000}).kind,
            BreakEven::Kind::always);
}

TEST(BreakEven, what_saves_nothing_never_stays) {
  EXPECT_EQ(break_even({.cold_mj = 40, .warm_mj = 40, .resident_mw = 11'000, .idle_mw = 4000}).kind,
            BreakEven::Kind::never);
  EXPECT_EQ(break_even({.cold_mj = std::nan(""), .warm_mj = 40}).kind, BreakEven::Kind::never);
}

}  // namespace
}  // namespace torpor
