// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Suspend and the dead-man with both real roles on stepped time.
#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "firmware/fake/fakes.h"
#include "sim/fake/incident.h"
#include "sim/robot.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Contract suspending_contract() {
  Terms terms = incident_contract(5500).terms();
  terms.power.sleep_level = SleepLevel::suspend;
  terms.power.failed_resumes = 3;
  return contract_for_test(terms);
}

class SleepTest : public ::testing::Test {
 protected:
  Robot::Setup setup() {
    return {.detector_contract = contract_,
            .sampler_contract = contract_,
            .source = &source_,
            .backend = &backend_,
            .residency = &backend_.device(),
            .power = {.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000},
            .peer_timeout = seconds(60),
            .stopper = &dead_man_,
            .sleep = &machine_};
  }
  Duration limit() const { return milliseconds(contract_.terms().power.awake_limit_ms); }

  FakeClock clock_;
  const Contract contract_ = suspending_contract();
  TaggedSource source_{contract_};
  WatchedBackend backend_{clock_};
  FakeStopper dead_man_;
  FakeSleep machine_{clock_};
};

TEST_F(SleepTest, a_suspended_robot_begins_every_cycle_on_its_slot_while_its_monotonic_clock_stood_still) {
  Robot robot(setup(), clock_);
  robot.run_cycles(20);
  ASSERT_EQ(robot.reports().size(), 20u);
  EXPECT_EQ(machine_.asked.size(), 20u);
  for (std::size_t i = 1; i < 20; ++i) {
    const CycleReport& before = robot.reports()[i - 1];
    const CycleReport& report = robot.reports()[i];
    EXPECT_EQ(report.woke.boot, report.slot);
    EXPECT_EQ(report.interval, contract_.period());
    EXPECT_EQ(report.woke.mono - before.woke.mono, contract_.period() - machine_.slept[i - 1]);
    EXPECT_EQ(report.slept_by, SleepLevel::suspend);
    EXPECT_EQ(report.sleep_note.view(), "");
    EXPECT_TRUE(report.window_complete);
    EXPECT_EQ(report.breaches, 0u) << i;
  }
  EXPECT_TRUE(dead_man_.stops.empty());
}

TEST_F(SleepTest, suspends_that_fail_are_counted_given_up_and_a_breach_and_cost_no_slot) {
  machine_.trouble = Reason::suspend_busy;
  Robot robot(setup(), clock_);
  robot.run_cycles(6);
  ASSERT_EQ(robot.reports().size(), 6u);
  EXPECT_EQ(machine_.asked.size(), 3u);
  for (std::size_t i = 1; i < 6; ++i) {
    const CycleReport& report = robot.reports()[i];
    EXPECT_EQ(report.woke.boot, report.slot);
    EXPECT_EQ(report.slept_by, SleepLevel::block);
    EXPECT_EQ(report.failed_resumes, std::min<std::size_t>(i, 3));
    EXPECT_EQ(report.has(Breach::suspend), i >= 3) << i;
    EXPECT_EQ(report.sleep_note.view(), i <= 3 ? "suspend_busy" : "suspend_given_up");
  }
}

TEST_F(SleepTest, a_sampler_that_cannot_suspend_leaves_a_note_in_each_report) {
  Robot::Setup parts = setup();
  parts.sleep = nullptr;
  Robot robot(parts, clock_);
  robot.run_cycles(3);
  EXPECT_EQ(robot.reports()[0].sleep_note.view(), "") << "no sleep before it";
  EXPECT_EQ(robot.reports()[2].sleep_note.view(), "no word from the sampler");
}

TEST_F(SleepTest, a_detector_that_hangs_in_any_moment_is_stopped_in_time_and_the_next_one_reports_it_once) {
  // Sampling, and asleep, of the third cycle.
  for (const Duration moment : {Duration(milliseconds(250)), Duration(seconds(3))}) {
    FakeClock clock;
    WatchedBackend backend(clock);
    FakeSleep machine(clock);
    FakeStopper dead_man;
    TaggedSource source(contract_);
    Robot::Setup parts = setup();
    parts.backend = &backend;
    parts.residency = &backend.device();
    parts.source = &source;
    parts.stopper = &dead_man;
    parts.sleep = nullptr;
    Robot robot(parts, clock);
    robot.run_for(2 * contract_.period() + moment);
    const std::size_t before = robot.reports().size();
    robot.world().freeze(robot.detector_index());
    robot.run_for(contract_.period() + limit());
    ASSERT_EQ(dead_man.stops.size(), 1u);
    EXPECT_EQ(dead_man.stops[0].cause, moment == seconds(3) ? StopCause::asleep : StopCause::awake);
    EXPECT_LE(dead_man.stops[0].after, limit());
    EXPECT_FALSE(robot.sampler_exit().has_value());
    robot.restart_detector();
    robot.run_cycles(3);
    ASSERT_GE(robot.reports().size(), before + 3);
    EXPECT_TRUE(robot.reports()[before].has(Breach::dead_man));
    EXPECT_EQ(robot.reports()[before].stopped_after, limit());
    // What the one that hung took nobody counted: a whole allowance is charged, and slept off.
    EXPECT_EQ(robot.reports()[before].verdict.reason, VerdictReason::budget_spent);
    EXPECT_TRUE(robot.reports()[before + 1].window_complete);
    EXPECT_FALSE(robot.reports()[before + 1].has(Breach::dead_man));
    EXPECT_EQ(dead_man.stops.size(), 1u);
  }
}

TEST_F(SleepTest, a_robot_that_keeps_its_contract_for_a_day_is_never_stopped) {
  Robot robot(setup(), clock_);
  robot.run_cycles(1000);
  EXPECT_EQ(robot.reports().size(), 1000u);
  EXPECT_TRUE(dead_man_.stops.empty());
}

}  // namespace
}  // namespace torpor
