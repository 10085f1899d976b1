// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: torpor authors
//
// Power is lost, or the process killed, at every single step of the file system, in a life
// that holds what can happen to a spool: deliveries, an outage, an alarm, a backlog, a
// restart. Afterwards every report the log holds must have been delivered, with the very
// counts it had, and the alarm must have been told.
#include <gtest/gtest.h>

#include "telemetry/fake/robot.h"

namespace torpor {
namespace {

using Mode = FakeTransport::Mode;

Terms small_terms() {
  Terms terms = terms_for_test();
  terms.telemetry.spool_bytes = 1 << 20;
  return terms;
}

// False: the process died on the way.
bool live_through(RobotForTest& robot) {
  if (!robot.start()) return false;
  const auto run = [&](int n, Mode mode) {
    robot.transport.mode = mode;
    for (int i = 0; i < n; ++i) {
      if (!robot.cycle()) return false;
    }
    return true;
  };
  if (!run(3, Mode::well)) return false;
  if (!run(3, Mode::down)) return false;
  robot.raise_alarm();
  if (!run(1, Mode::takes_but_answer_is_lost)) return false;
  if (!run(4, Mode::well)) return false;
  if (!robot.start()) return false;
  return run(2, Mode::well);
}

void end_well(RobotForTest& robot) {
  robot.transport.mode = Mode::well;
  ASSERT_TRUE(robot.start());
  robot.cycles(12);
  EXPECT_EQ(robot.facts().waiting, 0u);
  EXPECT_EQ(robot.facts().lost, 0u);
  const auto delivered = robot.transport.of("torpor_cycles_total");
  double cycle = 0;
  for (const std::int64_t ms : robot.held()) {
    ASSERT_TRUE(delivered.contains(ms)) << "skipped: " << ms;
    EXPECT_EQ(delivered.at(ms), ++cycle) << "the counts of the cycle, whenever it was sent";
  }
  EXPECT_TRUE(robot.state().event_count == 0) << "an alarm was not acknowledged";
}

class SpoolCrash : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SpoolCrash, at_every_step_loses_no_cycle_and_no_alarm) {
  std::uint64_t steps = 0;
  {
    RobotForTest robot(small_terms());
    ASSERT_TRUE(robot.files.make_directories(kReportsForTest).ok());
    const std::uint64_t before = robot.files.operations();
    ASSERT_TRUE(live_through(robot));
    steps = robot.files.operations() - before;
    end_well(robot);
  }
  ASSERT_GT(steps, 90u);
  for (std::uint64_t n = 1; n <= steps; ++n) {
    SCOPED_TRACE("step " + std::to_string(n));
    RobotForTest robot(small_terms());
    ASSERT_TRUE(robot.files.make_directories(kReportsForTest).ok());
    robot.files.lose_power_at(n);
    EXPECT_FALSE(live_through(robot) && !robot.files.dark());
    robot.stop();
    robot.files.crash(GetParam());
    end_well(robot);
    if (HasFailure()) return;
  }
}

// Torn bytes: none of what was not synced survives; some of it; all, as after kill -9.
INSTANTIATE_TEST_SUITE_P(Torn, SpoolCrash, ::testing::Values(0, 7, 1 << 20));

TEST(SpoolFailure, a_file_operation_that_fails_once_costs_no_cycle) {
  std::uint64_t steps = 0;
  {
    RobotForTest robot(small_terms());
    ASSERT_TRUE(live_through(robot));
    steps = robot.files.operations();
  }
  for (std::uint64_t n = 1; n <= steps; ++n) {
    SCOPED_TRACE("step " + std::to_string(n));
    RobotForTest robot(small_terms());
    robot.files.fail_operation(n);
    live_through(robot);  // may end the process, as a failed report does
    robot.stop();
    end_well(robot);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace torpor
