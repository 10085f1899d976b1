// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
#include "duty/schedule.h"

#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"

namespace torpor {
namespace {

class ScheduleTest : public ::testing::Test {
 protected:
  const Contract contract_ = contract_for_test();
  const BootTime t0_{std::chrono::seconds(1000)};
  const Schedule schedule_{contract_, t0_};
  const Duration period_ = contract_.period();
  const Duration one_{1};
};

TEST_F(ScheduleTest, slot_times_do_not_drift) {
  EXPECT_EQ(schedule_.slot(1'000'000) - t0_, 1'000'000 * period_);
}

TEST_F(ScheduleTest, an_early_cycle_waits_for_the_next_slot) {
  const auto next = schedule_.after(7, schedule_.slot(7) + one_);
  EXPECT_EQ(next.slot, 8u);
  EXPECT_EQ(next.skipped, 0u);
}

TEST_F(ScheduleTest, a_cycle_ending_exactly_at_the_next_slot_loses_nothing) {
  EXPECT_EQ(schedule_.after(7, schedule_.slot(8)).slot, 8u);
}

TEST_F(ScheduleTest, an_overrun_by_a_nanosecond_skips_one_slot) {
  const auto next = schedule_.after(7, schedule_.slot(8) + one_);
  EXPECT_EQ(next.slot, 9u);
  EXPECT_EQ(next.skipped, 1u);
}

TEST_F(ScheduleTest, a_long_overrun_skips_every_slot_that_has_begun) {
  const auto next = schedule_.after(7, schedule_.slot(20) + one_);
  EXPECT_EQ(next.slot, 21u);
  EXPECT_EQ(next.skipped, 13u);
}

}  // namespace
}  // namespace torpor
