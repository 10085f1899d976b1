// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// The duty cycle of the real roles on stepped time.
#include "sim/robot.h"

#include <gtest/gtest.h>

#include "contract/fake/example_contract.h"
#include "sim/fake/incident.h"

namespace torpor {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kLearning = 240;

class RobotTest : public ::testing::Test {
 protected:
  Robot::Setup setup() {
    return {.detector_contract = contract_,
            .sampler_contract = contract_,
            .source = &source_,
            .backend = &backend_,
            .residency = &backend_.device(),
            .power = {.idle_mw = 4000, .sample_mw = 5000, .infer_mw = 11'000, .sleep_mw = 3000}};
  }
  static Duration spent(const CycleReport& report, Phase phase) {
    return report.spent[static_cast<std::size_t>(phase)];
  }

  FakeClock clock_;
  const Contract contract_ = incident_contract(5500);
  TaggedSource source_{contract_};
  WatchedBackend backend_{clock_};
};

TEST_F(RobotTest, begins_every_cycle_on_its_slot_without_drift) {
  Robot robot(setup(), clock_);
  robot.run_cycles(50);
  ASSERT_EQ(robot.reports().size(), 50u);
  for (std::size_t i = 0; i < 50; ++i) {
    const CycleReport& report = robot.reports()[i];
    EXPECT_EQ(report.cycle, i + 1);
    EXPECT_EQ(report.woke.boot, report.slot);
    EXPECT_EQ(report.slot - robot.reports()[0].slot, static_cast<std::int64_t>(i) * contract_.period());
    EXPECT_EQ(report.breaches, 0u) << "cycle " << report.cycle;
    EXPECT_TRUE(report.window_complete);
  }
}

TEST_F(RobotTest, wakes_the_detector_a_few_times_a_cycle_and_never_while_it_sleeps) {
  Robot robot(setup(), clock_);
  robot.run_cycles(10);
  const std::uint64_t before = robot.world().wakes(robot.detector_index());
  robot.run_cycles(10);
  // One to begin, one to drain, the rest as the window comes over the link in pieces.
  EXPECT_LE(robot.world().wakes(robot.detector_index()) - before, 10 * 8u);
  EXPECT_EQ(spent(robot.reports().back(), Phase::sample), contract_.sample());
}

TEST_F(RobotTest, learns_first_and_infers_once_a_cycle_from_then_on) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kLearning + 5);
  std::size_t inferred = 0;
  for (const CycleReport& report : robot.reports()) inferred += report.inferred ? 1 : 0;
  EXPECT_EQ(inferred, 120u + 5u) << "the fit needs no network, calibration and service do";
  EXPECT_EQ(backend_.runs().size(), inferred);
  EXPECT_EQ(robot.reports()[0].verdict.reason, VerdictReason::learning_fit);
  EXPECT_EQ(robot.reports()[130].verdict.reason, VerdictReason::learning_calibration);
  EXPECT_NE(robot.reports().back().verdict.kind, VerdictKind::not_scored);
}

TEST_F(RobotTest, an_inference_longer_than_a_period_skips_the_slots_it_covered_and_says_so) {
  Robot robot(setup(), clock_);
  robot.run_cycles(kLearning + 1);
  backend_.takes(contract_.period() + seconds(1));
  robot.run_cycles(1);
  backend_.takes(milliseconds(20));
  EXPECT_TRUE(robot.reports().back().has(Breach::awake));
  EXPECT_TRUE(robot.reports().back().has(Breach::infer_deadline));
  robot.run_cycles(1);
  const CycleReport& next = robot.reports().back();
  EXPECT_EQ(next.slots_skipped, 1u);
  EXPECT_EQ(next.interval, 2 * contract_.period());
  EXPECT_TRUE(next.has(Breach::interval));
  EXPECT_EQ(next.woke.boot, next.slot) << "back on the grid";
}

TEST_F(RobotTest, a_sampler_that_hangs_up_costs_its_cycles_and_is_taken_back_without_a_restart) {
  Robot::Setup parts = setup();
  parts.peer_timeout = seconds(60);  // the sampler's patience
  Robot robot(parts, clock_);
  robot.run_cycles(3);
  robot.link().set_listening(false);
  robot.link().hang_up();
  robot.run_cycles(3);
  for (std::size_t i = 3; i < 6; ++i) {
    EXPECT_EQ(robot.reports()[i].verdict.reason, VerdictReason::no_window) << i;
    EXPECT_EQ(robot.reports()[i].woke.boot, robot.reports()[i].slot) << i;
  }
  robot.link().set_listening(true);
  robot.run_cycles(2);
  EXPECT_TRUE(robot.reports().back().window_complete);
  EXPECT_FALSE(robot.detector_exit().has_value());
}

TEST_F(RobotTest, a_sampler_away_for_longer_than_the_time_out_does_not_end_a_running_detector) {
  Robot robot(setup(), clock_);
  robot.run_cycles(3);
  robot.link().set_listening(false);
  robot.link().hang_up();
  robot.run_for(seconds(120));
  EXPECT_FALSE(robot.detector_exit().has_value());
  EXPECT_EQ(robot.reports().size(), 23u);
}

TEST_F(RobotTest, an_absent_sampler_at_the_start_ends_the_detector_with_69_after_the_time_out) {
  Robot robot(setup(), clock_);
  robot.link().set_listening(false);
  robot.run_for(seconds(9));
  EXPECT_FALSE(robot.detector_exit().has_value());
  robot.run_for(seconds(2));
  EXPECT_EQ(robot.detector_exit(), 69);
  EXPECT_EQ(robot.detector().failure()->reason, Reason::peer_absent);
}

TEST_F(RobotTest, a_stop_in_every_state_ends_the_detector_with_0_in_the_same_wake_and_leaves_no_half_report) {
  // Sampling, draining and sleeping moments of the third cycle.
  for (const Duration moment :
       {Duration(milliseconds(1)), Duration(milliseconds(250)), Duration(milliseconds(500)),
        Duration(milliseconds(501)), Duration(seconds(3))}) {
    FakeClock clock;
    WatchedBackend backend(clock);
    TaggedSource source(contract_);
    Robot::Setup parts = setup();
    parts.source = &source;
    parts.backend = &backend;
    parts.residency = &backend.device();
    Robot robot(parts, clock);
    robot.run_for(2 * contract_.period() + moment);
    const std::size_t reports = robot.reports().size();
    robot.world().stop(robot.detector_index());
    robot.run_for(Duration(1));
    EXPECT_EQ(robot.detector_exit(), 0);
    EXPECT_EQ(robot.reports().size(), reports);
    EXPECT_EQ(backend.device().holders(), 0);
    robot.run_for(seconds(1));
    EXPECT_FALSE(robot.sampler_exit().has_value()) << "told that it returns";
  }
}

TEST_F(RobotTest, a_sampler_that_returns_costs_cycles_and_not_the_detector) {
  Robot robot(setup(), clock_);
  robot.run_cycles(3);
  for (const Duration moment : {Duration(milliseconds(250)), Duration(seconds(3))}) {
    robot.run_for(moment);
    robot.world().stop(robot.sampler_index());
  }
  EXPECT_EQ(robot.sampler_exit(), 0);
  robot.run_cycles(4);
  EXPECT_FALSE(robot.detector_exit().has_value());
  EXPECT_EQ(robot.reports().back().verdict.reason, VerdictReason::no_window);
  EXPECT_LT(awake_of(robot.reports()[3]), seconds(1)) << "what cannot come is not waited for";
}

// The sampler's clock counts, whoever asks: seen were 119 windows where the contract says 10.
TEST_F(RobotTest, a_detector_started_again_and_again_has_one_window_a_period_and_says_what_was_refused) {
  Robot robot(setup(), clock_);
  robot.run_cycles(3);
  const std::uint64_t before = robot.sampler().counts().windows_started;
  const BootTime began = clock_.now().boot;
  for (int i = 0; i < 20; ++i) {
    robot.world().stop(robot.detector_index());
    robot.run_for(Duration(1));
    robot.restart_detector();
    robot.run_for(contract_.period() / 4);
  }
  const auto periods = static_cast<std::uint64_t>((clock_.now().boot - began) / contract_.period());
  EXPECT_LE(robot.sampler().counts().windows_started - before, periods + 1);
  EXPECT_FALSE(robot.sampler_exit().has_value());
  robot.run_cycles(4);
  std::size_t refused = 0;
  for (const CycleReport& report : robot.reports()) {
    const bool is_refused = report.verdict.reason == VerdictReason::window_refused;
    refused += is_refused ? 1 : 0;
    EXPECT_EQ(report.has(Breach::early), is_refused) << "and operations are told, cycle " << report.cycle;
  }
  EXPECT_GT(refused, 0u) << "it is in the record";
  EXPECT_TRUE(robot.reports().back().window_complete) << "and the next slot is served";
}

TEST_F(RobotTest, every_cycle_ends_its_lease_once_also_the_one_a_stop_falls_into) {
  Robot robot(setup(), clock_);
  robot.run_cycles(5);
  EXPECT_EQ(backend_.releases(), 5);
  robot.run_for(milliseconds(250));  // in the sixth cycle's window
  robot.world().stop(robot.detector_index());
  robot.run_for(Duration(1));
  EXPECT_EQ(robot.detector_exit(), 0);
  EXPECT_EQ(backend_.releases(), 6);
}

TEST_F(RobotTest, a_stop_while_asleep_finds_no_lease_to_end) {
  Robot robot(setup(), clock_);
  robot.run_cycles(5);
  robot.run_for(seconds(3));
  robot.world().stop(robot.detector_index());
  robot.run_for(Duration(1));
  EXPECT_EQ(robot.detector_exit(), 0);
  EXPECT_EQ(backend_.releases(), 6) << "the sixth cycle's own";
}

TEST_F(RobotTest, an_expired_contract_is_a_breach_and_not_an_end) {
  Robot robot(setup(), clock_);
  robot.run_cycles(2);
  EXPECT_FALSE(robot.reports().back().has(Breach::expired));
  const WallTime expires{seconds(contract_.terms().expires_s)};
  clock_.step_wall(expires - clock_.now().wall);
  robot.run_cycles(2);
  EXPECT_TRUE(robot.reports().back().has(Breach::expired));
  clock_.set_synchronised(false);
  robot.run_cycles(2);  // the first of them had begun already
  EXPECT_FALSE(robot.reports().back().has(Breach::expired)) << "a clock nobody keeps proves nothing";
  EXPECT_FALSE(robot.detector_exit().has_value());
}

TEST_F(RobotTest, ends_by_itself_after_the_cycles_asked_for) {
  Robot::Setup parts = setup();
  parts.cycle_limit = 4;
  Robot robot(parts, clock_);
  robot.run_for(seconds(600));
  EXPECT_EQ(robot.reports().size(), 4u);
  EXPECT_EQ(robot.detector_exit(), 0);
}

}  // namespace
}  // namespace torpor
